"""Sending: sized from the live position, within the limits of now, once; never concluding what is not proven."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.action import Close, LadderOrder, LimitOrder, MarketOrder, Reverse, TwapOrder
from core.domain.event import OrderCancelled, OrderDenied, RuleFailed
from core.domain.order import OrderState
from core.domain.rule import Repeat, RuleState
from core.feed.card import card_of
from core.venues.paper import Depth
from tests.core.flow.bench import SOL, Bench, D, above, below, buy, sell, spec

THIN = Depth(half_spread_bps=D(1), quote_per_bps=D(10), variation=D(0))


# --- sizes ---------------------------------------------------------------------------------------------------------


async def test_half_is_half_of_the_position_there_is_when_it_is_sent() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), sell("50")), spec(above("109"), buy("4"), "r2"))
    await bench.see("110")
    assert await bench.base() == 6
    await bench.see("95")
    assert await bench.base() == 3


async def test_a_reduce_only_order_is_cut_to_what_is_left() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), sell(None, amount_base=D(5))))
    await bench.see("95")
    order = await bench.order()
    assert order.intent is not None
    assert (order.intent.base, order.intent.reduce_only, await bench.base()) == (D(2), True, D(0))


async def test_a_reduce_only_sell_never_grows_a_short() -> None:
    bench = await Bench().open(position="-2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    await bench.see("95")
    assert await bench.base() == -2
    assert bench.venue.sent == []
    assert await bench.states(rule) == [RuleState.CANCELLED]


async def test_close_takes_a_short_back_by_buying() -> None:
    bench = await Bench().open(position="-2")
    await bench.arm(spec(above("105"), Close(market=SOL)))
    await bench.see("105")
    order = await bench.order()
    assert order.intent is not None
    assert (order.intent.side, await bench.base()) == ("buy", D(0))


async def test_a_size_is_floored_to_the_step() -> None:
    bench = await Bench().open(position="1.7")
    await bench.arm(spec(below("95"), sell("50")))
    await bench.see("95")
    order = await bench.order()
    assert order.intent is not None
    assert order.intent.base == D("0.8")


async def test_dollars_become_base_at_the_mark_of_now() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy(None, amount_usd=D(500))))
    await bench.see("80")
    order = await bench.order()
    assert order.intent is not None
    assert order.intent.base == D("6.2")


@pytest.mark.parametrize(("action", "price"), [("buy", "93.12"), ("sell", "107.13")])
async def test_a_limit_price_is_rounded_to_what_is_no_worse_for_the_owner(action: str, price: str) -> None:
    bench = await Bench().open(position="2")
    order = LimitOrder(price=D(price) + D("0.005") * (1 if action == "buy" else -1))
    await bench.arm(spec(below("95"), buy("1", order=order) if action == "buy" else sell("50", order=order)))
    await bench.see("95")
    placed = await bench.order()
    assert placed.intent is not None
    assert (placed.intent.price, placed.state) == (D(price), OrderState.ACCEPTED)


async def test_too_small_a_size_is_sent_nowhere_and_said() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy(None, amount_usd=D(10))))
    await bench.see("95")
    assert bench.venue.sent == []
    (failed,) = await bench.events(RuleFailed)
    assert failed.rule_id == rule.id
    assert "under the smallest order of 0.5 SOL" in failed.why


async def test_a_limit_order_ends_with_its_time() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy("1", order=LimitOrder(price=D(90), ttl_s=60))))
    await bench.see("95")
    await bench.tick(59)
    assert (await bench.order()).state is OrderState.ACCEPTED
    await bench.tick(1)
    assert (await bench.order()).state is OrderState.LAPSED
    assert await bench.states(rule) == [RuleState.FAILED]


@pytest.mark.parametrize("ttl_s", [None, 3600])
async def test_a_limit_order_ends_with_its_rule(ttl_s: int | None) -> None:
    bench = await Bench().open()
    friday = bench.clock.now() + timedelta(seconds=60)
    order = LimitOrder(price=D(90), ttl_s=ttl_s)
    (rule,) = await bench.arm(spec(below("95"), buy("1", order=order), expires_at=friday))
    await bench.see("94")
    assert (await bench.order()).state is OrderState.ACCEPTED
    await bench.tick(61)
    assert ((await bench.order()).state, await bench.states(rule)) == (OrderState.LAPSED, [RuleState.FAILED])
    await bench.see("89")
    assert await bench.base() == 0


async def test_the_slippage_that_was_agreed_bounds_the_price() -> None:
    bench = await Bench(depth=THIN).open()
    await bench.arm(spec(below("95"), buy("4", order=MarketOrder(max_slippage_bps=5))))
    await bench.see("95")
    order = await bench.order()
    assert order.intent is not None
    assert order.intent.max_slippage_bps == 5
    assert order.state is OrderState.CANCELLED
    assert order.filled_base < 4


# --- limits when it is sent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_order_usd": D(150)}, "an order of"),
        ({"max_position_usd": D(350)}, "a position of"),
        ({"max_leverage": D("0.01")}, "leverage"),
        ({"max_orders_a_day": 0}, "a day"),
        ({"max_slippage_bps": 10}, "slippage"),
    ],
)
async def test_a_limit_lowered_since_is_asked_again_when_it_is_sent(limits: dict[str, object], words: str) -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), buy("2")))
    await bench.limit(**limits)
    await bench.see("95")
    (denied,) = await bench.events(OrderDenied)
    assert words in denied.reason
    assert bench.venue.sent == []
    assert await bench.states(rule) == [RuleState.FAILED]


async def test_an_exit_is_not_kept_back_by_a_limit_on_size() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), sell()))
    await bench.limit(max_order_usd=D(1), max_position_usd=D(1), max_leverage=D(0), max_orders_a_day=0)
    await bench.see("95")
    assert await bench.base() == 0


async def test_orders_of_the_day_are_counted_from_midnight_and_only_what_was_sent() -> None:
    bench = await Bench().open()
    await bench.limit(max_orders_a_day=2)
    level = below("95")
    for _ in range(2):
        await bench.arm(spec(level, sell()))  # there is nothing to sell: never sent
    await bench.see("95")
    for number, state in ((1, RuleState.COMPLETED), (2, RuleState.COMPLETED), (3, RuleState.FAILED)):
        await bench.see("96")
        (rule,) = await bench.arm(spec(level, buy("1")))
        await bench.see("95")
        assert await bench.states(rule) == [state], number
    bench.pass_time(hours=12)
    await bench.see("96")
    (rule,) = await bench.arm(spec(level, buy("1")))
    await bench.see("95")
    assert await bench.states(rule) == [RuleState.COMPLETED]


# --- several legs --------------------------------------------------------------------------------------------------


async def test_slices_are_sent_when_they_are_due_and_are_the_whole_together() -> None:
    bench = await Bench().open(position="3")
    (rule,) = await bench.arm(spec(below("95"), sell("100", order=TwapOrder(over_s=90, slices=3))))
    await bench.see("95")
    seen = [await bench.base()]
    for _ in range(2):
        await bench.tick(29)
        seen.append(await bench.base())
        await bench.tick(1)
        seen.append(await bench.base())
    assert seen == [D(2), D(2), D(1), D(1), D(0)]
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_the_rungs_of_a_ladder_are_the_whole_together() -> None:
    bench = await Bench().open()
    ladder = LadderOrder(orders=3, from_price=D(94), to_price=D(90))
    (rule,) = await bench.arm(spec(below("95"), buy("5", order=ladder)))
    await bench.see("95")
    sizes = [order.intent.base for order in await bench.orders() if order.intent is not None]
    assert (sum(sizes), len(sizes)) == (D(5), 3)
    await bench.see("89")
    await bench.tick()
    assert await bench.base() == 5
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_a_reversal_opens_on_the_other_side_what_it_closed() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), Reverse(market=SOL)))
    await bench.see("95")
    first, second = [order.intent for order in await bench.orders()]
    assert first is not None
    assert second is not None
    assert (first.reduce_only, second.reduce_only) == (True, False)
    assert await bench.base() == -2
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_both_halves_of_a_reversal_are_bounded_however_it_was_written() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), Reverse(market=SOL, order=TwapOrder(over_s=60, slices=2))))
    await bench.see("94")
    bounds = [order.intent.max_slippage_bps for order in await bench.orders() if order.intent is not None]
    assert (bounds, await bench.base()) == ([50, 50], D(-2))


async def test_a_reversal_of_nothing_opens_nothing() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), Reverse(market=SOL)))
    await bench.see("95")
    assert bench.venue.sent == []
    assert await bench.states(rule) == [RuleState.FAILED]


async def test_a_reversal_that_could_not_close_the_whole_opens_nothing() -> None:
    bench = await Bench(depth=THIN).open(position="9")
    await bench.arm(spec(below("95"), Reverse(market=SOL, order=MarketOrder(max_slippage_bps=20))))
    await bench.see("95")
    assert 0 < await bench.base() < 9
    assert len(bench.venue.sent) == 1
    assert (await bench.orders())[1].reason == "the position was not closed whole, so nothing was opened"


async def test_the_second_half_waits_while_nobody_knows_of_the_first() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), Reverse(market=SOL)))
    bench.venue.will("send", "late")
    await bench.see("95")
    first, second = await bench.orders()
    assert (first.state, second.state) == (OrderState.UNKNOWN, OrderState.PLANNED)
    await bench.step(bench.ann, second.id, 1)
    assert len(bench.venue.sent) == 1
    await bench.venue.arrive()
    await bench.tick()
    assert await bench.base() == -2


async def test_a_leg_whose_rule_is_over_sends_nothing() -> None:
    bench = await Bench().open()
    rule_spec = spec(below("95"), buy("2", order=TwapOrder(over_s=60, slices=2)), repeat=Repeat(times=1))
    (rule,) = await bench.arm(rule_spec)
    await bench.see("95")
    firing = await bench.rule(rule)
    over = replace(firing, state=RuleState.CANCELLED)
    await bench.change(lambda tx: tx.save_rule(over, was=firing.state, version=1))
    bench.pass_time(seconds=60)
    await bench.tick()
    assert (await bench.orders())[1].reason == "its rule is not firing any more"
    (told,) = await bench.events(OrderCancelled)
    card = card_of(told)
    assert card is not None
    assert card.title.startswith("Cancelled: buy 1 SOL (part 2 of 2)")
    assert await bench.base() == 1
    assert bench.clock.now() - rule.created_at > timedelta(minutes=1)
