"""Firing: one crossing makes one trigger, whoever finds it how often; siblings wait for a full exit, not for a part."""

import asyncio
from dataclasses import replace

import pytest

from core.domain.action import Alert, Close, LadderOrder, Reverse, TwapOrder
from core.domain.event import RuleCompleted, RuleFailed, RuleHeld, RulePaused, RuleTriggered
from core.domain.order import OrderState
from core.domain.position import Account
from core.domain.rule import Repeat, Rule, RuleState
from core.flow.fire import World, fire
from core.ports import Crossing, Fence
from tests.core.flow.bench import ETH, SOL, Bench, D, above, below, buy, sell, spec

PAPER = Account(venue="paper", collateral=D(10_000))


async def shoot(bench: Bench, rule: Rule, price: str = "95", *, fence: Fence | None = None) -> RuleState | None:
    """Fire *rule* as it was read, as if its condition had just been seen to hold."""
    crossing = Crossing(rule=rule, market=SOL, price=D(price), due=bench.clock.now())
    world = World(account=PAPER, observation=bench.observation(price), venue="paper", prices={SOL: D(price)})
    return await fire(bench.store, bench.clock, crossing, world, fence)


async def test_a_crossing_fires_once_however_often_it_is_found() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    came = await asyncio.gather(*(shoot(bench, rule) for _ in range(4)))
    assert came == [RuleState.FIRING, None, None, None]
    assert len(await bench.orders()) == 1
    assert len(await bench.events(RuleTriggered)) == 1


async def test_a_stale_fence_fires_nothing() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    bench.store.leases["watch:1"] = Fence(partition="watch:1", holder="other", epoch=2)
    stale = Fence(partition="watch:1", holder="me", epoch=1)
    assert await shoot(bench, rule, fence=stale) is None
    assert (await bench.rule(rule)).state is RuleState.ARMED
    assert await shoot(bench, rule, fence=bench.store.leases["watch:1"]) is RuleState.FIRING


async def test_a_crossing_of_an_older_version_fires_nothing() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    await bench.change(lambda tx: tx.save_rule(replace(rule, version=2), was=rule.state, version=1))
    assert await shoot(bench, rule) is None


@pytest.mark.parametrize("state", sorted(set(RuleState) - {RuleState.ARMED}))
async def test_only_an_armed_rule_fires(state: RuleState) -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    await bench.change(lambda tx: tx.save_rule(replace(rule, state=state), was=rule.state, version=1))
    assert await shoot(bench, rule) is None
    assert (await bench.rule(rule)).state is state


async def test_a_rule_of_an_owner_who_paused_everything_is_paused_instead() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    async with bench.store.begin(bench.ann) as tx:
        await tx.save_owner(replace(await tx.read_owner(), paused=True))
    await bench.see("95")
    kept = await bench.rule(rule)
    assert (kept.state, kept.trigger_no, kept.reason) == (RuleState.PAUSED, 0, "everything was paused")
    assert await bench.orders() == []
    (paused,) = await bench.events(RulePaused)
    assert paused.why == "everything was paused"


async def test_a_rule_whose_time_is_over_expires_instead() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell(), expires_at=bench.clock.now()))
    await bench.see("95")
    assert await bench.states(rule) == [RuleState.EXPIRED]
    assert await bench.orders() == []


async def test_the_trigger_says_what_was_seen_and_by_whom() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), sell()))
    await bench.see("94.9", simulated=True)
    (fired,) = await bench.events(RuleTriggered)
    seen = (fired.trigger_no, fired.market, fired.price, fired.source, fired.simulated, fired.orders, fired.late_s)
    assert seen == (1, SOL, D("94.9"), "bench", True, 1, 0)


# --- siblings ----------------------------------------------------------------------------------------------------


async def test_a_full_exit_holds_its_siblings_until_its_order_is_proven() -> None:
    bench = await Bench().open(position="2")
    stop, target = await bench.arm(
        spec(below("95"), sell(), oco_group="a"), spec(above("110"), sell(), "r2", oco_group="a")
    )
    await bench.see("95", work=False)
    assert await bench.states(stop, target) == [RuleState.FIRING, RuleState.HELD]
    (held,) = await bench.events(RuleHeld)
    assert (held.label, held.by) == ("r2", "r1")
    assert (await bench.rule(target)).held_by == stop.id


async def test_a_partial_exit_holds_nobody() -> None:
    bench = await Bench().open(position="2")
    half, target = await bench.arm(
        spec(below("95"), sell("50"), oco_group="a"), spec(above("110"), sell(), "r2", oco_group="a")
    )
    await bench.see("95", work=False)
    assert await bench.states(half, target) == [RuleState.FIRING, RuleState.ARMED]


