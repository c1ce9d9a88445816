"""The card's facts of the moment: position, margin, liquidation price, fee and funding after the order."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.action import Action, Alert, Close, LimitOrder, MarketOrder, Reverse, Trade
from core.domain.condition import AccountLevel, Condition, FundingRate, Now, PositionPnl, PriceLevel
from core.domain.listing import LISTING
from core.domain.position import Account, Position
from core.domain.rule import RuleSpec
from core.domain.wording import Ground, read_back
from core.domain.wording_consequence import liquidation_after
from core.domain.wording_estimate import Move

D = Decimal
SOL = replace(
    LISTING["SOL-PERP"],
    initial_margin=D("0.1"), maintenance_margin=D("0.05"), taker_fee_bps=D(5), maker_fee_bps=D(-1),
)  # fmt: skip
HELD = Position(market="SOL-PERP", base=D(10), entry_price=D(140), mark=D(150))
RICH = Account(venue="paper", collateral=D(1000))
LONG = Account(venue="paper", collateral=D(1000), positions=(HELD,), initial_margin=D(150), maintenance_margin=D(75))


def card(action: Action, account: Account, condition: Condition | None = None, **funding: str) -> list[str]:
    """The lines of a one-rule card with SOL at $150."""
    spec = RuleSpec(id="r1", condition=condition or Now(), action=action)
    lines = read_back(
        (spec,),
        prices={"SOL-PERP": D(150)},
        positions={position.market: position for position in account.positions},
        ground=Ground(
            account=account,
            markets={"SOL-PERP": SOL},
            funding={f"{base}-PERP": D(rate) for base, rate in funding.items()},
        ),
    )
    return [line.strip() for line in lines]


def entry(**size: Any) -> Trade:
    return Trade(type="buy", market="SOL-PERP", reduce_only=False, **size)


def test_an_entry_tells_position_margin_liquidation_fee_and_funding() -> None:
    lines = card(entry(amount_base=D(10)), RICH, SOL="0.01")
    assert "Position after: 10 SOL long (before: none)." in lines
    # Equity 1000 + 10 (p - 150) meets 0.05 x 10 p at p = 500 / 9.5.
    assert (
        "Margin used: about $150.00 of $1,000.00 free; account leverage after: about 1.5x; "
        "liquidation price after: about $52.63158; fee: about $0.75 (0.05 %); funding now: costs about $0.15 per hour."
    ) in lines


def test_leverage_that_was_said_sizes_the_order_and_ties_up_what_the_venue_asks() -> None:
    [facts] = [line for line in card(entry(margin_usd=D(100), leverage=D(5)), RICH) if line.startswith("Margin")]
    said = "at 5x you commit $100.00 (the whole account backs it); account leverage after: about 0.5x; "
    assert facts.startswith(f"Margin used: about $50.00 of $1,000.00 free; {said}")


def test_more_margin_than_is_free_is_told() -> None:
    [facts] = [line for line in card(entry(amount_base=D(100)), RICH) if line.startswith("Margin")]
    assert "about $1,500.00 of $1,000.00 free, which is not enough" in facts


def test_an_exit_frees_margin_and_leaves_what_is_left() -> None:
    sale = Trade(type="sell", market="SOL-PERP", amount_percent=D(50), reduce_only=True)
    at = PriceLevel(market="SOL-PERP", operator=">=", price=D(160))
    lines = card(sale, LONG, at, SOL="-0.01")
    assert "Position after: 5 SOL long (before: 10 SOL long)." in lines
    [facts] = [line for line in lines if line.startswith("Margin")]
    assert facts.startswith("Margin freed: about $80.00; ")
    assert facts.endswith("fee: about $0.40 (0.05 %); funding now: earns about $0.08 per hour.")


def test_closing_all_leaves_no_liquidation_price_and_no_funding_to_tell() -> None:
    lines = card(Close(market="SOL-PERP"), LONG, SOL="0.01")
    assert "Position after: none (before: 10 SOL long)." in lines
    assert "Margin freed: about $150.00; fee: about $0.75 (0.05 %)." in lines


def test_a_reverse_trades_twice_the_position() -> None:
    lines = card(Reverse(market="SOL-PERP"), LONG)
    assert "Position after: 10 SOL short (before: 10 SOL long)." in lines
    assert any("fee: about $1.50" in line for line in lines)


def test_a_post_only_order_is_told_with_the_makers_fee() -> None:
    order = LimitOrder(price=D(140), post_only=True)
    lines = card(entry(amount_base=D(1), order=order), RICH)
    assert any("rebate: about $0.01 (0.01 %)" in line for line in lines)
    assert any("the limit order is yours" in line for line in lines)


def test_slippage_that_was_said_is_marked_as_the_owners() -> None:
    said = card(Close(market="SOL-PERP", order=MarketOrder(max_slippage_bps=100)), LONG)
    assert any("1 % slippage is yours" in line for line in said)
    assert any("0.5 % slippage is the default" in line for line in card(Close(market="SOL-PERP"), LONG))


@pytest.mark.parametrize("action", [Alert(), Close(market="*"), entry(amount_percent=D(50))], ids=str)
def test_what_cannot_be_told_is_left_out(action: Action) -> None:
    assert not [line for line in card(action, RICH) if line.startswith(("Position after", "Margin", "Fee"))]


amounts = st.integers(1, 1000).map(Decimal)


@given(size=st.integers(-500, 500).filter(bool).map(Decimal), price=amounts, equity=amounts)
def test_at_the_liquidation_price_equity_is_the_maintenance_margin(
    size: Decimal, price: Decimal, equity: Decimal
) -> None:
    account = Account(venue="paper", collateral=equity)
    move = Move(before=D(0), change=size, price=price)
    at = liquidation_after(move, size, SOL, account)
    if at is None:
        assert size > 0
        assert equity >= size * price
        return
    left = equity + size * (at - price)
    assert abs(left - SOL.maintenance_margin * abs(size) * at) < D("0.0001")


def test_a_card_says_where_what_it_waits_for_stands_now() -> None:
    funding = FundingRate(market="SOL-PERP", operator=">=", value=D("0.01"))
    assert "Now 0.002 % per hour." in card(Alert(), RICH, funding, SOL="0.002")
    assert "Now +$100.00." in card(Alert(), LONG, PositionPnl(market="*", operator=">=", threshold=D(200), unit="usd"))
    assert "No such position is held." in card(
        Alert(), RICH, PositionPnl(market="*", operator=">=", threshold=D(5), unit="usd")
    )
    assert "Now $950.00." in card(Alert(), LONG, AccountLevel(metric="free_collateral", operator="<=", value=D(5)))
