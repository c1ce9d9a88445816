"""What an order's end brings about: siblings, waiting rules, retired exits, and the rule's own next state."""

import pytest

from core.domain.action import Close, LimitOrder, MarketOrder, TwapOrder
from core.domain.condition import AnyOf, PriceChange, Trailing
from core.domain.event import (
    OrderFilled,
    OrderPartiallyFilled,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    RuleArmed,
    RuleCancelled,
    RuleTriggered,
)
from core.domain.order import OrderState
from core.domain.rule import Repeat, RuleSpec, RuleState
from core.flow.asking import ask_cancel
from core.venues.paper import Depth
from tests.core.flow.bench import ETH, SOL, Bench, D, above, below, buy, sell, spec

THIN = Depth(half_spread_bps=D(1), quote_per_bps=D(10), variation=D(0))


def bracket(stop: str = "100", target: str = "100") -> tuple[RuleSpec, RuleSpec]:
    return spec(below("95"), sell(stop), oco_group="a"), spec(above("110"), sell(target), "r2", oco_group="a")


# --- siblings ------------------------------------------------------------------------------------------------------


async def test_a_proven_fill_cancels_the_sibling_and_says_why() -> None:
    bench = await Bench().open(position="2")
    stop, target = await bench.arm(*bracket())
    await bench.see("95")
    assert await bench.states(stop, target) == [RuleState.COMPLETED, RuleState.CANCELLED]
    (cancelled,) = await bench.events(RuleCancelled)
    assert (cancelled.label, cancelled.why) == ("r2", "r1 fired instead")


async def test_a_sibling_is_watched_again_when_the_order_ends_without_a_fill() -> None:
    bench = await Bench().open(position="2")
    stop, target = await bench.arm(*bracket())
    bench.venue.will("send", "refused")
    await bench.see("95")
    assert await bench.states(stop, target) == [RuleState.ARMED, RuleState.ARMED]
    await bench.see("110")
    assert await bench.base() == 0
    assert await bench.states(target) == [RuleState.COMPLETED]


async def test_a_sibling_stays_held_while_nobody_knows() -> None:
    bench = await Bench().open(position="2")
    stop, target = await bench.arm(*bracket())
    bench.venue.will("send", "late")
    bench.venue.will("lookup", "lost", "lost")
    await bench.see("95")
    await bench.see("110")
    assert await bench.states(stop, target) == [RuleState.FIRING, RuleState.HELD]


async def test_half_a_stop_leaves_the_target_to_guard_the_rest() -> None:
    bench = await Bench().open(position="2")
    stop, target = await bench.arm(*bracket("50"))
    await bench.see("95")
    assert await bench.states(stop, target) == [RuleState.COMPLETED, RuleState.ARMED]
    await bench.see("110")
    assert await bench.base() == 0
    assert await bench.states(target) == [RuleState.COMPLETED]


async def test_a_full_exit_that_left_something_open_gives_its_siblings_back_and_is_tried_again() -> None:
    bench = await Bench(depth=THIN).open(position="9")
    slow = MarketOrder(max_slippage_bps=20)
    stop, target = await bench.arm(
        spec(below("95"), sell(order=slow), oco_group="a"), spec(above("110"), sell(), "r2", oco_group="a")
    )
    await bench.see("95")
    assert 0 < await bench.base() < 9
    assert await bench.states(stop, target) == [RuleState.ARMED, RuleState.ARMED]
    for _ in range(60):
        await bench.tick()
    assert await bench.base() == 0
    assert sorted(await bench.states(stop, target)) == [RuleState.CANCELLED, RuleState.COMPLETED]


async def test_of_two_entries_the_first_to_fill_cancels_the_other() -> None:
    bench = await Bench().open()
    dip, breakout = await bench.arm(
        spec(below("95"), buy(), oco_group="a"), spec(above("110"), buy(), "r2", oco_group="a")
    )
    await bench.see("110")
    assert await bench.states(dip, breakout) == [RuleState.CANCELLED, RuleState.COMPLETED]


