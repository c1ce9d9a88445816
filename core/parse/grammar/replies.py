"""Decides what a reply in free words answers: an option by its place or name, or the missing piece itself."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from core.domain.money import HUNDRED, ZERO
from core.domain.reading import ParseContext
from core.parse.grammar.actions import read_action
from core.parse.grammar.calendar import When, place
from core.parse.grammar.clauses import read_clauses
from core.parse.grammar.coins import coins_of
from core.parse.grammar.desk import Point
from core.parse.grammar.drafts import Act, RuleDraft
from core.parse.grammar.indicators import TIMEFRAMES
from core.parse.grammar.instants import read_when
from core.parse.grammar.items import Amount, Cursor, Item
from core.parse.grammar.reader import Reader, Sentence
from core.parse.grammar.text import clean, tokens

MAX_REPLY = 200
_LEAD = re.compile(
    r"^(?:(?:no|nope|oh|ok|okay|i mean|i meant|i said|sorry|actually|well|um|uh|just|please|pls)\b[ ,]*)+(?=\S)",
    re.IGNORECASE,
)
_PLEASE = re.compile(
    r"(?:[ ,]+(?:please|pls|plz|thanks|thank you|thx|ty|of course|obviously|bro|man|mate)[.!]*)+$", re.IGNORECASE
)
_PLACES = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "former": 0,
    "latter": 1,
}  # fmt: skip
_COUNTED = frozenset({"unit", "market", "side", "already_true", "far_price", "contradiction"})
"""Questions whose own answers are no numbers, so that a bare digit is the number of an option."""
_YES = frozenset(
    {"yes", "y", "yep", "yeah", "yup", "sure", "correct", "right", "ok", "okay", "confirm", "do it", "yes please"}
)
_WORDS: Mapping[str, Mapping[str, Any]] = {
    "unit": {**dict.fromkeys(("dollars", "dollar", "usd", "$", "bucks", "usdc", "in dollars"), "usd"),
             **dict.fromkeys(("percent", "%", "pct", "percentage", "per cent", "in percent"), "percent")},
    "side": {**dict.fromkeys(("open", "short", "open a short", "go short", "new short", "open short"), "open"),
             **dict.fromkeys(("reduce", "close", "reduce only", "exit", "sell what i have"), "reduce")},
    "already_true": {**dict.fromkeys(("now", "do it now", "at once", "immediately", "right now"), "now"),
                     **dict.fromkeys(("wait", "later", "not now"), "flip")},
    "size": {**dict.fromkeys(("margin", "collateral", "my own money", "own money", "my money"), "margin_usd"),
             **dict.fromkeys(("notional", "position", "the whole position", "position size", "total"), "amount_usd")},
    "value": {**dict.fromkeys(("entry", "my entry", "from entry", "entry price"), "entry_price"),
              **dict.fromkeys(("now", "here", "from here", "current price", "price now"), "current_price")},
    "contradiction": dict.fromkeys(
        ("swap", "swap them", "switch them", "flip them", "other way round", "other way around"), "swap"
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply in the forms that the readers need."""

    low: str
    items: tuple[Item, ...]
    source: str
    context: ParseContext
    drafts: tuple[RuleDraft, ...]


def reply_of(text: str, context: ParseContext, drafts: list[RuleDraft]) -> Reply | None:
    """The reply ready to be read; None where it is empty or too long to be an answer."""
    if not text.strip() or len(text) > MAX_REPLY:
        return None
    cleaned = _plain(clean(text))
    sentences = Reader(tokens(cleaned), coins_of(context)).sentences()
    items = tuple(item for sentence in sentences for item in sentence.items)
    low = _spaced(cleaned.lower())
    return Reply(
        low=low.removeprefix("the ").removeprefix("in "),
        items=items,
        source=cleaned,
        context=context,
        drafts=tuple(drafts),
    )


def _plain(text: str) -> str:
    """*text* without the pleasantries around an answer: "no, percent please"."""
    bare = _PLEASE.sub("", text.strip())
    return _LEAD.sub("", bare)


def value_of(point: Point, reply: Reply) -> Any | None:
    """What the reply says to this open point; None where it does not answer it."""
    chosen = _candidate(point, reply)
    if chosen is not None:
        return chosen
    kind = point.key.partition(":")[0]
    if kind in _READERS_OF_POINT:
        return _READERS_OF_POINT[kind](point, reply)
    return _READERS[kind](reply) if kind in _READERS else None


