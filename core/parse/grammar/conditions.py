"""Reads one condition from the words at hand; which rule it belongs to is decided elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from core.parse.grammar.drafts import CandleDraft, Change, Cond, Direction, GroupDraft, Level, PnlDraft, Trail
from core.parse.grammar.indicators import read_candle, read_indicator, read_timeframe
from core.parse.grammar.items import Amount, Cursor
from core.parse.grammar.metrics import EVENTS, read_account, read_event, read_funding, read_pnl
from core.parse.grammar.phrases import Subject, level_operator, read_comparison, read_price, read_subject


def read_condition(cur: Cursor) -> Cond | None:
    """The condition that begins here; None puts the cursor back."""
    begun = cur.at
    for reader, needed in _READERS:
        found = reader(cur) if cur.holds(needed) else None
        if found is not None:
            return found
        cur.at = begun
    return None


def _read_of_several(cur: Cursor) -> Cond | None:
    """BTC or ETH drops 5 % · SOL and BTC are both above …: one move of several markets."""
    if not cur.sees("COIN", "OR|AND|COMMA", "COIN"):
        return None
    markets = []
    alternatives = False
    while cur.sees("COIN", "OR|AND|COMMA"):
        markets.append(cur.next().value)
        while (mark := cur.take("OR|AND|COMMA")) is not None:
            alternatives = alternatives or mark.kind == "OR"
    found = _read_price_condition(cur)
    if not isinstance(found, Change) or found.market is None or found.market in markets:
        return None
    parts = tuple(replace(found, market=market) for market in (*markets, found.market))
    return GroupDraft(type="any" if alternatives else "all", parts=parts)


def _read_price_condition(cur: Cursor) -> Cond | None:
    led = cur.peek(-1).kind in ("IF", "EACH", "OR")
    subject = read_subject(cur)
    signed = cur.peek().kind == "NUM" and cur.peek().value.sign != ""
    unsaid = subject.empty and cur.sees("RISEWORD|FALLWORD", "NUM")
    if subject.me and cur.sees("BREAKEVEN") and cur.peek(1).kind not in ("AND", "DASH", "NUM"):
        cur.next()
        return Level(market=subject.market, at_entry=True)
    if subject.everything or (subject.me and not subject.price and subject.market is None and not _verb_ahead(cur)):
        return None
    named = (led and (subject.market is not None or subject.it or subject.price)) or _heads(cur, subject)
    found = _read_between(cur, subject) or _read_near(cur) or _read_change(cur) or _read_level(cur, named=named)
    if isinstance(found, GroupDraft):
        return found
    moved = isinstance(found, Change) and found == replace(found, reference="current_price")
    if isinstance(found, Change) and moved and found.threshold and subject.empty and signed:
        up = found.direction == "up"
        if found.unit == "usd" and led:
            size = found.threshold if up else -found.threshold
            return PnlDraft(operator=">=" if up else "<=", threshold=size, unit="usd")
        unsaid = True
    if unsaid and isinstance(found, Change) and moved:
        found = replace(found, unsaid=True)
    if found is None or (subject.position and not subject.price and isinstance(found, Level)):
        return None
    if subject.market is not None:
        return replace(found, market=subject.market)
    if found.market is None and cur.sees("ON|FOR", "COIN"):
        cur.next()
        return replace(found, market=cur.next().value)
    return found


def _heads(cur: Cursor, subject: Subject) -> bool:
    """Whether `SOL 170:`, `SOL 170 ->` or `SOL 170 sell half` heads what is to be done there."""
    if subject.market is None or cur.peek(-2).kind not in ("END", "COMMA") or cur.peek(-1).kind != "COIN":
        return False
    headed = cur.sees("NUM", "SELL|CLOSE|TAKE|TRIM|BUY", "NUM|ALL|REST") or cur.sees("NUM", "ALERT")
    return headed or (cur.at == 1 and cur.sees("NUM", "COLON|THEN|DASH"))


def _read_between(cur: Cursor, subject: Subject) -> GroupDraft | None:
    """is between 140 and 145."""
    begun = cur.at
    cur.skip("GO|STAY")
    if cur.take("BETWEEN") is not None:
        low = read_price(cur)
        joined = cur.skip("AND|TO|DASH")
        high = read_price(cur)
        if low is not None and high is not None and joined and low < high and not subject.position:
            market = subject.market
            ends = (Level(market=market, operator=">=", price=low), Level(market=market, operator="<=", price=high))
            return GroupDraft(type="all", parts=ends)
    cur.at = begun
    return None


def _read_near(cur: Cursor) -> Level | None:
    """gets close to 65000 · is within 1 % of 145 · comes within $2 of my entry."""
    begun = cur.at
    cur.skip("GO|REACH|MOVE|FALL|RISE|AT|ON")
    within: Amount | None = None
    near = cur.take("NEAR") is not None
    if not near and cur.sees("WITHIN", "NUM", "OF|FROM") and cur.peek(1).value.unit in ("percent", "usd"):
        within = None if cur.peek(1).value.sign or cur.peek(1).value.words else cur.peek(1).value
        cur.at += 3
        near = within is not None
    cur.skip("MY")
    entry = near and cur.sees("BREAKEVEN") and cur.peek().text.lower() != "be"
    price = None if entry or not near else read_price(cur)
    cur.at += int(entry)
    if (price is None and not entry) or cur.peek().kind in ("NUM", "DASH", "FOR"):
        cur.at = begun
        return None
    return Level(price=price, at_entry=entry, near=True, within=within)


def _verb_ahead(cur: Cursor) -> bool:
    """ "we break 98.5k": the owner as subject of a price verb."""
    return cur.peek().kind in ("BREAK", "REACH", "FALL", "RISE", "CROSSUP", "CROSSDOWN", "CLOSES", "STAY") or (
        cur.sees("GO", "ABOVE|BELOW|TO|AT")
        or (
            cur.sees("ABOVE|BELOW", "NUM")
            and cur.peek(-1).text.lower() in ("we're", "we are")
            and not cur.peek(1).value.unit
        )
    )


def _read_level(cur: Cursor, *, named: bool = False) -> Level | CandleDraft | None:
    if cur.sees("LOSE", "NUM") and cur.peek(1).value.unit in ("", "usd"):
        if cur.peek(1).value.unit == "usd":
            return None
        cur.next()
        return _held_for(cur, Level(operator="<=", price=read_price(cur)))
    comparison = read_comparison(cur)
    if comparison is None and cur.sees("GO", "NUM") and cur.peek().text.lower() in _AT_A_PRICE:
        cur.next()
        comparison = "hits"
    if comparison is None and named and cur.sees("NUM"):
        comparison = "hits"
    if comparison is None:
        return None
    price = read_price(cur)
    operator = level_operator(comparison)
    if price is None and comparison == "hits" and cur.sees("MY|TARGET", "TARGET|END|COMMA"):
        cur.skip("MY")
        if cur.run("TARGET") and cur.sees("END|COMMA"):
            return Level(operator=None)  # at which price that is, is asked
    if price is None:
        return _at_entry(cur, operator)
    if operator is None and cur.run("FROM", "BELOW|ABOVE"):
        operator = ">=" if cur.peek(-1).kind == "BELOW" else "<="
    if operator is not None and cur.peek().text.lower().startswith("or ") and cur.peek(1).kind != "NUM":
        cur.skip("ABOVE" if operator == ">=" else "BELOW")  # "falls to 140 or lower"
    trailing = cur.take("ABOVE|BELOW") if operator is None and cur.peek(1).kind != "NUM" else None
    if trailing is not None:
        operator = ">=" if trailing.kind == "ABOVE" else "<="
    return _held_for(cur, Level(operator=operator, price=price))


_AT_A_PRICE = (
    "is",
    "was",
    "'s",
    "trades",
    "trading",
    "gets",
    "goes",
    "becoming",
    "is becoming",
    "becomes",
    "sits",
    "be",
    "become",
    "stands",
    "stands at",
    "sits at",
    "will be",
    "hovers",
)


def _at_entry(cur: Cursor, operator: Literal[">=", "<="] | None) -> Level | None:
    """hits my entry · is back at break even."""
    begun = cur.at
    cur.skip("MY")
    if cur.take("BREAKEVEN") is None or cur.peek().kind in ("NUM", "AND", "DASH") or cur.peek(-1).text.lower() == "be":
        cur.at = begun
        return None
    return Level(operator=operator, at_entry=True)


def _held_for(cur: Cursor, level: Level) -> Level | CandleDraft:
    """The level with "for 15 minutes" where that follows; a candle's close where "on the 4h close" does."""
    if level.operator is not None and cur.sees("ON", "DUR|TF", "CLOSE|CLOSES|CANDLE"):
        timeframe = read_timeframe(cur)
        cur.skip("CLOSE|CLOSES")
        return CandleDraft(timeframe=timeframe, operator=level.operator, price=level.price)
    if cur.run("FOR", "DUR") or cur.run("FOR", "ABOVE", "DUR"):
        return replace(level, for_s=cur.peek(-1).value)
    return level