async def test_a_resting_exit_lets_its_siblings_guard_and_dies_of_their_fill() -> None:
    bench = await Bench().open(position="2")
    resting, stop = await bench.arm(
        spec(above("105"), sell(order=LimitOrder(price=D(120))), oco_group="a"),
        spec(below("95"), sell(), "r2", oco_group="a"),
    )
    await bench.see("105")
    assert await bench.states(resting, stop) == [RuleState.FIRING, RuleState.ARMED]
    await bench.see("95")
    await bench.tick()
    assert await bench.base() == 0
    assert await bench.states(stop) == [RuleState.COMPLETED]
    assert {order.state for order in await bench.orders()} == {OrderState.FILLED, OrderState.CANCELLED}
    assert (await bench.rule(resting)).state is RuleState.CANCELLED


# --- what waits for a fill -----------------------------------------------------------------------------------------


async def test_the_first_fill_of_an_entry_arms_its_exits_and_binds_them_to_its_side() -> None:
    bench = await Bench().open()
    _, stop = await bench.arm(spec(below("95"), buy()), spec(below("90"), sell(), "r2", after="r1"))
    await bench.see("95")
    armed = await bench.rule(stop)
    assert (armed.state, armed.bound_side) == (RuleState.ARMED, "long")
    assert [event.why for event in await bench.events(RuleArmed)] == ["confirmed", "after_fill"]
    await bench.see("90")
    assert await bench.base() == 0


async def test_exits_are_cancelled_and_told_when_the_entry_ends_without_a_fill() -> None:
    bench = await Bench().open()
    entry, stop = await bench.arm(spec(below("95"), buy()), spec(below("90"), sell(), "r2", after="r1"))
    bench.venue.will("send", "refused")
    await bench.see("95")
    assert await bench.states(entry, stop) == [RuleState.FAILED, RuleState.CANCELLED]
    (told,) = await bench.events(RuleCancelled)
    assert told.why == "r1, which it waited for, ended without a fill"


async def test_an_exit_paused_while_it_waited_can_be_resumed_into_watching_after_the_fill() -> None:
    bench = await Bench().open()
    _, stop = await bench.arm(spec(below("95"), buy()), spec(below("90"), sell(), "r2", after="r1"))
    await bench.pause(stop)
    await bench.see("95")
    kept = await bench.rule(stop)
    assert (kept.state, kept.resume_to, kept.bound_side) == (RuleState.PAUSED, RuleState.ARMED, "long")
    await bench.resume(stop)
    await bench.see("90")
    assert await bench.base() == 0


async def test_an_exit_paused_while_it_waits_waits_again_when_resumed_before_the_fill() -> None:
    bench = await Bench().open()
    _, stop = await bench.arm(spec(below("95"), buy()), spec(below("90"), sell(), "r2", after="r1"))
    await bench.pause(stop)
    await bench.resume(stop)
    assert await bench.states(stop) == [RuleState.WAITING]


async def test_current_price_of_an_exit_behind_an_entry_is_that_of_the_fill() -> None:
    bench = await Bench().open()
    drop = PriceChange(market=SOL, direction="down", threshold=D(5), unit="usd", reference="current_price")
    _, stop = await bench.arm(spec(below("95"), buy()), spec(drop, sell(), "r2", after="r1"))
    await bench.see("95")
    assert (await bench.rule(stop)).references == {SOL: D(95)}


async def test_current_price_of_another_market_is_known_when_an_exit_is_armed_by_a_fill() -> None:
    bench = await Bench().open()
    await bench.see("50", ETH)
    drop = PriceChange(market=ETH, direction="down", threshold=D(5), unit="usd", reference="current_price")
    _, stop = await bench.arm(spec(below("95"), buy()), spec(drop, sell(), "r2", after="r1"))
    await bench.see("95")
    assert (await bench.rule(stop)).references == {ETH: D(50)}
    await bench.see("45", ETH)
    assert await bench.base() == 0


