"""Trying again: growing pauses, then a dead letter; an exit is armed again, an entry ends; neither is sent twice."""

import pytest

from core.domain.errors import VenueError
from core.domain.event import JobDeadLettered, JobRetried, JobWaiting, RuleFailed
from core.domain.ids import OrderId
from core.domain.order import OrderState
from core.domain.rule import RuleState
from core.flow.asking import ask_cancel
from core.flow.execute import MAX_ATTEMPTS
from core.ports import Again, VenueStatus
from tests.core.flow.bench import Bench, below, buy, sell, spec
from tests.core.flow.line import Effect

PAUSED = VenueStatus(state="paused", reason="it rests")
OPEN = VenueStatus(state="open")


async def attempt(bench: Bench, number: int) -> float | None:
    """One attempt at the only open order; the pause it asks for."""
    order = next(order for order in await bench.orders() if order.state is OrderState.PLANNED)
    try:
        await bench.step(bench.ann, order.id, number)
    except Again as again:
        return again.in_s
    return None


async def planned(bench: Bench) -> None:
    await bench.arm(spec(below("95"), buy()))
    bench.venue.says = PAUSED
    await bench.see("95", work=False)


async def test_pauses_double_up_to_the_longest() -> None:
    bench = await Bench().open()
    await planned(bench)
    assert [await attempt(bench, number) for number in range(1, MAX_ATTEMPTS)] == [1.0, 2.0, 4.0, 8.0, 16.0]
    retried = await bench.events(JobRetried)
    assert [(event.attempt, event.in_s) for event in retried] == [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16)]
    assert "it rests" in retried[0].reason


async def test_the_last_attempt_is_a_dead_letter_and_ends_the_entry() -> None:
    bench = await Bench().open()
    await planned(bench)
    for number in range(1, MAX_ATTEMPTS):
        await attempt(bench, number)
    with pytest.raises(VenueError, match="it rests"):
        await attempt(bench, MAX_ATTEMPTS)
    assert (await bench.order()).state is OrderState.CANCELLED
    (dead,) = await bench.events(JobDeadLettered)
    assert dead.attempts == MAX_ATTEMPTS
    (failed,) = await bench.events(RuleFailed)
    assert failed.why == "given up: paper takes no orders now: it rests"
    bench.venue.says = OPEN
    await bench.tick()
    assert bench.venue.sent == []


async def test_attempts_are_counted_across_wake_ups_that_begin_anew() -> None:
    bench = await Bench().open()
    await planned(bench)
    for _ in range(MAX_ATTEMPTS - 1):
        await attempt(bench, 1)  # each time as if by a new wake-up
    with pytest.raises(VenueError):
        await attempt(bench, 1)
    assert (await bench.order()).attempts == MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("call", "effect"),
    [
        ("status", "lost"),
        ("status", "silent"),
        ("markets", "silent"),
        ("mark", "lost"),
        ("account", "paused"),
        ("prepare", "silent"),
        ("prepare", "lost"),
    ],
)
async def test_whatever_cannot_be_had_before_signing_is_tried_again(call: str, effect: Effect) -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    await bench.see("95", work=False)
    bench.venue.will(call, effect)
    assert await attempt(bench, 1) == 1.0
    order = await bench.order()
    assert (order.state, order.attempts) == (OrderState.PLANNED, 1)
    assert await attempt(bench, 2) is None
    assert (await bench.order()).state is OrderState.FILLED


async def test_a_mark_that_is_too_old_is_waited_for() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    await bench.see("95", work=False)
    bench.pass_time(seconds=16)
    assert await attempt(bench, 1) == 1.0
    (retried,) = await bench.events(JobRetried)
    assert "16 s old" in retried.reason


async def test_an_order_that_is_not_due_is_not_sent() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    await bench.see("95", work=False)
    bench.pass_time(seconds=-1)
    assert await attempt(bench, 1) is None
    assert bench.venue.sent == []


async def test_an_unknown_order_id_is_nobodys() -> None:
    bench = await Bench().open()
    await bench.step(bench.ann, OrderId("o_nobody"), 1)
    assert bench.venue.sent == []


