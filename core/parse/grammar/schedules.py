"""Reads times, cadences, expiries and repeats; places no instant, since that needs the clock."""

from dataclasses import dataclass, replace
from typing import Any

from core.parse.grammar.calendar import Clock, Day, When
from core.parse.grammar.drafts import ScheduleDraft, TimeDraft
from core.parse.grammar.items import Cursor

DAY_S, WEEK_S = 86_400, 604_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Mod:
    """Something said of a rule as a whole: `expires`, `start` (When), `times`, `cooldown`, `lasting` (s), `oco`."""

    kind: str
    value: Any = None


def read_when(cur: Cursor) -> When | None:
    """at 9am tomorrow · on Friday at 20:00 · in 45 minutes · Dec 5 at noon; None puts the cursor back."""
    begun = cur.at
    if cur.run("ON|AFTER|AT", "DUR") or cur.run("DUR", "FROM", "NOW"):
        seconds = next(cur.peek(n).value for n in (-1, -3) if cur.peek(n).kind == "DUR")
        cur.run("FROM", "NOW")
        return When(in_s=seconds)
    when = When()
    half: str | None = None
    bare: int | None = None
    while True:
        mark = cur.at
        following = cur.sees("NEXT", "DAY") or cur.sees("ON", "NEXT", "DAY")
        dated = cur.peek(1).kind in (*_TIME_KINDS, "NEXT") or cur.peek(2).kind == "MONTH"
        led = cur.skip("ON|AT|COMMA|OF|NEXT" if dated else "")
        if bare is None and cur.sees("AT", "NUM") and _hour(cur.peek(1).value) is not None and _dated(cur, when):
            bare = _hour(cur.peek(1).value)
            cur.at += 2
            continue
        if half is None and cur.sees("DAYPART") and when.clock is None and when.day_offset is not None:
            half = cur.next().value
            continue
        found = _read_time_part(cur, when)
        if found is None:
            cur.at = mark if led else cur.at
            break
        when = replace(found, next_week=True) if following and found.weekday is not None else found
    if bare is not None and when.clock is None:
        when = replace(when, clock=Clock(hour=bare, sure=False))
    if half is not None and when.clock is not None and not when.clock.sure:
        when = replace(when, clock=_turned(when.clock, half))
    if when == When() or when == When(zone=when.zone):
        cur.at = begun
        return None
    return when


_TIME_KINDS = (
    "CLOCK",
    "DATE",
    "DAY",
    "TODAY",
    "TONIGHT",
    "TOMORROW",
    "NOON",
    "MIDNIGHT",
    "EOD",
    "MONTH",
    "ORDINAL",
    "ZONE",
)


def _hour(amount: Any) -> int | None:
    whole = amount.unit == "" and not amount.sign and amount.value == int(amount.value) and 1 <= amount.value <= 23
    return int(amount.value) if whole else None


def _dated(cur: Cursor, when: When) -> bool:
    """A bare number is a time of day only beside a day: "tomorrow at 7", "at 7 on Friday"."""
    if when.day_offset is not None or when.weekday is not None or when.date is not None:
        return True
    return cur.peek(2).kind in ("TOMORROW", "TONIGHT", "TODAY", "DAYPART") or (
        cur.peek(2).kind == "ON" and cur.peek(3).kind == "DAY"
    )


def _read_time_part(cur: Cursor, when: When) -> When | None:
    item = cur.peek()
    match item.kind:
        case "CLOCK" if when.clock is None:
            found = replace(when, clock=item.value)
        case "NOON" | "MIDNIGHT" if when.clock is None:
            found = replace(when, clock=Clock(hour=12 if item.kind == "NOON" else 0))
            if item.kind == "MIDNIGHT" and when.day_offset is None and when.weekday is None:
                found = replace(found, day_offset=1)
        case "EOD":
            found = replace(when, clock=Clock(hour=23, minute=59), day_offset=when.day_offset or 0)
        case "TODAY" | "TONIGHT" | "TOMORROW" if when.day_offset is None:
            found = replace(when, day_offset=int(item.kind == "TOMORROW"))
            if item.kind == "TONIGHT" and when.clock is not None and not when.clock.sure:
                found = replace(found, clock=_turned(when.clock, "pm"))
        case "DAY" if when.weekday is None:
            found = replace(when, weekday=item.value)
        case "DATE" if when.date is None:
            found = replace(when, date=item.value)
        case "DAYPART" if when.clock is not None and not when.clock.sure:
            found = replace(when, clock=_turned(when.clock, item.value))
        case "ZONE":
            found = replace(when, zone=item.value)
        case _:
            return _read_month_day(cur, when)
    cur.next()
    return found


