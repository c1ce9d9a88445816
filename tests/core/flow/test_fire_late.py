"""Lateness: a crossing that nobody saw runs while it is young, and is run, asked about or skipped when it is not."""

import pytest

from core.domain.action import Alert
from core.domain.condition import AllOf, AtTime, Now, Schedule
from core.domain.event import RuleMissed, RuleTriggered
from core.domain.rule import Late, RuleState
from tests.clock import START
from tests.core.flow.bench import ETH, Bench, D, above, below, buy, sell, spec


async def blind(bench: Bench, price: str, *, seconds: float) -> None:
    """Nobody watches for *seconds*; then another process takes over and sees *price*."""
    since = bench.clock.now()
    bench.pass_time(seconds=seconds - 1)
    bench.watch = bench.another_watch()
    await bench.watch.load(lambda _owner: True, since)
    await bench.see(price)
    await bench.watch.poll()
    await bench.work()


async def late_s(bench: Bench) -> list[int]:
    return [event.late_s for event in await bench.events(RuleTriggered)]


@pytest.mark.parametrize("seconds", [2, 29, 30])
async def test_up_to_thirty_seconds_late_runs_marked(seconds: int) -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    await blind(bench, "94", seconds=seconds)
    assert await late_s(bench) == [seconds]
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_an_entry_found_later_asks_and_trades_nothing() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    await blind(bench, "94", seconds=31)
    (missed,) = await bench.events(RuleMissed)
    assert (missed.late_s, missed.asked) == (31, True)
    assert await bench.states(rule) == [RuleState.PAUSED]
    assert await bench.orders() == []


async def test_an_exit_found_later_runs_if_it_still_holds() -> None:
    bench = await Bench().open(position="2")
    await bench.arm(spec(below("95"), sell()))
    await blind(bench, "94", seconds=600)
    assert await late_s(bench) == [600]
    assert await bench.base() == 0


async def test_what_holds_no_more_was_never_seen_and_fires_when_it_crosses_again() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy()))
    await blind(bench, "96", seconds=600)
    await bench.see("95")
    assert await late_s(bench) == [0]


async def test_an_entry_watched_again_since_a_restart_is_not_late_for_a_short_gap() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    await blind(bench, "100", seconds=3_600)
    await bench.see("100")
    await bench.tick(7)  # no price for seven seconds: lost
    bench.pass_time(seconds=8)
    await bench.watch.poll()
    await bench.see("94")
    assert await bench.events(RuleMissed) == []
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_an_entry_of_several_conditions_found_after_a_restart_is_as_late_as_a_plain_one() -> None:
    bench = await Bench().open()
    await bench.see("50", ETH)
    both = AllOf(conditions=(below("95"), below("60", ETH)))
    (rule,) = await bench.arm(spec(both, buy()))
    since = bench.clock.now()
    bench.pass_time(seconds=600)
    bench.watch = bench.another_watch()
    await bench.watch.load(lambda _owner: True, since)
    await bench.see("94")
    await bench.see("50", ETH)
    (missed,) = await bench.events(RuleMissed)
    assert missed.asked
    assert await bench.states(rule) == [RuleState.PAUSED]


async def test_skip_watches_for_the_next_crossing() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy(), late=Late(do="skip")))
    await blind(bench, "94", seconds=31)
    (missed,) = await bench.events(RuleMissed)
    assert not missed.asked
    assert await bench.states(rule) == [RuleState.ARMED]
    await bench.see("93")
    assert await late_s(bench) == []
    await bench.see("96")
    await bench.see("95")
    assert await late_s(bench) == [0]


async def test_run_runs_an_entry_however_late() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy(), late=Late(do="run")))
    await blind(bench, "94", seconds=7_200)
    assert await late_s(bench) == [7_200]


async def test_a_longer_patience_is_kept() -> None:
    bench = await Bench().open()
    await bench.arm(spec(below("95"), buy(), late=Late(after_s=120, do="ask")))
    await blind(bench, "94", seconds=120)
    assert await late_s(bench) == [120]


