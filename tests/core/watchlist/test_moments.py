"""Moments: at once, at an instant, and again and again; what was missed and what rests."""

from dataclasses import replace
from datetime import timedelta

from core.domain.condition import AllOf, AtTime, Now, PriceLevel, Schedule
from core.domain.rule import Repeat
from tests.core.watchlist.world import HOUR, SOL, START, Bench, D, rule


def test_now_holds_at_once_and_is_due_since_it_was_armed() -> None:
    bench = Bench()
    bench.now += HOUR
    found = bench.arm(Now())
    assert found is not None
    assert found.due == START


def test_an_instant_fires_when_it_comes_and_at_once_when_it_has_passed() -> None:
    bench = Bench()
    assert bench.arm(AtTime(at=START + HOUR)) is None
    assert bench.list.next_due(bench.now) == START + HOUR
    assert bench.poll(minutes=59) == []
    (fired,) = bench.poll(minutes=1)
    assert fired.due == START + HOUR
    late = bench.arm(AtTime(at=START + HOUR))
    assert late is not None
    assert late.due == START + HOUR


def test_a_schedule_fires_once_at_each_due_time_and_one_that_was_missed_says_since_when() -> None:
    bench = Bench()
    armed = rule(1, Schedule(every_s=3600))
    assert bench.arm_rule(armed) is None
    (first,) = bench.poll(hours=1)
    assert first.due == START + HOUR
    assert bench.arm_rule(replace(armed, fired_at=bench.now)) is None
    assert bench.poll(minutes=59) == []
    (third,) = bench.poll(hours=5)
    assert third.due == START + 2 * HOUR


def test_a_schedule_that_rests_does_not_fire_at_the_end_of_its_rest() -> None:
    bench = Bench()
    rest = START + timedelta(minutes=90)
    armed = rule(1, Schedule(every_s=3600), memory={"rest_until": rest.isoformat()}, fired_at=START)
    assert bench.arm_rule(armed) is None
    assert bench.poll(minutes=90) == []
    assert bench.list.next_due(bench.now) == START + 2 * HOUR
    assert len(bench.poll(minutes=30)) == 1


def test_a_schedule_inside_a_compound_is_due_once_at_each_instant_whether_or_not_the_rest_holds() -> None:
    bench = Bench(SOL="90")
    both = AllOf(conditions=(Schedule(every_s=3600), PriceLevel(market=SOL, operator=">=", price=D(100))))
    bench.arm(both, spec=replace(rule(1, both).spec, repeat=Repeat(times=None)))
    assert bench.list.next_due(bench.now) == START + HOUR
    assert bench.poll(hours=1) == []
    assert bench.tick("101") == []  # an hour to wait again
    assert bench.poll(minutes=58) == []
    assert len(bench.poll(minutes=2)) == 1
