"""The engine: what a start finds, who may fire for whom, and that no partition is held whose rules are not watched."""

import asyncio
from datetime import timedelta

import pytest

from core.app.engine import HEARTBEAT, PARTITIONS, partition_of
from core.db.memory import MemoryLease
from core.domain.action import Alert, LimitOrder
from core.domain.condition import PositionPnl, Trailing
from core.domain.errors import StorageUnavailable
from core.domain.event import EngineRecovered, PositionFundingPaid, PriceRecovered, PriceStale, RuleTriggered
from core.domain.order import OrderState
from core.domain.rule import RuleState
from core.flow.watch import Watch
from core.ports import Fence
from tests.clock import FakeClock
from tests.core.app.desk import Desk, Process
from tests.core.flow.bench import SOL, D, below, buy, sell, spec


async def desk(price: str = "100", *, position: str | None = None) -> Desk:
    made = Desk()
    await made.open(price, position=position)
    return made


async def test_a_price_fires_and_the_fill_is_sent_settled_and_known() -> None:
    bench = await desk(position="2")
    one = await bench.process()
    await one.see("100")
    (rule,) = await one.arm(spec(below("95"), sell()))
    await one.see("95")
    assert await bench.base() == 0
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_the_venue_sees_the_price_before_it_fires_on_it() -> None:
    bench = await desk(position="2")
    one = await bench.process()
    await one.arm(spec(below("95"), sell()))
    bench.pass_time(seconds=1)
    await one.engine.observe(bench.observation("94"))
    assert (await bench.venue.mark(SOL)).price == 94


async def test_only_the_holder_of_a_partition_fires_for_its_owners() -> None:
    bench = await desk()
    one, two = await bench.process("one"), await bench.process("two")
    await bench.agree(await bench.draft(spec(below("95"), Alert())))
    for process in (two, one):
        await process.engine.take_in_events()
    await two.see("94")
    assert await bench.events(RuleTriggered) == []
    await one.see("94")
    assert len(await bench.events(RuleTriggered)) == 1


async def test_a_released_partition_is_taken_over_with_its_rules() -> None:
    bench = await desk()
    one, two = await bench.process("one"), await bench.process("two")
    await one.arm(spec(below("95"), Alert()))
    await one.engine.stop()
    await two.engine.hold_leases()
    await two.see("94")
    assert len(await bench.events(RuleTriggered)) == 1


async def test_a_partition_that_was_lost_is_forgotten() -> None:
    bench = await desk()
    one = await bench.process("one")
    await one.arm(spec(below("95"), Alert()))
    await MemoryLease(bench.store, "one").release()
    await MemoryLease(bench.store, "two").acquire([f"watch:{number}" for number in range(PARTITIONS)])
    await one.engine.hold_leases()
    await one.see("94")
    assert await bench.events(RuleTriggered) == []


async def test_a_partition_whose_rules_could_not_be_loaded_is_loaded_at_the_next_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = await desk()
    one, two = await bench.process("one"), await bench.process("two")
    await one.arm(spec(below("95"), Alert()))
    await one.engine.stop()
    with monkeypatch.context() as patch:

        def unreachable(*_: object) -> object:
            raise StorageUnavailable("The database cannot be reached.")

        patch.setattr(bench.store, "watchable", unreachable)
        await two.engine.hold_leases()
    bench.pass_time(seconds=20)
    await two.engine.remember()
    await two.engine.hold_leases()
    await two.see("94")
    assert [event.late_s for event in await bench.events(RuleTriggered)] == [21]


async def _another_takes_over_unnoticed(bench: Desk) -> Process:
    """What happens while a process is paused: when it is back, it knows of nothing."""
    await MemoryLease(bench.store, "one").release()
    return await bench.process("two")


