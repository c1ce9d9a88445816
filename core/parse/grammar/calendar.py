"""Decides which instant, clock time or cadence words about time mean; asks when they can be read in two ways."""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.parse.grammar.items import Item
from core.parse.grammar.text import Token

DAY_NAMES = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time of day; `sure` is False where it may be morning or evening."""

    hour: int
    minute: int = 0
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A calendar day as said: `other` is the second reading of 05/12; year None = the next such day."""

    month: int
    day: int
    year: int | None = None
    other: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A point in time as said, before it is placed: a clock, a day word, a weekday, a date, or a distance from now.

    `next_week` marks "next Friday", which people mean in two ways.
    """

    clock: Clock | None = None
    day_offset: int | None = None
    weekday: str | None = None
    date: Day | None = None
    in_s: int | None = None
    zone: str | None = None
    next_week: bool = False
    month_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The instants that a `When` may mean, the likeliest first, and what is doubtful (`past`, `twofold`) about it."""

    at: tuple[datetime, ...]
    doubt: str = ""


def zone_of(name: str | None, default: str) -> ZoneInfo:
    """The time zone said, or the owner's; UTC where the owner's is no known zone."""
    try:
        return ZoneInfo(name if name not in (None, "local") else default)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def place(when: When, now: datetime, timezone: str) -> Placed:
    """The instants that *when* may mean, seen from *now* (aware)."""
    zone = zone_of(when.zone, timezone)
    here = now.astimezone(zone)
    if when.in_s is not None:
        return Placed(at=(now + timedelta(seconds=when.in_s),))
    days = _days(when, here.date())
    if not days:
        return Placed(at=(), doubt="past")
    clocks = _clocks(when.clock)
    if when.clock is None and when.date is None and when.weekday is None and when.day_offset is None:
        return Placed(at=(), doubt="past")
    instants = [datetime.combine(day, clock, zone).astimezone(now.tzinfo) for day in days for clock in clocks]
    if when.day_offset is None and when.weekday is None and when.date is None:
        instants = [at if at > now else at + timedelta(days=1) for at in instants]
        if len(instants) > 1:
            return Placed(at=tuple(sorted(instants)), doubt="twofold")
        return Placed(at=tuple(instants))
    if when.weekday is not None and len(instants) == 1 and instants[0] <= now:
        instants = [instants[0] + timedelta(days=7)]
    coming = [at for at in instants if at > now]
    if not coming:
        return Placed(at=tuple(at + timedelta(days=1) for at in instants if when.day_offset is not None), doubt="past")
    if len(coming) > 1 or (len(instants) > 1 and when.date is not None):
        return Placed(at=tuple(coming), doubt="twofold")
    return Placed(at=tuple(coming))


def _clocks(clock: Clock | None) -> list[time]:
    if clock is None:
        return [time(0, 0)]
    if clock.sure or clock.hour > 12 or clock.hour == 0:
        return [time(clock.hour, clock.minute)]
    return [time(clock.hour % 12, clock.minute), time(clock.hour % 12 + 12, clock.minute)]


def _days(when: When, today: date) -> list[date]:
    said: list[list[date]] = []
    if when.weekday is not None:
        ahead = (DAY_NAMES.index(when.weekday) - today.weekday()) % 7
        first = today + timedelta(days=ahead)
        said.append([first, first + timedelta(days=7)] if when.next_week else [first])
    if when.date is not None:
        days = [_next_day(month, day, when.date.year, today) for month, day in _readings(when.date)]
        said.append([day for day in days if day is not None])
    if when.month_end:
        said.append([today.replace(day=monthrange(today.year, today.month)[1])])
    if when.day_offset is not None or not said:
        said.append([today + timedelta(days=when.day_offset or 0)])
    agreed = [day for day in said[0] if all(day in other for other in said[1:])]
    # "Friday the 28th, tomorrow" names one day; where it names several, each of them is asked about.
    return agreed or list(dict.fromkeys(day for days in said for day in days))


def _readings(day: Day) -> list[tuple[int, int]]:
    return [(day.month, day.day)] + ([day.other] if day.other is not None else [])


def _next_day(month: int, day: int, year: int | None, today: date) -> date | None:
    for candidate in (year,) if year is not None else (today.year, today.year + 1):
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if year is not None or found >= today:
            return found
    return None


_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(20\d{2})")