def _read_change(cur: Cursor) -> Change | Trail | None:
    begun = cur.at
    for reader in (_read_verb_change, _read_distance):
        found = reader(cur)
        if found is not None:
            return found
        cur.at = begun
    return None


_DIRECTIONS: dict[str, Direction] = {
    "FALL": "down", "LOSE": "down", "FALLWORD": "down", "MOVE": "either", "RISE": "up", "RISEWORD": "up",
    "INCREASED": "up", "DECREASED": "down",
}  # fmt: skip


def _read_verb_change(cur: Cursor) -> Change | Trail | None:
    """drops 0.1 · goes up by $3 · moves 1 % within 10 minutes · is down 5 % · -3 %."""
    if cur.sees("NUM") and cur.peek().value.sign and cur.peek().value.unit in ("percent", "usd"):
        amount: Amount = cur.next().value
        change = Change(direction="up" if amount.sign == "+" else "down")
        return _finished(cur, _sized(change, amount))
    led = cur.peek(-1).kind in ("COIN", "IT", "PRICE", "MY")
    cur.skip("GO")
    if cur.take("DOUBLES") is not None:
        return _finished(cur, Change(direction="up", threshold=Decimal(100), unit="percent"))
    grown = cur.sees("INCREASED|DECREASED", "BY|NUM") and cur.peek().text.lower() in _GROWN
    verb = cur.next() if grown else cur.take("FALL|RISE|MOVE|LOSE|RISEWORD|FALLWORD")
    if verb is None:
        return None
    is_up = verb.kind in ("RISEWORD", "FALLWORD") or verb.text.lower().startswith(("is ", "'s "))
    change = Change(direction=_DIRECTIONS[verb.kind], state=is_up)
    sided = cur.take("AGAINST|FAVOUR") if verb.kind == "MOVE" else None
    if sided is not None:
        change = Change(reference="entry_price", favour="loss" if sided.kind == "AGAINST" else "profit")
    if verb.kind == "MOVE":
        side = cur.take("RISEWORD|FALLWORD")
        if side is not None:
            change = replace(change, direction="up" if side.kind == "RISEWORD" else "down")
    cur.run("FROM", "CURRENT")
    cur.skip("BY|RISEWORD|FALLWORD")
    if cur.sees("ABOVE", "NUM") and (
        cur.peek(1).value.unit == "percent" or cur.peek().text.lower() in ("more than", "at least", "no less than")
    ):
        cur.next()
    if verb.kind in ("FALL", "RISE") and led and verb.value != "past" and cur.sees("VAGUE", "END|COMMA|THEN"):
        cur.next()
    if verb.kind in ("FALL", "RISE") and led and cur.sees("END|COMMA|THEN") and verb.value != "past":
        return change  # "when it dips": by how much is asked
    if not cur.sees("NUM") or cur.peek().value.unit == "times" or cur.peek().value.words:
        return None
    if verb.kind == "LOSE" and cur.peek().value.unit == "":
        return None
    if (cur.peek().value.sign, change.direction) in (("-", "up"), ("+", "down")):
        return None  # "rises -5 %"
    return _finished(cur, _sized(change, cur.next().value))


