"""Reads cadences: intervals, clock times on days of the week or the month; places no instant."""

from dataclasses import replace

from core.parse.grammar.calendar import Clock, When
from core.parse.grammar.drafts import ScheduleDraft, TimeDraft
from core.parse.grammar.instants import TIME_KINDS, hour_of, read_when, turned
from core.parse.grammar.items import Cursor, Item

DAY_S, WEEK_S = 86_400, 604_800
_OPENING = (
    "EVERY|EVERYHOUR|EVERYDAY|EVERYWEEK|EVERYMONTH|SPAN|TF|ON|AT|MONTHSTART|WEEKDAYS|WEEKENDS|AFTER|DUR|COMMA|OF|NEXT|"
    "NUM|" + "|".join(TIME_KINDS)
)
"""Kinds that a time may begin with."""


def read_time_condition(cur: Cursor) -> TimeDraft | ScheduleDraft | None:
    """A cadence or one instant; None puts the cursor back."""
    begun = cur.at
    if not cur.begins(_OPENING):
        return None
    found = _read_schedule(cur)
    if found is not None:
        return found
    cur.at = begun
    when = read_when(cur)
    if when is None or (when.clock is None and when.day_offset == 0):
        cur.at = begun
        return None
    more: list[Clock] = []
    mark = cur.at
    only_clock = when.clock is not None and when == When(clock=when.clock, zone=when.zone)
    while only_clock and (cur.run("AND|COMMA", "AT", "CLOCK") or cur.run("AND|COMMA", "CLOCK")):
        more.append(cur.peek(-1).value)
    if more and not (cur.sees("EVERY", "DAY") or cur.sees("EVERYDAY") or cur.sees("TF")):
        cur.at, more = mark, []
    if when.in_s is None and (cur.sees("EVERY") or cur.sees("EVERYDAY") or cur.sees("TF")):
        rest = _read_schedule(cur)
        if rest is not None:
            if rest.clock is not None:
                return None
            return replace(rest, clock=when.clock, more=tuple(more), zone=when.zone or rest.zone)
    return TimeDraft(when=when)


def one_schedule(first: object, second: object) -> ScheduleDraft | None:
    """The cadence that two remarks make: "on Mondays … at 8am", "weekly, on Wednesday at 14:00"; None: not one."""
    if not isinstance(first, ScheduleDraft) or first.clock is not None:
        return None
    weekly = first.every_s == WEEK_S
    if isinstance(second, ScheduleDraft):
        days = weekly and second.days != "*" and second.every_s is None and second.month_day == "*"
        return second if days else None
    if not isinstance(second, TimeDraft):
        return None
    when = second.when
    if when.clock is not None and when == When(clock=when.clock, zone=when.zone):
        return replace(first, clock=when.clock, zone=when.zone or first.zone)
    if weekly and when.weekday is not None and not when.next_week:
        return ScheduleDraft(days=when.weekday, clock=when.clock, zone=when.zone or first.zone)
    return None


def _read_schedule(cur: Cursor) -> ScheduleDraft | None:
    """every 4 hours · every Monday at 9am · daily at 16:00 UTC · every weekday · hourly."""
    found: ScheduleDraft | None = None
    if cur.run("EVERY", "DUR"):
        seconds = cur.peek(-1).value
        found = ScheduleDraft(every_s=seconds)
    elif cur.sees("EVERY", "NOON|MIDNIGHT|DAYPART"):
        cur.next()
        found = ScheduleDraft(every_s=DAY_S)
        part = cur.take("DAYPART")
        found = _read_clock(cur, found)
        if part is not None and found.clock is not None and not found.clock.sure:
            found = replace(found, clock=turned(found.clock, part.value))
        return found
    elif cur.take("EVERYHOUR") is not None:
        found = ScheduleDraft(every_s=3600)
    elif cur.sees("SPAN"):
        found = ScheduleDraft(every_s=int(cur.next().value))
    elif (monthly := _read_monthly(cur)) is not None:
        found = monthly
    elif cur.take("EVERYWEEK") is not None:
        found = _read_days(cur, every=True) or ScheduleDraft(every_s=WEEK_S)
    elif cur.take("EVERYDAY") is not None:
        found = ScheduleDraft(every_s=DAY_S)
    elif cur.sees("TF") and cur.peek(1).kind not in _OF_CANDLES and not cur.sees("TF", "COIN", "FUNDING"):
        word = cur.next().text.lower()
        found = {"daily": ScheduleDraft(every_s=DAY_S), "hourly": ScheduleDraft(every_s=3600),
                 "weekly": ScheduleDraft(every_s=WEEK_S)}.get(word)  # fmt: skip
        if word == "weekly":
            found = _read_days(cur, every=True) or found
    else:
        found = _read_days(cur)
    if found is None:
        return None
    return _read_clock(cur, found)


