"""Reads one point in time as said; places no instant, since that needs the clock."""

from dataclasses import replace
from typing import Any

from core.parse.grammar.calendar import Clock, Day, When
from core.parse.grammar.items import Cursor, Item

DAY_S = 86_400


def read_when(cur: Cursor) -> When | None:
    """at 9am tomorrow · on Friday at 20:00 · in 45 minutes · Dec 5 at noon; None puts the cursor back."""
    begun = cur.at
    lead, candle = (
        cur.peek().text.lower(),
        cur.peek(2).kind in ("CLOSES", "CANDLE")
        or cur.sees("ON|AFTER|AT", "DUR", "CLOSE", "ABOVE|BELOW|AT|CROSSUP|CROSSDOWN"),
    )
    if ((lead != "on" and not candle) and cur.run("ON|AFTER", "DUR")) or cur.run("DUR", "FROM", "NOW"):
        seconds = next(cur.peek(n).value for n in (-1, -3) if cur.peek(n).kind == "DUR")
        cur.run("FROM", "NOW")
        if seconds % DAY_S == 0 and (cur.sees("AT", "CLOCK|NOON|MIDNIGHT") or cur.sees("CLOCK|NOON|MIDNIGHT")):
            cur.skip("AT")
            return _read_time_part(cur, When(day_offset=seconds // DAY_S))
        return When(in_s=seconds)
    when = When()
    half: str | None = None
    bare: int | None = None
    while True:
        mark = cur.at
        following = cur.sees("NEXT", "DAY") or cur.sees("ON", "NEXT", "DAY")
        dated = cur.peek(1).kind in (*TIME_KINDS, "NEXT") or cur.peek(2).kind == "MONTH"
        led = cur.skip("ON|AT|COMMA|OF|NEXT" if dated else "")
        if bare is None and cur.sees("AT", "NUM") and hour_of(cur.peek(1).value) is not None and _dated(cur, when):
            bare = hour_of(cur.peek(1).value)
            cur.at += 2
            continue
        if (
            half is None
            and cur.sees("DAYPART")
            and when.clock is None
            and (when.day_offset, when.weekday) != (None, None)
        ):
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
        when = replace(when, clock=turned(when.clock, half))
    if when == When() or when == When(zone=when.zone):
        cur.at = begun
        return None
    return when


TIME_KINDS = (
    "CLOCK",
    "DATE",
    "DAY",
    "TODAY",
    "TONIGHT",
    "TOMORROW",
    "NOON",
    "MIDNIGHT",
    "EOD",
    "YEAREND",
    "MONTHEND",
    "FEAST",
    "MONTH",
    "ORDINAL",
    "ZONE",
)


def hour_of(amount: Any) -> int | None:
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
            found = replace(when, day_offset=_days_ahead(item))
            if item.kind == "TONIGHT" and when.clock is not None and not when.clock.sure:
                found = replace(found, clock=turned(when.clock, "pm"))
        case "MONTHEND" if when.date is None and not when.month_end:
            found = replace(when, month_end=True, clock=when.clock or Clock(hour=23, minute=59))
        case "YEAREND" if when.date is None:
            found = replace(when, date=Day(month=12, day=31, year=None), clock=Clock(hour=23, minute=59))
        case "FEAST" if when.date is None:
            month, day = (int(part) for part in str(item.value).split("-"))
            found = replace(when, date=Day(month=month, day=day))
        case "DAY" if when.weekday is None:
            found = replace(when, weekday=item.value)
        case "DATE" if when.date is None:
            found = replace(when, date=item.value)
        case "DAYPART" if when.clock is not None and not when.clock.sure:
            found = replace(when, clock=turned(when.clock, item.value))
        case "ZONE":
            found = replace(when, zone=item.value)
        case _:
            return _read_month_day(cur, when)
    cur.next()
    return found


def _days_ahead(item: Item) -> int:
    return int(item.value or 1) if item.kind == "TOMORROW" else 0


def turned(clock: Clock, half: str) -> Clock:
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
    hour = hour_of(item.value)
    if hour is not None:
        return hour
    return int(item.value.value) if item.value.unit == "" and item.value.value in range(24, 32) else None