def place_of(said: str) -> int | None:
    """The place that words name among options: "the second one", "2"; None where they name none."""
    words = said.removeprefix("the ").replace("option", "").replace(" one", "").strip()
    return int(words) - 1 if words.isdecimal() and len(words) == 1 else _PLACES.get(words)


def _candidate(point: Point, reply: Reply) -> Any | None:
    """One of the ready answers, named by its place, label, value or a word for it."""
    words = reply.low.replace("option", "").replace(" one", "").strip()
    place_said = _PLACES.get(words)
    if (
        place_said is None
        and words.isdecimal()
        and len(words) == 1
        and (point.about in _COUNTED or point.key.startswith("stake"))
    ):
        place_said = int(words) - 1
    if place_said is not None:
        return point.candidates[place_said][1] if 0 <= place_said < len(point.candidates) else None
    for label, value in point.candidates:
        names = {_named(label.lower()), _spaced(label.lower())}
        if (
            reply.low in names
            or (re.search("[:–]", reply.low) and _named(reply.low) in names)
            or (isinstance(value, str) and reply.low == value.lower())
        ):
            return value
    known = _WORDS.get(point.about, {}).get(words)
    values = [value for _, value in point.candidates]
    if known is not None and known in values:
        return known
    if reply.low in _YES and values and point.about in ("far_price", "side", "leverage", "contradiction"):
        return values[0]
    return None


def _named(label: str) -> str:
    """What a label begins with, before the figures that may have moved since: `percent`."""
    return _spaced(re.split("[:–]", label)[0])


def _spaced(text: str) -> str:
    """*text* with its full stops and white space evened out."""
    return re.sub(r"[\s.!]+", " ", text).strip()


def _one(reply: Reply, kind: str) -> Item | None:
    """The one item of this kind, where nothing else but filling words was said."""
    found = [item for item in reply.items if item.kind == kind]
    rest = [
        item
        for item in reply.items
        if item.kind not in (kind, "AT", "ON", "TO", "OF", "MY", "POSITION", "CANDLE", "LEVERAGE")
    ]
    return found[0] if len(found) == 1 and not rest else None


def _unit(point: Point, reply: Reply) -> str | None:
    """ "$0.1", "10 %", "0.1 percent": the number as the trader means it."""
    numbers = [item for item in reply.items if item.kind == "NUM"]
    units = {item.value.unit for item in numbers}
    rest = [item for item in reply.items if item.kind not in ("NUM", "AND", "COMMA", "SLASH", "OR")]
    if rest or len(units) != 1 or not units <= {"usd", "percent"}:
        return None
    asked = {Decimal(text) for text in point.text.partition(":")[0].split(" and ")}
    told = {abs(item.value.value) for item in numbers}
    if units == {"usd"}:
        return "usd" if told <= asked else None
    below_one = all(number < 1 for number in asked)
    if told <= asked:
        return "literal_percent" if below_one else "percent"
    return "percent" if below_one and told <= {number * HUNDRED for number in asked} else None


def _market(reply: Reply) -> str | None:
    item = _one(reply, "COIN")
    return None if item is None else item.value


def _amount(point: Point, reply: Reply) -> Amount | None:
    """2 SOL · $200 · half · everything."""
    kinds = [item.kind for item in reply.items]
    if (
        kinds
        and set(kinds) <= {"ALL", "EVERYTHING", "MY", "OF", "IT", "POSITION", "COIN"}
        and {"ALL", "EVERYTHING"} & set(kinds)
    ):
        return Amount(value=HUNDRED, unit="percent", words=True)
    numbers = [item for item in reply.items if item.kind == "NUM"]
    rest = [
        item
        for item in reply.items
        if item.kind not in ("NUM", "COIN", "OF", "MY", "POSITION", "COLLATERAL", "IT", "ON")
    ]
    if len(numbers) != 1 or rest or numbers[0].value.unit == "times":
        return None
    coins = {item.value for item in reply.items if item.kind == "COIN"}
    amount: Amount = replace(numbers[0].value, bare=numbers[0].value.unit == "" and not coins)
    draft = reply.drafts[int(point.key.split(":")[1])]
    if draft.act.market is not None and coins - {draft.act.market}:
        return None
    return amount


def _leverage(reply: Reply) -> Decimal | None:
    item = _one(reply, "NUM")
    fits = item is not None and item.value.unit in ("times", "") and item.value.value > ZERO and not item.value.sign
    return item.value.value if fits and item is not None else None


def _price(reply: Reply) -> Decimal | None:
    item = _one(reply, "NUM")
    fits = item is not None and item.value.unit in ("usd", "") and item.value.value > ZERO and not item.value.sign
    return item.value.value if fits and item is not None else None


