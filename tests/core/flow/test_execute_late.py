"""Sending late: what opens is not sent hours after its moment, and what exits looks at the price anew."""

from dataclasses import replace

import pytest

from core.domain.action import Close, Reverse, TwapOrder
from core.domain.condition import Schedule
from core.domain.event import OrderCancelled, RuleFailed, RuleMissed
from core.domain.order import OrderState
from core.domain.rule import Late, Repeat, RuleState
from tests.core.flow.bench import ETH, SOL, Bench, D, above, below, buy, sell, spec


async def nobody_sends(bench: Bench, price: str, *, hours: float = 3) -> None:
    """Every worker is away for so long; then they are back, and SOL is seen at *price*."""
    bench.pass_time(hours=hours)
    await bench.venue.real.observe(bench.observation(price))
    await bench.see(price, work=False)
    await bench.sweep()
    await bench.work()


async def test_an_entry_that_nobody_could_send_for_hours_is_asked_about_and_not_sent() -> None:
    bench = await Bench().open()
    entry, stop = await bench.arm(spec(below("95"), buy()), spec(below("80"), sell(), "r2", after="r1"))
    await bench.see("94", work=False)
    await nobody_sends(bench, "60")
    assert bench.venue.sent == []
    assert await bench.states(entry, stop) == [RuleState.PAUSED, RuleState.WAITING]
    (missed,) = await bench.events(RuleMissed)
    assert (missed.late_s, missed.asked) == (3 * 3600 + 1, True)
    (ended,) = await bench.events(OrderCancelled)
    assert ended.reason == "nobody could send it for 3 hours 1 second, so nothing was sent"
    await bench.resume(entry)
    await bench.see("94")  # it is watched again as agreed, and asks no more than any that was off
    assert (await bench.rule(entry)).trigger_no in (1, 2)


async def test_an_entry_is_sent_while_our_own_tries_last_and_later_where_its_owner_said_so() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy("1")))
    await bench.see("94", work=False)
    await nobody_sends(bench, "94", hours=0.03)
    assert await bench.base() == 1
    await bench.arm(spec(below("90"), buy("1"), late=Late(after_s=30, do="run")))
    await bench.see("89", work=False)
    await nobody_sends(bench, "89")
    assert await bench.base() == 2


async def test_a_schedule_goes_on_after_a_run_that_nobody_could_send() -> None:
    bench = await Bench().open()
    (plan,) = await bench.arm(spec(Schedule(every_s=6 * 3600), buy("1"), repeat=Repeat(times=None)))
    bench.pass_time(hours=6)
    await bench.watch.poll()
    assert await bench.states(plan) == [RuleState.FIRING]
    await nobody_sends(bench, "100")
    assert await bench.states(plan) == [RuleState.ARMED]
    assert (await bench.base(), await bench.events(RuleFailed)) == (D(0), [])
    bench.pass_time(hours=3)
    await bench.see("100")
    await bench.tick()
    assert await bench.base() == 1


async def test_the_slices_that_nobody_could_send_are_not_sent_all_at_once() -> None:
    bench = await Bench().open()
    twap = TwapOrder(over_s=6 * 3600, slices=6)
    (rule,) = await bench.arm(spec(below("95"), buy("6", order=twap)))
    await bench.see("94")
    assert await bench.base() == 1
    await nobody_sends(bench, "94", hours=3.5)
    assert await bench.base() == 1
    states = [order.state for order in await bench.orders(rule)]
    assert states == [OrderState.FILLED, *[OrderState.CANCELLED] * 3, *[OrderState.PLANNED] * 2]
    for hours in (0.5, 1):
        bench.pass_time(hours=hours)
        await bench.see("94")
        await bench.tick()
    assert (await bench.base(), await bench.states(rule)) == (D(3), [RuleState.COMPLETED])


async def test_a_reversal_is_not_begun_late_and_its_second_half_does_not_open_late() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), Reverse(market=SOL)))
    await bench.see("94", work=False)
    await nobody_sends(bench, "94")
    assert (await bench.base(), await bench.states(rule)) == (D(2), [RuleState.PAUSED])
    assert [order.state for order in await bench.orders(rule)] == [OrderState.CANCELLED] * 2

    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), Reverse(market=SOL)))
    await bench.see("94", work=False)
    first, _ = await bench.orders(rule)
    await bench.step(bench.ann, first.id, 1)
    assert await bench.base() == 0
    await nobody_sends(bench, "150")
    assert (await bench.base(), await bench.states(rule)) == (D(0), [RuleState.COMPLETED])


@pytest.mark.parametrize(("price", "left"), [("94", 0), ("110", 2)])
async def test_a_stop_that_nobody_could_send_acts_if_its_price_still_holds(price: str, left: int) -> None:
    bench = await Bench().open(position="2")
    (stop,) = await bench.arm(spec(below("95"), Close(market=SOL)))
    await bench.see("94", work=False)
    await nobody_sends(bench, price)
    assert await bench.base() == 2
    for _ in range(3):
        await bench.see(price)
        await bench.tick()
    assert await bench.base() == left
    assert await bench.states(stop) == [RuleState.ARMED if left else RuleState.COMPLETED]


async def test_an_exit_that_has_begun_is_brought_to_its_end_however_late() -> None:
    bench = await Bench().open(position="2")
    await bench.see("100", ETH)
    await bench.venue.open_position(bench.ann, ETH, D("1"), D(100))
    (rule,) = await bench.arm(spec(above("105"), Close(market="*")))
    await bench.see("106", work=False)
    first, second = await bench.orders(rule)
    await bench.step(bench.ann, first.id, 1)
    bench.pass_time(hours=3)
    for market in (SOL, ETH):
        await bench.venue.real.observe(bench.observation("100", market))
    await bench.step(bench.ann, second.id, 1)
    assert [await bench.base(market) for market in (SOL, ETH)] == [0, 0]
    assert replace(await bench.rule(rule), state=RuleState.COMPLETED) == await bench.rule(rule)