async def test_rules_of_another_group_or_set_are_not_siblings() -> None:
    bench = await Bench().open(position="2")
    one, other = await bench.arm(
        spec(below("95"), sell(), oco_group="a"), spec(above("110"), sell(), "r2", oco_group="b")
    )
    (elsewhere,) = await bench.arm(spec(above("110"), sell(), oco_group="a"))
    (alone,) = await bench.arm(spec(above("111"), sell()))
    await bench.see("95", work=False)
    assert await bench.states(one, other, elsewhere, alone) == [
        RuleState.FIRING,
        RuleState.ARMED,
        RuleState.ARMED,
        RuleState.ARMED,
    ]


async def test_two_siblings_crossed_at_one_price_make_one_order() -> None:
    bench = await Bench().open(position="2")
    rules = await bench.arm(spec(below("95"), sell(), oco_group="a"), spec(below("96"), sell(), "r2", oco_group="a"))
    await bench.see("94")
    assert len(await bench.orders()) == 1
    assert sorted(await bench.states(*rules)) == [RuleState.CANCELLED, RuleState.COMPLETED]


# --- what is planned -----------------------------------------------------------------------------------------------


async def test_close_everything_plans_a_leg_for_every_position() -> None:
    bench = await Bench().open(position="2")
    await bench.see("50", ETH)
    await bench.venue.open_position(bench.ann, ETH, D(-4), D(50))
    (rule,) = await bench.arm(spec(below("95"), Close(market="*")))
    await bench.see("95")
    legs = await bench.orders(rule)
    assert [(leg.market, leg.leg_no, leg.state) for leg in legs] == [
        (ETH, 1, OrderState.FILLED),
        (SOL, 2, OrderState.FILLED),
    ]
    assert (await bench.base(), await bench.base(ETH)) == (D(0), D(0))
    assert [leg.trigger_price for leg in legs] == [None, D(95)]


async def test_close_everything_with_nothing_open_fails_and_says_so() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), Close(market="*")))
    await bench.see("95")
    (failed,) = await bench.events(RuleFailed)
    assert (failed.rule_id, failed.why) == (rule.id, "there was no open position to close")


async def test_close_everything_with_nothing_open_gives_its_siblings_back() -> None:
    bench = await Bench().open()
    closing, other = await bench.arm(
        spec(below("95"), Close(market="*"), oco_group="a"), spec(above("110"), buy(), "r2", oco_group="a")
    )
    await bench.see("95")
    assert await bench.states(closing, other) == [RuleState.FAILED, RuleState.ARMED]


async def test_a_ladder_plans_a_limit_for_each_rung() -> None:
    bench = await Bench().open()
    ladder = LadderOrder(orders=3, from_price=D(90), to_price=D(80))
    (rule,) = await bench.arm(spec(below("95"), buy("3", order=ladder)))
    await bench.see("95")
    assert [(leg.limit_price, leg.state) for leg in await bench.orders(rule)] == [
        (D(90), OrderState.ACCEPTED),
        (D(85), OrderState.ACCEPTED),
        (D(80), OrderState.ACCEPTED),
    ]


async def test_only_what_is_due_is_woken() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy("4", order=TwapOrder(over_s=100, slices=4))))
    await bench.see("95")
    assert [leg.state for leg in await bench.orders()] == [OrderState.FILLED, *[OrderState.PLANNED] * 3]


async def test_a_reversal_plans_its_second_half_behind_its_first() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), Reverse(market=SOL)))
    await bench.see("95", work=False)
    assert [(leg.step, leg.leg_no) for leg in await bench.orders(rule)] == [("trade", 1), ("reverse_open", 2)]


async def test_an_alert_tells_and_is_done() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), Alert(message="look")))
    await bench.see("95")
    (fired,) = await bench.events(RuleTriggered)
    assert (fired.message, fired.orders) == ("look", 0)
    (done,) = await bench.events(RuleCompleted)
    assert (done.rule_id, done.why) == (rule.id, "you were told")


async def test_a_repeating_alert_must_stop_holding_before_it_fires_again() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), Alert(), repeat=Repeat(times=2)))
    for price in ("95", "94", "93"):
        await bench.see(price)
    assert (await bench.rule(rule)).trigger_no == 1
    await bench.see("96")
    await bench.see("95")
    kept = await bench.rule(rule)
    assert (kept.trigger_no, kept.state) == (2, RuleState.COMPLETED)


async def test_what_waits_for_the_fill_of_an_alert_is_cancelled_with_its_end() -> None:
    bench = await Bench().open(position="2")
    alert, waiting = await bench.arm(spec(below("95"), Alert()), spec(below("90"), sell(), "r2", after="r1"))
    await bench.see("95")
    assert await bench.states(alert, waiting) == [RuleState.COMPLETED, RuleState.CANCELLED]


async def test_firing_forgets_what_was_not_agreed_to_be_traded_twice() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell("50")))
    await bench.see("95")
    await bench.see("94")
    await bench.see("95")
    assert (await bench.rule(rule)).trigger_no == 1
    assert await bench.base() == 1