def _read_distance(cur: Cursor) -> Change | None:
    """2 % below my entry · is 4 % under my entry · 50 cents above entry."""
    cur.skip("GO|REACH|AT|TO")
    if cur.sees("ABOVE|EXCEED", "NUM") and cur.peek(1).value.unit in ("percent", "usd"):
        cur.next()  # "more than 4 % below": the bound is what a move is anyway.
    if not cur.sees("NUM", "ABOVE|BELOW|RISEWORD|FALLWORD|RISE|FALL|MOVE") or cur.peek().value.words:
        return None
    amount: Amount = cur.next().value
    loose = cur.peek().kind not in ("ABOVE", "BELOW")
    side = cur.next().kind
    up = side in ("ABOVE", "RISEWORD", "RISE")
    change = _sized(Change(direction="either" if side == "MOVE" else "up" if up else "down"), amount)
    begun = cur.at
    cur.skip("FROM|OF|MY|PRICE")
    anchor = cur.take("BREAKEVEN|CURRENT|ATMARKET")
    if anchor is not None:
        return replace(change, reference="entry_price") if anchor.kind == "BREAKEVEN" else change
    cur.at = begun
    if not loose:
        return None
    finished = _finished(cur, change)
    return finished if isinstance(finished, Change) else None


_GROWN = ("increases", "decreases", "grows", "grow", "shrinks", "shrink")