def _distance(reply: Reply) -> Amount | None:
    """within 1 % · $2."""
    item = _one(replace(reply, items=tuple(one for one in reply.items if one.kind not in ("WITHIN", "BY"))), "NUM")
    fits = item is not None and item.value.unit in ("usd", "percent") and item.value.value > ZERO
    return item.value if fits and item is not None and not item.value.sign else None


def _seconds(reply: Reply) -> int | None:
    item = _one(reply, "DUR")
    return None if item is None else item.value


def _count(reply: Reply) -> int | None:
    item = _one(reply, "NUM")
    if item is None or item.value.unit != "" or not 1 <= item.value.value <= 1000 or item.value.value % 1:
        return None
    return int(item.value.value)


def _timeframe(reply: Reply) -> str | None:
    for kind, read in _TIMEFRAME_ITEMS.items():
        item = _one(reply, kind)
        if item is not None:
            return read(item)
    return None


_TIMEFRAME_ITEMS: Mapping[str, Callable[[Item], str | None]] = {
    "DUR": lambda item: TIMEFRAMES.get(item.value),
    "TF": lambda item: None if item.value == "bad" else item.value,
    "NUM": lambda item: TIMEFRAMES.get(item.value.minutes or 0),
}


def _time(point: Point, reply: Reply) -> Any | None:
    """am, pm, or a whole time that can be read in one way; a clock alone is one of the day that was asked about."""
    half = next((item.value for item in reply.items if item.kind == "DAYPART"), None)
    half = half or (reply.low if reply.low in ("am", "pm", "morning", "evening") else None)
    if half is not None and len(reply.items) <= 1:
        late = half in ("pm", "evening")
        fitting = [value for _, value in point.candidates if (_hour(point, value) >= 12) == late]
        return fitting[0] if len(fitting) == 1 < len(point.candidates) else None
    cur = Cursor(reply.items, reply.source)
    cur.skip("AT|ON")
    when = read_when(cur)
    if when is None or cur.peek().kind != "END":
        return None
    clock = when.clock if when.clock is not None and when.clock.sure else None
    if point.key.startswith("clock:"):
        told = None if clock is None else f"{clock.hour:02d}:{clock.minute:02d}"
        return next((value for label, value in point.candidates if label == told), None)
    days = {value.astimezone(point.zone).date() for _, value in point.candidates if isinstance(value, datetime)}
    if when == When(clock=when.clock) and days and point.zone is not None:
        if clock is None or len(days) > 1:
            return None
        at = datetime.combine(days.pop(), time(clock.hour, clock.minute), point.zone)
        return at.astimezone(reply.context.now.tzinfo) if at > reply.context.now else None
    placed = place(when, reply.context.now, reply.context.timezone)
    return placed.at[0] if not placed.doubt else None


def _hour(point: Point, value: Any) -> int:
    return value.astimezone(point.zone).hour if isinstance(value, datetime) else int(value)


def _occasion(point: Point, reply: Reply) -> Any | None:
    """The missing price of an exit, occasion of an alert, rhythm of a plan."""
    act = reply.drafts[int(point.key.split(":")[1])].act
    if act.purpose is None:
        return _condition(reply)
    lead = Item(kind={"stop": "STOP", "target": "TARGET", "trail": "TRAIL"}[act.purpose], text=act.purpose)
    cur = Cursor((lead, *reply.items), reply.source)
    found = read_action(cur)
    complete = isinstance(found, Act) and found.purpose == act.purpose and cur.peek().kind == "END"
    return found.inline if complete and found is not None else None


def _condition(reply: Reply) -> Any | None:
    items = list(reply.items)
    if items and items[0].kind not in ("IF", "EACH"):
        items = [Item(kind="IF", text="when"), *items]
    clauses = read_clauses(Sentence(items), reply.source)
    conds = [part.what for part in clauses.parts]
    return conds[0] if len(conds) == 1 and clauses.parts[0].is_cond and not clauses.leftover else None


_READERS: Mapping[str, Callable[[Reply], Any | None]] = {
    "market": _market, "leverage": _leverage, "price": _price, "over": _seconds, "period": _count, "period2": _count,
    "timeframe": _timeframe, "far": _price, "standing": _price, "near": _distance,
}  # fmt: skip
_READERS_OF_POINT: Mapping[str, Callable[[Point, Reply], Any | None]] = {
    "unit": _unit, "amount": _amount, "time": _time, "expires": _time, "start": _time, "clock": _time,
    "exit": _occasion,
}  # fmt: skip