def _turned(clock: Clock, half: str) -> Clock:
    return Clock(hour=clock.hour % 12 + (12 if half == "pm" else 0), minute=clock.minute)


def _read_month_day(cur: Cursor, when: When) -> When | None:
    """Dec 5 · 5 December · December 5th, 2026."""
    if when.date is not None:
        return None
    day = month = None
    if cur.sees("MONTH", "ORDINAL|NUM"):
        month, day = int(cur.peek().value), _day_number(cur.peek(1))
    elif cur.sees("ORDINAL|NUM", "MONTH"):
        month, day = int(cur.peek(1).value), _day_number(cur.peek())
    elif cur.sees("ORDINAL", "OF", "MONTH"):
        month, day = int(cur.peek(2).value), _day_number(cur.peek())
        cur.at += 1
    if day is None or month is None:
        return None
    cur.at += 2
    year = None
    if cur.sees("NUM") or cur.sees("COMMA", "NUM"):
        said = cur.peek(int(cur.sees("COMMA"))).value
        if said.unit == "" and said.value in range(2024, 2100):
            year = int(said.value)
            cur.at += 1 + int(cur.sees("COMMA"))
    return replace(when, date=Day(month=month, day=day, year=year))


def _day_number(item: Any) -> int | None:
    if item.kind == "ORDINAL":
        return int(item.value)
    hour = _hour(item.value)
    if hour is not None:
        return hour
    return int(item.value.value) if item.value.unit == "" and item.value.value in range(24, 32) else None


def read_time_condition(cur: Cursor) -> TimeDraft | ScheduleDraft | None:
    """A cadence or one instant; None puts the cursor back."""
    begun = cur.at
    found = _read_schedule(cur)
    if found is not None:
        return found
    cur.at = begun
    when = read_when(cur)
    if when is None or (when.clock is None and when.day_offset == 0):
        cur.at = begun
        return None
    if when.in_s is None and (cur.sees("EVERY") or cur.sees("EVERYDAY") or cur.sees("TF")):
        rest = _read_schedule(cur)
        if rest is not None:
            return replace(rest, clock=when.clock, zone=when.zone or rest.zone) if rest.clock is None else None
    return TimeDraft(when=when)


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
            found = replace(found, clock=_turned(found.clock, part.value))
        return found
    elif cur.take("EVERYHOUR") is not None:
        found = ScheduleDraft(every_s=3600)
    elif cur.take("EVERYDAY") is not None:
        found = ScheduleDraft(every_s=DAY_S)
    elif cur.sees("TF") and cur.peek(1).kind not in ("CLOSE", "CLOSES", "CANDLE", "IND"):
        word = cur.next().text.lower()
        found = {"daily": ScheduleDraft(every_s=DAY_S), "hourly": ScheduleDraft(every_s=3600),
                 "weekly": ScheduleDraft(every_s=WEEK_S)}.get(word)  # fmt: skip
    else:
        found = _read_days(cur)
    if found is None:
        return None
    return _read_clock(cur, found)