def _sized(change: Change, amount: Amount) -> Change:
    unit = amount.unit if amount.unit in ("usd", "percent") else None
    return replace(change, threshold=amount.value, unit=unit)


def _finished(cur: Cursor, change: Change) -> Change | Trail:
    """The change with where it is measured from and within what time."""
    result: Change | Trail = change
    while True:
        cur.skip("VAGUE")
        if change.unit == "percent" and cur.sees("OF", "MY", "PRICE|END|COMMA|THEN"):
            cur.skip("OF|MY|PRICE")
        if cur.take("EITHER") is not None and isinstance(result, Change):
            result = replace(result, direction="either")
        elif isinstance(result, Change) and (extreme := _window_extreme(cur, result)) is not None:
            result = replace(result, reference="window", window_s=extreme)
        elif isinstance(result, Change) and (anchor := _anchor(cur, result)) is not None:
            result = _anchored(result, anchor)
        elif (window := _window(cur)) is not None and isinstance(result, Change):
            result = replace(result, reference="window", window_s=window)
        elif result.market is None and cur.sees("ON|FOR", "COIN"):
            cur.next()
            result = replace(result, market=cur.next().value)
        else:
            return result


_SPANS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800}


def _window_extreme(cur: Cursor, change: Change) -> int | None:
    """from its 24h high · below the weekly high · off the high of the last 4 hours: how long back that is."""
    begun = cur.at
    wanted = "HIGH" if change.direction == "down" else "LOW"
    cur.skip("FROM|ON|OF|BELOW|ABOVE")
    cur.skip("MY|PRICE")
    span = cur.take("DUR|TF")
    if span is not None and cur.take(wanted) is not None and cur.at - begun > 1:
        seconds = span.value if span.kind == "DUR" else _SPANS.get(span.text.lower())
        if seconds is not None:
            return int(seconds)
    cur.at = begun
    cur.skip("FROM|ON|OF|BELOW|ABOVE")
    cur.skip("MY|PRICE")
    if cur.take(wanted) is not None and cur.run("OF|WITHIN|ON|FOR", "DUR"):
        return int(cur.peek(-1).value)
    cur.at = begun
    return None


def _anchor(cur: Cursor, change: Change) -> str | None:
    """What a change is measured from: current price, entry, high or low; None where it cannot lead away from there."""
    begun = cur.at
    if cur.peek().kind == {"down": "ABOVE", "up": "BELOW"}.get(change.direction or ""):
        return None
    cur.skip("FROM|ON|OF|BELOW|ABOVE|AT|VERSUS")
    cur.skip("MY|PRICE")
    anchor = cur.take("CURRENT|BREAKEVEN|LOW|HIGH|NOW")
    beyond = anchor is not None and anchor.kind == {"down": "LOW", "up": "HIGH"}.get(change.direction or "")
    if anchor is None or beyond or (anchor.kind == "NOW" and cur.at - begun < 2):
        cur.at = begun
        return None
    return anchor.kind


def _anchored(change: Change, anchor: str) -> Change | Trail:
    if anchor == "BREAKEVEN":
        return replace(change, reference="entry_price")
    if anchor in ("LOW", "HIGH"):
        direction = "up" if anchor == "LOW" else "down"
        return Trail(direction=direction, distance=change.threshold, unit=change.unit)  # type: ignore[arg-type]
    return change


def _window(cur: Cursor) -> int | None:
    """within an hour · in 10 minutes · over 4 hours · in the last day."""
    if cur.run("WITHIN", "DUR") or cur.run("ON", "DUR") or cur.run("ABOVE", "DUR") or cur.run("ON", "ANY", "DUR"):
        return int(cur.peek(-1).value)
    return None


_READERS: tuple[tuple[Callable[[Cursor], Cond | None], str], ...] = (
    (read_account, "METRIC|LEVERAGE"),
    (read_funding, "FUNDING"),
    (read_indicator, "IND|GOLDEN|DEATH|CROSSUP|CROSSDOWN"),
    (read_candle, "CLOSES|CLOSE"),
    (read_event, "SET|CLOSE|" + "|".join(EVENTS)),
    (read_pnl, "PNL|PROFIT|LOSS|I|MY|POSITION|EVERYTHING|LONG|LONGNOUN|SHORT|SHORTNOUN"),
    (_read_of_several, "COIN"),
    (_read_price_condition, "NUM|BREAKEVEN|TARGET|FALL|RISE|DOUBLES"),
)
"""What reads each sort of condition, with the kinds of which its sentence has at least one."""