async def test_one_who_was_paused_tells_nobody_of_prices_that_only_it_missed() -> None:
    bench = await desk()
    one = await bench.process("one")
    await one.arm(spec(below("95"), Alert()))
    await one.see("100")
    two = await _another_takes_over_unnoticed(bench)
    for _ in range(3):
        bench.pass_time(seconds=3)
        await two.engine.observe(bench.observation("99"))
    for process in (one, two):
        await process.engine.poll()
    await one.see("99")
    assert [await bench.events(PriceStale), await bench.events(PriceRecovered)] == [[], []]
    bench.pass_time(seconds=9)
    for process in (one, two):
        await process.engine.poll()
    assert len(await bench.events(PriceStale)) == 1


async def test_one_who_was_paused_does_not_write_over_what_was_seen_meanwhile() -> None:
    bench = await desk(position="2")
    one = await bench.process("one")
    (rule,) = await one.arm(spec(Trailing(market=SOL, direction="down", distance=D(10), unit="percent"), sell()))
    await one.see("150")
    two = await _another_takes_over_unnoticed(bench)
    await two.see("160")
    await two.engine.remember()
    await one.engine.remember()
    async with bench.store.begin(bench.ann) as tx:
        kept = await tx.rule(rule.id)
    assert kept is not None
    assert kept.memory["extreme"] == "160"


async def test_leases_are_renewed_during_a_long_turn_and_let_go_once_watching_is_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = await desk()
    one = await bench.process()
    clock = one.parts.clock = FakeClock(bench.clock.now())
    began, answered = clock.now(), asyncio.Event()
    renewed: list[int] = []

    async def renew() -> list[Fence]:
        renewed.append(int((clock.now() - began).total_seconds()))
        return []

    async def hang(_watch: Watch, _trouble: object) -> None:
        await answered.wait()

    monkeypatch.setattr(one.parts.lease, "renew", renew)
    monkeypatch.setattr(Watch, "poll", hang)
    turn, keeping = [asyncio.create_task(work()) for work in (one.engine.poll, one.engine.keep_leases)]
    await clock.advance(60)
    assert renewed == list(range(1, 20))
    answered.set()
    await turn
    await clock.advance(2)
    assert renewed[-2:] == [61, 62]
    keeping.cancel()


async def test_leases_that_cannot_be_renewed_leave_everything_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = await desk()
    one = await bench.process()
    await one.arm(spec(below("95"), Alert()))

    async def unreachable(*_: object) -> object:
        raise StorageUnavailable("The database cannot be reached.")

    monkeypatch.setattr(one.parts.lease, "acquire", unreachable)
    await one.engine.hold_leases()
    await one.see("94")
    assert len(await bench.events(RuleTriggered)) == 1


# --- starting ------------------------------------------------------------------------------------------------------


async def test_a_start_settles_what_was_in_flight_and_tells_whom_it_concerns() -> None:
    bench = await desk()
    one = await bench.process("one")
    await bench.owner("bob")
    await one.arm(spec(below("95"), buy("2", order=LimitOrder(price=D(90)))), spec(below("50"), Alert(), "r2"))
    await one.see("95")
    await one.engine.stop()
    bench.pass_time(seconds=60)
    await bench.venue.real.observe(bench.observation("89"))
    two = await bench.process("two")
    assert (await bench.order()).state is OrderState.FILLED
    (told,) = await bench.events(EngineRecovered)
    assert (told.owner, told.blind_s, told.found) == (bench.ann, 60, ("1 rule is watched again",))
    assert await two.execution.dead_letters() == []


async def test_a_short_absence_is_not_told() -> None:
    bench = await desk()
    one = await bench.process("one")
    await one.arm(spec(below("95"), Alert()))
    await one.engine.stop()
    bench.pass_time(seconds=29)
    await bench.process("two")
    assert await bench.events(EngineRecovered) == []


async def test_an_order_in_flight_is_told_of_after_an_absence() -> None:
    bench = await desk()
    one = await bench.process("one")
    await one.arm(spec(below("95"), buy("2", order=LimitOrder(price=D(90)))))
    await one.see("95")
    await one.engine.stop()
    bench.pass_time(seconds=60)
    await bench.process("two")
    (told,) = await bench.events(EngineRecovered)
    assert told.found == ("1 rule is watched again", "1 order is in flight")