async def test_an_ended_order_is_left_alone() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    await bench.see("95")
    order = await bench.order()
    await bench.step(bench.ann, order.id, 1)
    assert (await bench.order(), len(bench.venue.sent)) == (order, 1)


async def outage(bench: Bench, seconds: float) -> None:
    """The venue takes no orders for so long, while the exit's wake-ups come."""
    bench.venue.says = PAUSED
    await bench.see("95")
    for _ in range(int(seconds)):
        await bench.tick(1)


async def test_an_exit_waits_for_the_venue_for_as_long_as_it_takes_and_says_so_once() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    await outage(bench, 3_600)
    assert await bench.states(rule) == [RuleState.FIRING]
    (order,) = await bench.orders()
    assert (order.state, order.attempts, order.signature) == (OrderState.PLANNED, MAX_ATTEMPTS, None)
    (waiting,) = await bench.events(JobWaiting)
    assert (waiting.every_s, waiting.reason) == (30, "paper takes no orders now: it rests")
    assert await bench.events(JobDeadLettered) == []
    bench.venue.says = OPEN
    await bench.tick(30)
    await bench.tick(3)
    await bench.tick(1)
    assert await bench.states(rule) == [RuleState.COMPLETED]
    assert await bench.base() == 0
    first, second = await bench.orders()
    assert (first.state, second.state) == (OrderState.CANCELLED, OrderState.FILLED)
    assert first.signature is None


async def test_an_exit_that_waited_does_not_act_where_the_price_came_back_meanwhile() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    await outage(bench, 90)
    bench.venue.says = OPEN
    await bench.see("97")
    for _ in range(60):
        await bench.tick(1)
    assert await bench.states(rule) == [RuleState.ARMED]
    assert await bench.base() == 2
    await bench.see("95")
    assert await bench.base() == 0


async def test_an_exit_that_waits_ends_when_its_owner_cancels_it() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    await outage(bench, 90)
    await bench.change(lambda tx: ask_cancel(tx, None, rule_id=rule.id))
    bench.venue.says = OPEN
    await bench.tick(31)
    assert (await bench.order()).state is OrderState.CANCELLED
    assert await bench.base() == 2


async def test_an_exit_rests_longer_each_time_and_is_never_given_up() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    bench.venue.will("send", *refusals(10))
    await bench.see("95")
    rests: list[float] = []
    while await bench.base() == 2:
        began, sent = bench.clock.now(), len(await bench.orders())
        while len(await bench.orders()) == sent:
            await bench.tick()
        rests.append((bench.clock.now() - began).total_seconds())
    assert rests == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0]
    assert await bench.events(RuleFailed) == []
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_an_exit_that_rests_does_not_fire_when_its_condition_holds_no_more() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    bench.venue.will("send", "refused")
    await bench.see("95")
    await bench.see("97")
    await bench.tick(5)
    assert await bench.states(rule) == [RuleState.ARMED]
    assert len(await bench.orders()) == 1
    await bench.see("95")
    assert await bench.base() == 0


async def test_the_tries_of_long_ago_do_not_count_against_a_new_crossing() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), sell()))
    bench.venue.will("send", *refusals(5))
    await bench.see("95")
    for _ in range(200):
        if len(await bench.orders()) == 5:
            break
        await bench.tick()
    await bench.see("100")
    await bench.tick(120)
    await bench.tick(7 * 86_400)
    bench.venue.will("send", "refused")
    await bench.see("95")
    assert await bench.base() == 2
    await bench.tick(3)
    assert await bench.base() == 0


async def test_an_entry_that_was_refused_is_not_tried_again() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    bench.venue.will("send", "refused")
    await bench.see("95")
    await bench.tick(5)
    assert await bench.states(rule) == [RuleState.FAILED]
    assert len(await bench.orders()) == 1


async def test_an_exit_that_our_own_limits_denied_is_not_tried_again() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell()))
    await bench.limit(max_slippage_bps=1)
    await bench.see("95")
    assert await bench.states(rule) == [RuleState.FAILED]


def refusals(times: int) -> list[Effect]:
    return ["refused"] * times