_OF_CANDLES = ("CLOSE", "CLOSES", "CANDLE", "IND", "FUNDING")


def _read_monthly(cur: Cursor) -> ScheduleDraft | None:
    """every month on the 1st · on the 15th of every month · monthly."""
    begun = cur.at
    if cur.take("EVERYMONTH") is not None:
        mark = cur.at
        cur.skip("ON|COMMA")
        day = cur.take("ORDINAL")
        if day is None:
            cur.at = mark
        return ScheduleDraft(month_day="" if day is None else str(day.value))
    cur.skip("ON|EVERY|AT")
    if cur.take("MONTHSTART") is not None:
        return ScheduleDraft(month_day="1")
    days = [item.value for item in _ordinals(cur)]
    if days and cur.take("EVERYMONTH") is not None:
        return ScheduleDraft(month_day=",".join(str(day) for day in days))
    cur.at = begun
    return None


def _ordinals(cur: Cursor) -> list[Item]:
    """the 1st and the 15th."""
    found: list[Item] = []
    while (item := cur.take("ORDINAL")) is not None:
        found.append(item)
        if cur.sees("AND|COMMA", "ORDINAL"):
            cur.next()
    return found


def _read_days(cur: Cursor, *, every: bool = False) -> ScheduleDraft | None:
    """every Monday and Thursday · on weekdays · Mondays; *every* where that was said already."""
    begun = cur.at
    cur.skip("ON")
    every = cur.take("EVERY") is not None or every
    item = cur.peek()
    if item.kind in ("WEEKDAYS", "WEEKENDS") and (every or item.text.lower().endswith("s")):  # not "this weekend"
        cur.next()
        return ScheduleDraft(days="MON-FRI" if item.kind == "WEEKDAYS" else "SAT,SUN")
    days: list[str] = []
    while (item := cur.peek()).kind == "DAY" and (every or item.text.lower().endswith("days")):
        if item.value not in days:
            days.append(item.value)
        cur.next()
        if cur.sees("AND|COMMA", "DAY") or cur.sees("AND|COMMA", "EVERY", "DAY"):
            cur.skip("AND|COMMA|EVERY")
    if not days:
        cur.at = begun
        return None
    return ScheduleDraft(days=",".join(days))


def _read_clock(cur: Cursor, found: ScheduleDraft) -> ScheduleDraft:
    begun = cur.at
    before = cur.take("DAYPART") if cur.sees("DAYPART", "AT|CLOCK") else None
    cur.skip("AT|ON|COMMA")
    item = cur.peek()
    if item.kind == "NUM" and hour_of(item.value) is not None and cur.peek(-1).kind == "AT":
        cur.next()
        clock = Clock(hour=hour_of(item.value) or 0, sure=(hour_of(item.value) or 0) > 12)
    elif item.kind in ("CLOCK", "NOON", "MIDNIGHT"):
        cur.next()
        clock = item.value if item.kind == "CLOCK" else Clock(hour=12 if item.kind == "NOON" else 0)
    else:
        cur.at = begun
        return found
    part = cur.take("DAYPART") or before
    if part is not None and not clock.sure:
        clock = turned(clock, part.value)
    more: list[Clock] = []
    while cur.sees("AND|COMMA", "CLOCK|NOON|MIDNIGHT") or cur.sees("AND|COMMA", "AT", "CLOCK|NOON|MIDNIGHT"):
        cur.skip("AND|COMMA|AT")
        item = cur.next()
        more.append(item.value if item.kind == "CLOCK" else Clock(hour=12 if item.kind == "NOON" else 0))
    zone = cur.take("ZONE")
    return replace(found, clock=clock, more=tuple(more), zone=None if zone is None else zone.value)