async def test_an_order_signed_before_a_crash_is_sent_by_whoever_recovers() -> None:
    bench = await desk()
    one = await bench.process("one")
    await one.arm(spec(below("95"), buy()))
    bench.venue.will("send", "lost")
    await one.see("95")
    two = await bench.process("two")
    await two.execution.recover()
    await two.work()
    assert await bench.base() == 2
    assert len({prepared.raw for prepared in bench.venue.sent}) == 1


# --- cadences ------------------------------------------------------------------------------------------------------


async def test_a_planned_leg_is_woken_when_it_is_due() -> None:
    bench = await desk()
    one = await bench.process()
    await one.arm(spec(below("95"), buy()))
    bench.venue.will("status", "lost")
    bench.pass_time(seconds=1)
    await bench.venue.real.observe(bench.observation("95"))
    await one.engine.observe(bench.observation("95"))
    await one.engine.settle_due()
    await bench.store.queue.drain(one.execution.step)
    await one.engine.settle_due()
    await one.work()
    assert await bench.base() == 2


async def test_one_owners_trouble_keeps_nobody_else_waiting() -> None:
    bench = await desk()
    one = await bench.process()
    await one.arm(
        spec(below("95"), buy("1", order=LimitOrder(price=D(90)))),
        spec(below("95"), buy("1", order=LimitOrder(price=D(91))), "r2"),
    )
    await one.see("95")
    bench.pass_time(seconds=1)
    await bench.venue.real.observe(bench.observation("89"))
    bench.store.fails = 1
    await one.engine.settle_due()
    assert sorted(order.state for order in await bench.orders()) == [OrderState.ACCEPTED, OrderState.FILLED]


async def test_funding_is_exchanged_and_told_by_the_holder_of_the_venue() -> None:
    bench = await desk(position="2")
    one = await bench.process()
    two = await bench.process("two")
    await one.see("100", funding_rate=D("0.01"))
    bench.pass_time(hours=1)
    await bench.venue.real.observe(bench.observation("100"))
    await two.engine.funding()
    assert await bench.events(PositionFundingPaid) == []
    await one.engine.funding()
    assert len(await bench.events(PositionFundingPaid)) == 1


async def test_a_sample_shows_the_owner_that_a_rule_is_looked_at() -> None:
    bench = await desk()
    one = await bench.process()
    (rule,) = await one.arm(spec(below("95"), Alert()))
    await one.see("99")
    await one.see("98")
    await one.engine.sample()
    async with bench.store.begin(bench.ann) as tx:
        job, logs = await tx.job(rule.id), await tx.job_logs(rule.id)
    assert job is not None
    assert (job.checks, job.last_price, job.last_check_at, job.state) == (2, D(98), bench.clock.now(), "active")
    assert [line.what for line in logs] == ["armed", "checked"]


async def test_remembering_is_the_heartbeat() -> None:
    bench = await desk()
    one = await bench.process()
    bench.pass_time(seconds=9)
    await one.engine.remember()
    assert await bench.store.heard(HEARTBEAT) == bench.clock.now()


async def test_accounts_that_rules_look_at_are_read() -> None:
    bench = await desk(position="2")
    one = await bench.process()
    loss = PositionPnl(market=SOL, operator="<=", threshold=D(-10), unit="usd")
    await one.arm(spec(loss, Alert()))
    await bench.venue.real.observe(bench.observation("90"))
    await one.engine.accounts()
    await one.engine.poll()
    assert len(await bench.events(RuleTriggered)) == 1


async def test_what_is_due_by_time_is_known() -> None:
    bench = await desk()
    one = await bench.process()
    assert one.engine.next_due() is None
    await one.arm(spec(below("50"), Alert(), expires_at=bench.clock.now() + timedelta(seconds=30)))
    assert one.engine.next_due() == bench.clock.now() + timedelta(seconds=30)


@pytest.mark.parametrize("owner", [0, 15, 16, 4711])
def test_an_owner_is_always_in_the_same_partition(owner: int) -> None:
    assert partition_of(owner) == f"watch:{owner % PARTITIONS}"  # type: ignore[arg-type]