async def test_a_rule_paused_over_its_crossing_asks_when_resumed() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    await bench.pause(rule)
    await bench.see("94")
    await bench.tick(60)
    await bench.resume(rule)
    (missed,) = await bench.events(RuleMissed)
    assert missed.late_s == 61
    assert await bench.states(rule) == [RuleState.PAUSED]


async def test_a_rule_resumed_while_it_does_not_hold_is_on_time_again() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(below("95"), buy()))
    await bench.pause(rule)
    await bench.tick(600)
    await bench.resume(rule)
    await bench.see("95")
    assert await late_s(bench) == [0]
    assert await bench.states(rule) == [RuleState.COMPLETED]


async def test_a_time_that_passed_unwatched_asks_for_an_entry_and_ends_one_that_skips() -> None:
    bench = await Bench().open()
    at = START.replace(hour=13)
    asks, skips = await bench.arm(spec(AtTime(at=at), buy()), spec(AtTime(at=at), buy(), "r2", late=Late(do="skip")))
    bench.pass_time(hours=2)
    bench.watch = bench.another_watch()
    await bench.watch.load(lambda _owner: True, START)
    await bench.watch.poll()
    assert await bench.states(asks, skips) == [RuleState.PAUSED, RuleState.CANCELLED]
    assert await bench.orders() == []


async def test_a_skipped_now_does_not_stay_armed_for_ever() -> None:
    bench = await Bench().open()
    (rule,) = await bench.agree(await bench.draft(spec(Now(), buy(), late=Late(do="skip"))))
    bench.pass_time(minutes=5)
    await bench.work()  # its arming is heard of only now
    assert await bench.states(rule) == [RuleState.CANCELLED]


async def test_a_missed_run_of_a_schedule_is_told_and_the_next_one_is_due() -> None:
    bench = await Bench().open()
    (rule,) = await bench.arm(spec(Schedule(every_s=3600), buy()))
    bench.pass_time(minutes=65)
    await bench.watch.poll()
    await bench.work()
    (missed,) = await bench.events(RuleMissed)
    assert (missed.late_s, missed.asked) == (300, True)
    assert await bench.states(rule) == [RuleState.ARMED]
    await bench.tick(55 * 60)
    assert await late_s(bench) == [0]


async def test_a_retried_exit_is_not_late_by_what_happened_before_it_first_fired() -> None:
    bench = await Bench().open(position="2")
    (rule,) = await bench.arm(spec(below("95"), sell(), late=Late(do="skip")))
    await bench.pause(rule)
    await bench.tick(20)
    bench.venue.will("send", "lost")
    await bench.see("94")
    await bench.resume(rule)
    assert await late_s(bench) == [21]
    await bench.see("94")
    await bench.tick(62)  # the bytes are dead: it rests, and fires again
    await bench.tick(3)
    assert await late_s(bench) == [21, 0]
    assert await bench.base() == 0


async def test_an_alert_found_late_asks_like_an_entry() -> None:
    bench = await Bench().open()
    await bench.arm(spec(above("105"), Alert()))
    await blind(bench, "106", seconds=45)
    (missed,) = await bench.events(RuleMissed)
    assert (missed.late_s, missed.asked, missed.label) == (45, True, "r1")
    assert D(45) == missed.late_s


async def test_an_exit_whose_firing_could_not_be_stored_for_long_does_not_act_once_the_price_is_back() -> None:
    bench = await Bench().open(position="2")
    (stop,) = await bench.arm(spec(below("95"), sell()))
    bench.store.fails = 1  # the database is away while it crosses
    await bench.see("94")
    bench.pass_time(seconds=60)
    await bench.see("100")
    await bench.watch.poll()
    await bench.work()
    assert (await bench.base(), await bench.states(stop)) == (D(2), [RuleState.ARMED])
    assert [event.asked for event in await bench.events(RuleMissed)] == [False]
    await bench.see("94.9")
    assert await bench.base() == 0
