"""Places what words say of time: one instant, a schedule; asks where it is past or can be read in two ways."""

from dataclasses import replace
from datetime import datetime

from core.domain.condition import Condition, Schedule
from core.parse.grammar.calendar import Clock, When, place, zone_of
from core.parse.grammar.desk import Desk, Point
from core.parse.grammar.drafts import ScheduleDraft, TimeDraft
from core.parse.grammar.subjects import entry_of

WEEK_S = 604_800


def instant(desk: Desk, number: int, when: When, key: str = "time") -> datetime | None:
    """The instant that *when* means; asks when it is past or can be read in two ways."""
    placed = place(when, desk.context.now, desk.context.timezone)
    if when.clock is None and when.in_s is None and placed.at and not placed.doubt:
        placed = replace(placed, doubt="hour")
    if when.zone is None and when.clock is not None:
        desk.assume(f"Times are {desk.context.timezone}.")
    if not placed.doubt:
        return placed.at[0]
    zone = zone_of(when.zone, desk.context.timezone)
    labels = tuple((at.astimezone(zone).strftime("%a %d %b %Y, %H:%M %Z"), at) for at in placed.at)
    past = (
        "That time has already passed. When do you mean?"
        if placed.at
        else "I cannot place that time. When do you mean?"
    )
    text = {"past": past, "hour": "At what time of that day?"}.get(placed.doubt, "Which time do you mean?")
    answer: datetime | None = desk.ask(
        Point(key=f"{key}:{number}", about="time", text=text, candidates=labels, zone=zone),
        best=placed.at[0] if placed.at else None,
    )
    return answer


def settle_schedule(desk: Desk, number: int, cond: ScheduleDraft) -> Condition | None:
    zone = str(zone_of(cond.zone, desk.context.timezone))
    start = None if cond.start is None else instant(desk, number, _from_midnight(desk, cond.start), "start")
    if cond.every_s is not None and cond.clock is not None and cond.every_s not in (86_400, WEEK_S):
        if start is None:  # "every other day at 10:00" begins at the next ten o'clock.
            start = instant(desk, number, When(clock=cond.clock, zone=cond.zone), "start")
        if cond.every_s % 86_400 or cond.start is not None:
            desk.ask(Point(key=f"clock:{number}", about="time", text="How does that time go with that interval?"))
    if cond.every_s is not None and (cond.clock is None or cond.every_s not in (86_400, WEEK_S)):
        return Schedule(every_s=cond.every_s, timezone=zone, start_at=start)
    clock, days = cond.clock, cond.days
    if clock is not None and cond.zone is None:
        desk.assume(f"Times are {zone}.")
    month_day = cond.month_day or desk.ask(
        Point(key=f"day:{number}", about="time", text="On which day of the month?"), best="1"
    )
    if clock is None:
        clock = Clock(hour=0)
        desk.assume(f"At 00:00 ({zone}).")
    if any(not other.sure or other.minute != clock.minute for other in cond.more):
        desk.ask(Point(key=f"clocks:{number}", about="time", text="Send a rule of its own for each of those times."))
        return None
    hour = clock.hour
    if not clock.sure:
        halves = (hour % 12, hour % 12 + 12)
        labels = tuple((f"{half:02d}:{clock.minute:02d}", half) for half in halves)
        hour = desk.ask(
            Point(key=f"clock:{hour}", about="time", text="Morning or evening?", candidates=labels), best=hour
        )
    if cond.every_s == WEEK_S:
        days = desk.context.now.astimezone(zone_of(cond.zone, desk.context.timezone)).strftime("%a").upper()
        desk.assume(f"Every week on {days.title()}.")
    hours = ",".join(str(one) for one in sorted({hour, *(other.hour for other in cond.more)}))
    return Schedule(cron=f"{clock.minute} {hours} {month_day} * {days}", timezone=zone, start_at=start)


def _from_midnight(desk: Desk, when: When) -> When:
    """A day without a time begins at its midnight."""
    if when.clock is None and when.in_s is None:
        desk.assume("Starting at 00:00.")
        return replace(when, clock=Clock(hour=0))
    return when


def not_before_entry(desk: Desk, number: int, when: When) -> When:
    """ "long 1 ETH tomorrow at 14:30 and close it at 18:30": the close is of the day of its entry."""
    bare = when.day_offset is None and when.weekday is None and when.date is None and when.in_s is None
    entry = entry_of(desk, number) if bare and when.clock is not None else None
    timed = None if entry is None or entry == number else desk.drafts[entry].cond
    if not isinstance(timed, TimeDraft) or timed.when.clock is None or when.clock is None:
        return when
    if not (when.clock.sure and timed.when.clock.sure):
        return when
    day = replace(timed.when, clock=when.clock, zone=when.zone or timed.when.zone)
    later = (when.clock.hour, when.clock.minute) > (timed.when.clock.hour, timed.when.clock.minute)
    if later:
        return day
    ahead = timed.when.day_offset
    return when if ahead is None else replace(day, day_offset=ahead + 1)