def read_clock_or_date(tokens: Sequence[Token], at: int) -> tuple[Item, int] | None:
    """The clock time or numeric date that begins at token *at*."""
    token = tokens[at]
    if token.kind == "iso":
        year, month, day = (int(part) for part in token.text.split("-"))
        return _made("DATE", Day(month=month, day=day, year=year), tokens, at, 1)
    if token.kind == "slash":
        return _slashed(tokens, at)
    if token.kind == "number" and (dotted := _DOTTED.fullmatch(token.text)) is not None:
        day, month, year = (int(part) for part in dotted.groups())
        if 1 <= month <= 12 and 1 <= day <= 31:
            return _made("DATE", Day(month=month, day=day, year=year), tokens, at, 1)
    if token.kind == "clock":
        hour, minute = (int(part) for part in token.text.split(":"))
        half, count = _half(tokens, at + 1)
        count += int(at + 1 + count < len(tokens) and tokens[at + 1 + count].low in _O_CLOCK)
        return _clock(hour, minute, half, tokens, at, 1 + count)
    if token.low in _PARTS_OF_AN_HOUR and (quartered := _quartered(tokens, at)) is not None:
        return quartered
    if token.kind == "word" and token.low in _HOURS_SAID:
        return _spoken_clock(tokens, at)
    if token.kind == "number" and token.text.isdecimal() and len(token.text) <= 2:
        half, count = _half(tokens, at + 1)
        if half:
            return _clock(int(token.text), 0, half, tokens, at, 1 + count)
        if at + 1 < len(tokens) and tokens[at + 1].low in _O_CLOCK:
            return _made("CLOCK", Clock(hour=int(token.text) % 24, sure=int(token.text) > 12), tokens, at, 2)
    return None


_HOURS_SAID = {
    name: hour
    for hour, name in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1
    )
}  # fmt: skip
_MINUTES_SAID = {"fifteen": 15, "thirty": 30, "forty": 40, "twenty": 20, "ten": 10, "fifty": 50}


_PARTS_OF_AN_HOUR = {"quarter": 15, "half": 30}


def _quartered(tokens: Sequence[Token], at: int) -> tuple[Item, int] | None:
    """ "quarter past nine am", "half past 7", "quarter to nine pm"."""
    if at + 2 >= len(tokens) or tokens[at + 1].low not in ("past", "to"):
        return None
    said = tokens[at + 2].low
    hour = _HOURS_SAID.get(said, int(said) if said.isdecimal() and len(said) < 3 else 0)
    if not 1 <= hour <= 12 or (tokens[at + 1].low == "to" and tokens[at].low == "half"):
        return None
    half, count = _half(tokens, at + 3)
    minute = _PARTS_OF_AN_HOUR[tokens[at].low]
    if tokens[at + 1].low == "to":
        hour, minute = hour - 1 or 12, 60 - minute
    if not half:
        return _made("CLOCK", Clock(hour=hour, minute=minute, sure=False), tokens, at, 3)
    return _clock(hour, minute, half, tokens, at, 3 + count)


def _spoken_clock(tokens: Sequence[Token], at: int) -> tuple[Item, int] | None:
    """ "nine am", "five thirty pm", "nine o'clock"."""
    hour, end = _HOURS_SAID[tokens[at].low], at + 1
    minute = _MINUTES_SAID.get(tokens[end].low if end < len(tokens) else "")
    end += int(minute is not None)
    half, count = _half(tokens, end)
    if half:
        return _clock(hour, minute or 0, half, tokens, at, end - at + count)
    if minute is None and end < len(tokens) and tokens[end].low in _O_CLOCK:
        return _made("CLOCK", Clock(hour=hour, sure=False), tokens, at, end - at + 1)
    return None


_O_CLOCK = ("o'clock", "oclock")


def _half(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    """am or pm at token *at*, in any spelling, and how many tokens it takes."""
    word = tokens[at].low if at < len(tokens) else ""
    if word in ("am", "pm"):
        return word, 1
    letters = "".join(token.low for token in tokens[at : at + 4])
    if letters[:4] in ("a.m.", "p.m."):
        return letters[0] + "m", 4
    return "", 0


def _clock(hour: int, minute: int, half: str, tokens: Sequence[Token], at: int, count: int) -> tuple[Item, int] | None:
    if minute > 59 or hour > (12 if half else 24) or (half and hour == 0):
        return _made("BADNUM", None, tokens, at, count)
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    sure = bool(half) or ":" in tokens[at].text or hour >= 13 or hour == 0
    return _made("CLOCK", Clock(hour=hour % 24, minute=minute, sure=sure), tokens, at, count)


def _slashed(tokens: Sequence[Token], at: int) -> tuple[Item, int] | None:
    """05/12 or 5/12/2026; shares such as 1/4 are left to the numbers."""
    parts = [int(part) for part in tokens[at].text.split("/")]
    before = tokens[at - 1].low if at else ""
    dated = before in ("on", "until", "till", "by", "before") or len(parts) == 3
    if not dated or not all(parts[:2]) or max(parts[:2]) > 31 or min(parts[:2]) > 12:
        return None
    first, second = parts[0], parts[1]
    year = None if len(parts) < 3 else parts[2] + (2000 if parts[2] < 100 else 0)
    if first > 12:
        return _made("DATE", Day(month=second, day=first, year=year), tokens, at, 1)
    other = (second, first) if second <= 12 and first != second else None
    return _made("DATE", Day(month=first, day=second, year=year, other=other), tokens, at, 1)


def _made(kind: str, value: object, tokens: Sequence[Token], at: int, count: int) -> tuple[Item, int]:
    chosen = tokens[at : at + count]
    text = " ".join(token.text for token in chosen)
    return Item(kind=kind, value=value, text=text, start=chosen[0].start, end=chosen[-1].end), count
