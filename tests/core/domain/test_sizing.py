"""How much each leg trades: exact sums, no dust, never more than was said."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.action import Close, LadderOrder, Reverse, Trade, TwapOrder
from core.domain.listing import LISTING
from core.domain.money import floor_to
from core.domain.position import Account, Position
from core.domain.sizing import Leg, NothingToDo, Sized, plan_legs, size

D = Decimal
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SOL = LISTING["SOL-PERP"]
WIF = LISTING["WIF-PERP"]


def account(base: str = "0", entry: str = "100", collateral: str = "10000", tied_up: str = "0") -> Account:
    position = Position(market=SOL.symbol, base=D(base), entry_price=D(entry), mark=D(entry))
    return Account(
        venue="paper",
        collateral=D(collateral),
        positions=(position,) if position.base else (),
        initial_margin=D(tied_up),
    )


def trade(kind: str = "sell", **more: Any) -> Trade:
    settings: dict[str, Any] = {"type": kind, "market": SOL.symbol, "reduce_only": True}
    return Trade(**(settings | more))


def sized(action: Trade | Close | Reverse, holding: Account, *, mark: str = "100", **more: Any) -> Sized | NothingToDo:
    settings: dict[str, Any] = {"share": D(1), "market": SOL, "mark": D(mark)}
    return size(action, account=holding, **(settings | more))


# ── entries ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "base"),
    [
        ({"amount_base": D(2)}, "2"),
        ({"amount_usd": D(500)}, "5"),
        ({"margin_usd": D(50), "leverage": D(10)}, "5"),
        ({"margin_usd": D(50)}, "0.5"),
        ({"amount_percent": D(50)}, "40"),  # of $8,000 free
        ({"amount_percent": D(50), "leverage": D(3)}, "120"),
        ({"amount_base": D("2.3456")}, "2.34"),
    ],
)
def test_an_entry_is_sized_by_what_was_said(words: dict[str, Any], base: str) -> None:
    holding = account(tied_up="2000")
    assert sized(trade("buy", reduce_only=False, **words), holding) == Sized(side="buy", base=D(base))


def test_notional_becomes_base_at_the_leg_s_own_price() -> None:
    entry = trade("buy", reduce_only=False, amount_usd=D(500))
    assert sized(entry, account(), price=D(50)) == Sized(side="buy", base=D(10))


def test_an_entry_below_the_smallest_order_is_nothing_to_do_and_says_so() -> None:
    answer = sized(trade("buy", reduce_only=False, amount_base=D("0.009")), account())
    assert isinstance(answer, NothingToDo)
    assert not answer.position_gone
    assert answer.reason == "0.009 SOL is under the smallest order of 0.01 SOL"


# ── exits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("action", "held", "side", "base"),
    [
        (trade(amount_percent=D(50)), "2", "sell", "1"),
        (trade(amount_percent=D(50)), "0.05", "sell", "0.02"),
        (trade(amount_percent=D(100)), "2.00", "sell", "2"),
        (trade("buy", amount_percent=D(50)), "-2", "buy", "1"),
        (trade(amount_base=D(5)), "2", "sell", "2"),
        (trade(amount_base=D("0.5")), "2", "sell", "0.5"),
        (trade(amount_usd=D(50)), "2", "sell", "0.5"),
        (trade(margin_usd=D(10), leverage=D(5)), "2", "sell", "0.5"),
        (Close(market=SOL.symbol), "-2", "buy", "2"),
        (Close(market=SOL.symbol, amount_percent=D(25)), "2", "sell", "0.5"),
        (Reverse(market=SOL.symbol), "2", "sell", "2"),
    ],
)
def test_an_exit_is_sized_from_the_live_position(
    action: Trade | Close | Reverse, held: str, side: str, base: str
) -> None:
    assert sized(action, account(held)) == Sized(side=side, base=D(base))  # type: ignore[arg-type]


@pytest.mark.parametrize("action", [trade(amount_percent=D(50)), Close(market=SOL.symbol), Reverse(market=SOL.symbol)])
def test_without_a_position_there_is_nothing_to_exit(action: Trade | Close | Reverse) -> None:
    answer = sized(action, account())
    assert isinstance(answer, NothingToDo)
    assert answer.position_gone


def test_an_exit_on_the_wrong_side_is_refused() -> None:
    answer = sized(trade("sell", amount_percent=D(50)), account("-2"))
    assert isinstance(answer, NothingToDo)
    assert answer.position_gone
    assert "short" in answer.reason


def test_an_exit_may_be_smaller_than_the_smallest_order() -> None:
    position = Position(market=WIF.symbol, base=D("1.5"), entry_price=D(2), mark=D(2))
    holding = Account(venue="paper", collateral=D(100), positions=(position,))
    half = Close(market=WIF.symbol, amount_percent=D(50))
    assert size(half, share=D(1), account=holding, market=WIF, mark=D(2)) == Sized(side="sell", base=D("0.7"))


def test_a_full_exit_takes_what_is_off_the_step_along() -> None:
    assert sized(Close(market=SOL.symbol), account("2.0049")) == Sized(side="sell", base=D("2.0049"))


# ── legs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_plain_order_is_one_leg_and_due_now() -> None:
    assert plan_legs(trade(amount_percent=D(50)), [SOL.symbol], NOW) == [Leg(market=SOL.symbol, due_at=NOW)]


def test_twap_slices_are_spread_evenly_from_now() -> None:
    action = trade("buy", reduce_only=False, amount_base=D(1), order=TwapOrder(over_s=3600, slices=4))
    legs = plan_legs(action, [SOL.symbol], NOW)
    assert [leg.due_at - NOW for leg in legs] == [timedelta(minutes=15 * number) for number in range(4)]


def test_ladder_rungs_lie_at_even_distances_from_end_to_end() -> None:
    action = trade(
        "buy", reduce_only=False, amount_base=D(1), order=LadderOrder(orders=5, from_price=D(100), to_price=D(90))
    )
    legs = plan_legs(action, [SOL.symbol], NOW)
    assert [leg.limit_price for leg in legs] == [D(100), D("97.5"), D(95), D("92.5"), D(90)]
    one = trade(
        "buy", reduce_only=False, amount_base=D(1), order=LadderOrder(orders=1, from_price=D(100), to_price=D(90))
    )
    assert [leg.limit_price for leg in plan_legs(one, [SOL.symbol], NOW)] == [D(100)]


def test_a_reversal_closes_before_it_opens() -> None:
    legs = plan_legs(Reverse(market=SOL.symbol), [SOL.symbol], NOW)
    assert [leg.step for leg in legs] == ["trade", "reverse_open"]


def test_closing_everything_is_a_leg_for_each_market() -> None:
    legs = plan_legs(Close(market="*"), ["SOL-PERP", "ETH-PERP"], NOW)
    assert [leg.market for leg in legs] == ["SOL-PERP", "ETH-PERP"]


def run(action: Trade | Close, held: Decimal, market: Any = SOL) -> tuple[Decimal, Decimal]:
    """What all slices trade, each sized when its turn comes, and what is left of the position."""
    done = D(0)
    for number, leg in enumerate(plan_legs(action, [market.symbol], NOW)):
        position = Position(market=market.symbol, base=held, entry_price=D(100), mark=D(100))
        holding = Account(venue="paper", collateral=D(10_000), positions=(position,) if held else ())
        answer = size(
            action, share=leg.share, account=holding, market=market, mark=D(100), price=leg.limit_price, before=number
        )
        if isinstance(answer, Sized):
            done += answer.base
            if leg.limit_price is None:
                held += answer.base if answer.side == "buy" else -answer.base
    return done, held


bases = st.integers(1, 1_000_000).map(lambda steps: Decimal(steps) * SOL.step)
counts = st.integers(1, 60)


@given(bases, counts)
def test_the_slices_of_an_amount_sum_to_it(amount: Decimal, slices: int) -> None:
    action = trade("buy", reduce_only=False, amount_base=amount, order=TwapOrder(over_s=600, slices=slices))
    done, _ = run(action, D(0))
    smallest = amount / slices >= SOL.min_base
    assert done == amount if smallest else done <= amount


@given(bases, counts)
def test_the_last_slice_of_a_full_exit_leaves_no_dust(held: Decimal, slices: int) -> None:
    for action in (
        trade(amount_percent=D(100), order=TwapOrder(over_s=600, slices=slices)),
        Close(market=SOL.symbol, order=TwapOrder(over_s=600, slices=slices)),
    ):
        assert run(action, held) == (held, D(0))


@given(bases, counts, st.integers(1, 99))
def test_the_slices_of_a_partial_exit_sum_to_its_percent_of_what_there_was(
    held: Decimal, slices: int, percent: int
) -> None:
    action = trade(amount_percent=D(percent), order=TwapOrder(over_s=600, slices=slices))
    wanted = held * percent / 100
    done, _ = run(action, held)
    assert done <= wanted
    assert wanted - done <= SOL.step * slices


@given(bases, counts)
def test_the_rungs_of_a_ladder_that_exits_sum_to_the_position(held: Decimal, orders: int) -> None:
    ladder = LadderOrder(orders=orders, from_price=D(110), to_price=D(120))
    done, _ = run(trade(amount_percent=D(100), order=ladder), held)
    assert done == held
    half, _ = run(trade(amount_percent=D(50), order=ladder), held)
    assert half == floor_to(held / 2, SOL.step)
