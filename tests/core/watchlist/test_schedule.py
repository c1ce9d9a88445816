"""When schedules are due: weekdays, anchors, and wall clocks that jump."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.condition import Schedule
from core.watchlist.schedule import next_due

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def runs(cron: str, zone: str, after: datetime, count: int) -> list[datetime]:
    schedule, found = Schedule(cron=cron, timezone=zone), []
    for _ in range(count):
        after = next_due(schedule, after, after)
        found.append(after)
    return found


def test_monday_is_monday() -> None:
    due = runs("0 9 * * MON", "UTC", at("2026-03-04 12:00"), 3)
    assert due == [at("2026-03-09 09:00"), at("2026-03-16 09:00"), at("2026-03-23 09:00")]
    assert {day.strftime("%A") for day in due} == {"Monday"}
    assert runs("0 9 * * 1", "UTC", at("2026-03-04 12:00"), 1) == due[:1]
    assert [day.strftime("%A") for day in runs("0 9 * * 0", "UTC", at("2026-03-04 12:00"), 1)] == ["Sunday"]


@pytest.mark.parametrize(
    ("zone", "before", "offsets"),
    [
        (BERLIN, "2026-03-27 12:00", [8, 7, 7]),  # clocks go forward on March 29
        (BERLIN, "2026-10-23 12:00", [7, 8, 8]),  # and back on October 25
        (NEW_YORK, "2026-03-06 12:00", [14, 13, 13]),  # March 8
        (NEW_YORK, "2026-10-30 12:00", [13, 14, 14]),  # November 1
    ],
)
def test_nine_o_clock_is_nine_o_clock_on_the_wall(zone: str, before: str, offsets: list[int]) -> None:
    due = runs("0 9 * * *", zone, at(before, zone), 3)
    assert [day.hour for day in due] == offsets
    assert [(day.astimezone(ZoneInfo(zone)).hour, day.astimezone(ZoneInfo(zone)).minute) for day in due] == [(9, 0)] * 3


def test_a_time_that_the_spring_skips_comes_right_after_the_gap() -> None:
    assert runs("30 2 * * *", BERLIN, at("2026-03-28 12:00", BERLIN), 2) == [
        at("2026-03-29 01:00"),  # 03:00 in Berlin, where 02:30 never was
        at("2026-03-30 00:30"),
    ]
    assert runs("30 2 * * *", NEW_YORK, at("2026-03-07 12:00", NEW_YORK), 2) == [
        at("2026-03-08 07:00"),
        at("2026-03-09 06:30"),
    ]


def test_a_time_that_the_autumn_doubles_comes_once() -> None:
    assert runs("30 2 * * *", BERLIN, at("2026-10-24 12:00", BERLIN), 2) == [
        at("2026-10-25 00:30"),
        at("2026-10-26 01:30"),
    ]
    assert runs("30 1 * * *", NEW_YORK, at("2026-10-31 12:00", NEW_YORK), 2) == [
        at("2026-11-01 05:30"),
        at("2026-11-02 06:30"),
    ]


def test_an_interval_counts_from_arming() -> None:
    every = Schedule(every_s=3600)
    armed = at("2026-03-02 12:17")
    assert next_due(every, armed, armed) == at("2026-03-02 13:17")
    assert next_due(every, at("2026-03-02 13:17"), armed) == at("2026-03-02 14:17")
    assert next_due(every, at("2026-03-05 08:00"), armed) == at("2026-03-05 08:17")


def test_an_interval_with_a_start_is_due_at_the_start_itself() -> None:
    every = Schedule(every_s=4 * 3600, start_at=at("2026-03-03 06:00"))
    armed = at("2026-03-02 12:00")
    assert next_due(every, armed, armed) == at("2026-03-03 06:00")
    assert next_due(every, at("2026-03-03 06:00"), armed) == at("2026-03-03 10:00")
    assert next_due(every, at("2026-03-03 05:59:59"), armed) == at("2026-03-03 06:00")


def test_cron_with_a_start_waits_for_it_and_may_be_due_at_it() -> None:
    daily = Schedule(cron="0 9 * * *", timezone="UTC", start_at=at("2026-03-10 09:00"))
    assert next_due(daily, at("2026-03-02 12:00"), at("2026-03-02 12:00")) == at("2026-03-10 09:00")


@given(st.integers(1, 200_000), st.integers(0, 2_000_000), st.integers(0, 500_000))
def test_an_interval_never_skips_and_never_stands_still(every_s: int, later: int, start: int) -> None:
    armed = at("2026-03-02 12:00")
    after = armed + timedelta(seconds=later)
    for schedule, anchor in (
        (Schedule(every_s=every_s), armed),
        (Schedule(every_s=every_s, start_at=armed + timedelta(seconds=start)), armed + timedelta(seconds=start)),
    ):
        due = next_due(schedule, after, armed)
        assert due > after
        assert due - timedelta(seconds=every_s) <= max(after, anchor)
        assert (due - anchor) % timedelta(seconds=every_s) == timedelta(0)
