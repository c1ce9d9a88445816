"""The numbers, spans and instants of the product's own sentences, and their values; knows no sentence."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

# No alternative begins like another and none nests a repetition, so that matching is linear.
NUMBER = r"-?\d[\d,]*(?:\.\d+)?"
DOLLARS = r"-?\$\d[\d,]*(?:\.\d+)?"
MARKET = r"[A-Z0-9]+-PERP"
SPAN = r"\d[\d,]* (?:day|hour|minute|second)s?(?: \d[\d,]* (?:day|hour|minute|second)s?)*"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
TIME = r"[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d(?::\d\d)? UTC(?:[+-]\d\d:\d\d)?"
_TIME = re.compile(
    r"[A-Z][a-z]{2} (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}), (\d\d):(\d\d)(?::(\d\d))? UTC(?:([+-])(\d\d):(\d\d))?"
)
_SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


def number(text: str) -> Decimal:
    """`1,250.5`, `-$4.00` as a decimal."""
    return Decimal(text.replace(",", "").replace("$", ""))


def seconds(text: str) -> int:
    """`1 hour 30 minutes`, or `hour` alone, in seconds."""
    words = text.split(" ")
    if len(words) == 1:
        return _SECONDS[words[0]]
    counts, units = words[::2], words[1::2]
    return sum(int(number(count)) * _SECONDS[unit.removesuffix("s")] for count, unit in zip(counts, units, strict=True))


def instant(text: str) -> datetime | None:
    """`Mon 23 Nov 2026, 09:00 UTC` as an aware instant; None for a day that no calendar has."""
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    offset = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0))
    zone = UTC if not offset else timezone(-offset if found[7] == "-" else offset)
    day, year, hour, minute, second = (int(part or 0) for part in (found[1], found[3], found[4], found[5], found[6]))
    try:
        return datetime(year, _MONTHS.index(found[2]) + 1, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