def _read_days(cur: Cursor) -> ScheduleDraft | None:
    """every Monday and Thursday · on weekdays · Mondays."""
    begun = cur.at
    cur.skip("ON")
    every = cur.take("EVERY") is not None
    if cur.take("WEEKDAYS") is not None:
        return ScheduleDraft(days="MON-FRI")
    if cur.take("WEEKENDS") is not None:
        return ScheduleDraft(days="SAT,SUN")
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
    cur.skip("AT|ON|COMMA")
    item = cur.peek()
    if item.kind == "NUM" and _hour(item.value) is not None and cur.peek(-1).kind == "AT":
        cur.next()
        clock = Clock(hour=_hour(item.value) or 0, sure=(_hour(item.value) or 0) > 12)
    elif item.kind in ("CLOCK", "NOON", "MIDNIGHT"):
        cur.next()
        clock = item.value if item.kind == "CLOCK" else Clock(hour=12 if item.kind == "NOON" else 0)
    else:
        cur.at = begun
        return found
    part = cur.take("DAYPART")
    if part is not None and not clock.sure:
        clock = _turned(clock, part.value)
    zone = cur.take("ZONE")
    return replace(found, clock=clock, zone=None if zone is None else zone.value)


def read_mod(cur: Cursor) -> Mod | None:
    """until Friday · valid for 24 hours · max 3 times · at most once an hour · starting tomorrow; or None."""
    begun = cur.at
    for reader in (_read_expiry, _read_times, _read_other):
        found = reader(cur)
        if found is not None:
            return found
        cur.at = begun
    return None


def _read_expiry(cur: Cursor) -> Mod | None:
    if cur.run("VALIDFOR|WITHIN", "DUR"):
        return Mod(kind="lasting", value=cur.peek(-1).value)
    if cur.sees("VALIDFOR", "TODAY"):
        cur.at += 2
        return Mod(kind="expires", value=When(clock=Clock(hour=23, minute=59), day_offset=0))
    if cur.take("UNTIL") is None and not (cur.peek(1).kind in _TIME_KINDS and cur.take("BY")):
        return Mod(kind="for", value=cur.peek(-1).value) if cur.run("FOR", "DUR") else None
    if cur.sees("DUR"):
        return Mod(kind="lasting", value=cur.next().value)
    when = read_when(cur)
    if when is None and cur.sees("NUM") and _hour(cur.peek().value) is not None:
        when = When(clock=Clock(hour=_hour(cur.next().value) or 0, sure=False))
    if when is None:
        return None
    if when.clock is None and cur.peek(-1).kind in ("TODAY", "TONIGHT"):
        when = replace(when, clock=Clock(hour=23, minute=59))
    return Mod(kind="expires", value=when)


def _read_times(cur: Cursor) -> Mod | None:
    limited = cur.skip("ATMOST|BELOW|FOR")
    if cur.take("TWICE") is not None:
        return Mod(kind="times", value=2)
    if cur.take("EVERYHOUR") is not None and limited:
        return Mod(kind="cooldown", value=3600)
    if cur.take("EVERYDAY") is not None and limited:
        return Mod(kind="cooldown", value=DAY_S)
    if cur.peek().text.lower().startswith("once"):
        kind = cur.next().kind
        cur.skip("EVERY")
        if cur.sees("DUR") and (limited or kind == "EVERY"):
            return Mod(kind="cooldown", value=cur.next().value)
        return Mod(kind="times", value=1) if limited and cur.peek().kind in ("END", "COMMA") else None
    if cur.take("ONCE") is not None:
        return Mod(kind="times", value=1)
    if cur.sees("NUM", "TIMES") or (cur.sees("NUM") and cur.peek().value.unit == "times" and limited):
        amount = cur.next().value
        cur.skip("TIMES")
        return Mod(kind="times", value=int(amount.value)) if amount.value == int(amount.value) > 0 else None
    return None


def _read_other(cur: Cursor) -> Mod | None:
    if cur.take("OCO") is not None:
        return Mod(kind="oco")
    if cur.take("GTC") is not None:
        return Mod(kind="gtc")
    cur.skip("WITH")
    if cur.take("COOLDOWN") is not None:
        cur.skip("OF|AT")
        item = cur.take("DUR")
        cur.skip("BETWEEN")
        return None if item is None else Mod(kind="cooldown", value=item.value)
    if cur.take("STARTING") is not None:
        when = read_when(cur)
        if when is None and cur.take("NOW") is not None:
            return Mod(kind="gtc")
        return None if when is None else Mod(kind="start", value=when)
    return None