async def test_an_exit_whose_current_price_nobody_knows_at_the_fill_is_cancelled_and_told() -> None:
    bench = await Bench().open()
    await bench.see("50", ETH)
    drop = PriceChange(market=ETH, direction="down", threshold=D(5), unit="usd", reference="current_price")
    _, stop = await bench.arm(spec(below("95"), buy()), spec(drop, sell(), "r2", after="r1"))
    await bench.see("96")
    bench.pass_time(seconds=30)
    await bench.see("95")
    assert await bench.states(stop) == [RuleState.CANCELLED]
    (told,) = await bench.events(RuleCancelled)
    assert told.why == "there was no price of ETH-PERP to measure it from when r1 filled"


# --- positions -----------------------------------------------------------------------------------------------------


async def test_exits_are_retired_when_their_position_is_gone_and_their_owner_told() -> None:
    bench = await Bench().open(position="2")
    stop, _ = await bench.arm(spec(below("90"), sell()), spec(above("110"), sell(), "r2"))
    await bench.see("110")
    assert await bench.states(stop) == [RuleState.CANCELLED]
    (told,) = await bench.events(RuleCancelled)
    assert told.why == "the long SOL-PERP position it was for is gone"


async def test_exits_of_another_market_or_side_are_not_retired() -> None:
    bench = await Bench().open(position="2")
    await bench.see("50", ETH)
    await bench.venue.open_position(bench.ann, ETH, D(2), D(50))
    other, unbound, _ = await bench.arm(
        spec(below("40", ETH), sell(market=ETH)),
        spec(above("200"), buy(reduce_only=True), "r2"),
        spec(above("110"), sell(), "r3"),
    )
    await bench.see("110")
    assert await bench.states(other, unbound) == [RuleState.ARMED, RuleState.ARMED]


async def test_position_events_say_what_was_and_what_is() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy("2")), spec(below("94"), buy("1"), "r2"), spec(below("93"), sell(), "r3"))
    for price in ("95", "94", "93"):
        await bench.see(price)
    (opened,) = await bench.events(PositionOpened)
    (grown,) = await bench.events(PositionChanged)
    (closed,) = await bench.events(PositionClosed)
    assert (opened.base, (grown.was, grown.base), (closed.was, closed.base)) == (D(2), (D(2), D(3)), (D(3), D(0)))


async def test_a_resting_order_tells_each_part_and_then_the_whole() -> None:
    bench = await Bench(depth=THIN).open()
    (rule,) = await bench.arm(spec(below("95"), buy("4", order=LimitOrder(price=D(90)))))
    await bench.see("95")
    for _ in range(40):
        await bench.see("89.99")
        await bench.settle_all()
    parts, (whole,) = await bench.events(OrderPartiallyFilled), await bench.events(OrderFilled)
    assert parts
    assert (whole.base, whole.position_after, await bench.base()) == (D(4), D(4), D(4))
    assert whole.fee > sum(part.fee for part in parts)
    assert parts[0].base is not None
    assert parts[0].left == 4 - parts[0].base
    async with bench.store.begin(bench.ann) as tx:
        fills = await tx.fills()
    assert sum(fill.base for fill in fills) == 4
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_the_fill_says_what_was_seen_when_it_fired() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), sell()))
    await bench.see("94.5")
    (filled,) = await bench.events(OrderFilled)
    assert (filled.trigger_price, filled.reduce_only, filled.side) == (D("94.5"), True, "sell")
    assert filled.realised_pnl is not None
    assert filled.realised_pnl < 0


# --- again ---------------------------------------------------------------------------------------------------------


async def test_a_repeat_rests_for_its_cooldown() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy("1"), repeat=Repeat(times=3, cooldown_s=60)))
    await bench.see("95")
    await bench.see("96")
    await bench.see("95")
    assert (await bench.rule(rule)).trigger_no == 1
    await bench.tick(60)
    await bench.see("96")
    await bench.see("95")
    assert (await bench.rule(rule)).trigger_no == 2


