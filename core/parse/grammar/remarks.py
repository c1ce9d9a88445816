"""Reads what is said of a rule as a whole: its end, its repeats, its rests; decides for no rule."""

from dataclasses import dataclass, replace
from typing import Any

from core.parse.grammar.calendar import Clock, When
from core.parse.grammar.instants import TIME_KINDS, hour_of, read_when
from core.parse.grammar.items import Cursor
from core.parse.grammar.schedules import DAY_S, WEEK_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Mod:
    """Something said of a rule as a whole: `expires`, `due`, `start` (When), `times`, `cooldown`, `lasting`, `over`,
    `oco`."""

    kind: str
    value: Any = None


def read_mod(cur: Cursor) -> Mod | None:
    """until Friday · valid for 24 hours · max 3 times · at most once an hour · starting tomorrow; or None."""
    begun = cur.at
    for reader, opening in _READERS:
        found = reader(cur) if cur.begins(opening) else None
        if found is not None:
            return found
        cur.at = begun
    return None


def _read_expiry(cur: Cursor) -> Mod | None:
    cur.skip("ORDERS|IT|RULES" if cur.peek(1).kind in ("VALIDFOR", "UNTIL") else "")
    if cur.run("VALIDFOR|WITHIN", "DUR"):
        spread = cur.peek(-2).text.lower().startswith("over")
        return Mod(kind="over" if spread else "lasting", value=cur.peek(-1).value)
    if cur.run("THISDAY") or cur.run("VALIDFOR", "TODAY"):
        return Mod(kind="expires", value=When(clock=Clock(hour=23, minute=59), day_offset=0))
    due = cur.sees("BY", "|".join(TIME_KINDS))
    if cur.take("UNTIL") is None and not (due and cur.take("BY")):
        return _read_length(cur)
    if cur.sees("DUR"):
        return Mod(kind="lasting", value=cur.next().value)
    cur.skip("IT" if cur.peek(1).kind in ("CLOCK", "NOON", "MIDNIGHT") else "")
    when = read_when(cur)
    if when is None and cur.sees("NUM") and hour_of(cur.peek().value) is not None:
        when = When(clock=Clock(hour=hour_of(cur.next().value) or 0, sure=False))
    if when is None:
        return None
    if when.clock is None and when.date is not None and (when.date.month, when.date.day) == (1, 1):
        when = replace(when, clock=Clock(hour=0))  # "until new year"
    night = when.clock is None and cur.peek().text.lower() == "night" and cur.peek(-1).kind in ("TOMORROW", "DAY")
    cur.at += int(night)
    if when.clock is None and (night or cur.peek(-1).kind in ("TODAY", "TONIGHT")):
        when = replace(when, clock=Clock(hour=23, minute=59))
    return Mod(kind="due" if due else "expires", value=when)


def _read_length(cur: Cursor) -> Mod | None:
    """for 3 days · for a week."""
    if cur.sees("FOR", "EVERYWEEK") and cur.peek(1).text.lower() == "a week":
        cur.at += 2
        return Mod(kind="for", value=WEEK_S)
    return Mod(kind="for", value=cur.peek(-1).value) if cur.run("FOR", "DUR") else None


def _read_times(cur: Cursor) -> Mod | None:
    limited = cur.skip("ATMOST|BELOW|FOR")
    if cur.peek().text.lower() == "up to" and cur.peek(1).kind == "NUM" and cur.peek(1).value.unit in ("", "times"):
        cur.next()
        limited = True
    if cur.take("TWICE") is not None:
        return Mod(kind="times", value=2)
    if not limited and cur.sees("EVERYHOUR|EVERYDAY", "IF") and cur.peek().text.lower().startswith("once"):
        return Mod(kind="rate", value=3600 if cur.next().kind == "EVERYHOUR" else DAY_S)
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
    counted = (
        limited
        and cur.peek(-1).kind not in ("BELOW", "FOR")
        and cur.sees("NUM", "BUY|SELL|ORDERS|ALERT|ALERTS")
        and cur.peek().value.unit == ""
    )
    if cur.sees("NUM", "TIMES") or counted or (cur.sees("NUM") and cur.peek().value.unit == "times" and limited):
        amount = cur.next().value
        cur.skip("TIMES|BUY|SELL|ORDERS|ALERT|ALERTS")
        return Mod(kind="times", value=int(amount.value)) if amount.value == int(amount.value) > 0 else None
    return None


def _read_other(cur: Cursor) -> Mod | None:
    if cur.take("OCO") is not None:
        return Mod(kind="oco")
    if cur.take("GTC") is not None:
        return Mod(kind="gtc")
    if cur.sees("RECURRING", "END|COMMA|RPAR"):
        cur.next()
        return Mod(kind="again")
    cur.skip("WITH")
    if cur.sees("DUR", "COOLDOWN"):
        cur.at += 2
        return Mod(kind="cooldown", value=cur.peek(-2).value)
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


_READERS = (
    (_read_expiry, "ORDERS|IT|RULES|VALIDFOR|WITHIN|THISDAY|BY|UNTIL|FOR"),
    (_read_times, "ATMOST|BELOW|FOR|TO|TWICE|EVERY|EVERYHOUR|EVERYDAY|ONCE|NUM"),
    (_read_other, "OCO|GTC|RECURRING|WITH|DUR|COOLDOWN|STARTING"),
)
"""What reads each sort of remark, with the kinds that it may begin with."""