async def test_a_repeat_ends_after_its_times() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy("1"), repeat=Repeat(times=2)))
    for price in ("95", "96", "95", "96", "95"):
        await bench.see(price)
    assert await bench.base() == 2
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_a_repeating_change_takes_a_new_reference_each_time() -> None:
    bench = await Bench().open()
    drop = PriceChange(market=SOL, direction="down", threshold=D(5), unit="usd", reference="current_price")
    (rule,) = await bench.arm(spec(drop, buy("1"), repeat=Repeat(times=None)))
    await bench.see("95")
    assert (await bench.rule(rule)).references == {SOL: D(95)}
    await bench.see("91")
    assert await bench.base() == 1
    await bench.see("90")
    assert await bench.base() == 2


async def test_a_repeating_change_of_another_market_does_not_buy_again_and_again() -> None:
    bench = await Bench().open()
    await bench.see("50", ETH)
    drop = PriceChange(market=ETH, direction="down", threshold=D(5), unit="usd", reference="current_price")
    (rule,) = await bench.arm(spec(drop, buy("1"), repeat=Repeat(times=None)))
    await bench.see("45", ETH)
    for _ in range(5):
        await bench.tick()
    assert await bench.base() == 1
    assert (await bench.rule(rule)).references == {ETH: D(45)}


async def test_a_repeating_change_without_a_new_reference_must_stop_holding_first() -> None:
    bench = await Bench().open()
    await bench.see("50", ETH)
    drop = PriceChange(market=SOL, direction="down", threshold=D(5), unit="usd", reference="current_price")
    other = PriceChange(market=ETH, direction="down", threshold=D(5), unit="usd", reference="current_price")
    await bench.arm(spec(AnyOf(conditions=(drop, other)), buy("1"), repeat=Repeat(times=None)))
    bench.venue.will("mark", "lost", "lost", "lost")
    await bench.see("45", ETH, work=False)
    bench.pass_time(seconds=20)
    await bench.see("94")
    for _ in range(10):
        await bench.see("94")
    assert len(await bench.events(RuleTriggered)) <= 2


async def test_a_repeating_trailing_stop_follows_a_new_peak() -> None:
    bench = await Bench().open(position="4")
    trail = Trailing(market=SOL, direction="down", distance=D(5), unit="usd")
    await bench.arm(spec(trail, sell("50"), repeat=Repeat(times=None)))
    await bench.see("95")
    assert await bench.base() == 2
    await bench.see("94")
    assert await bench.base() == 2
    await bench.see("90")
    assert await bench.base() == 1


# --- several legs --------------------------------------------------------------------------------------------------


async def test_a_market_that_was_closed_meanwhile_does_not_hide_one_that_could_not_be() -> None:
    bench = await Bench().open(position="2")
    await bench.see("50", ETH)
    await bench.venue.open_position(bench.ann, ETH, D(2), D(50))
    (rule,) = await bench.arm(spec(below("95"), Close(market="*")))
    await bench.see("95", work=False)
    await bench.venue.real.observe(bench.observation("95"))
    bench.venue.will("send", "refused")  # ETH, the first leg
    await bench.by_hand("sell", "2")
    await bench.work()
    assert await bench.states(rule) == [RuleState.ARMED]
    await bench.tick(3)
    assert await bench.base(ETH) == 0


async def test_slices_that_were_cancelled_end_a_rule_that_had_filled_as_done() -> None:
    bench = await Bench().open(position="4")
    (rule,) = await bench.arm(spec(below("95"), sell(order=TwapOrder(over_s=40, slices=4))))
    await bench.see("95")
    await bench.change(lambda tx: ask_cancel(tx, None))
    assert await bench.states(rule) == [RuleState.COMPLETED]
    assert await bench.base() == 3


@pytest.mark.parametrize("percent", ["100", "50"])
async def test_an_exit_with_nothing_to_exit_is_cancelled_and_says_so(percent: str) -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), Close(market=SOL, amount_percent=D(percent))))
    await bench.see("95")
    (told,) = await bench.events(RuleCancelled)
    assert (told.rule_id, told.why) == (rule.id, "there is no SOL-PERP position left to exit")
