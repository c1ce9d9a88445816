"""Reads what a sentence names first and then speaks of: "for my SOL long, put a stop at 142"; decides no clause."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.parse.grammar.clauses import Part
from core.parse.grammar.drafts import (
    Act,
    CandleDraft,
    Change,
    Cond,
    EventDraft,
    FundingDraft,
    GroupDraft,
    IndicatorDraft,
    Level,
    PnlDraft,
    PositionSide,
    Trail,
)
from core.parse.grammar.indicators import TIMEFRAMES
from core.parse.grammar.items import Item
from core.parse.grammar.remarks import Mod

_LEADS = ("for", "on", "with", "in", "as for", "regarding", "re", "about", "concerning", "ok", "now")
_OF_MARKETS = (Level, Change, Trail, CandleDraft, IndicatorDraft, PnlDraft, EventDraft, FundingDraft)
_BEGINS_AN_ORDER = frozenset({
    "SET", "STOP", "TARGET", "TRAIL", "SELL", "BUY", "CLOSE", "TRIM", "TAKE", "CUT", "ALERT", "IF", "EACH", "SHIFT",
    "COVER", "REVERSE", "BID", "OFFER", "TWAP", "LADDER", "NUM",
})  # fmt: skip
_OPENING = ("buy", "long", "short")
_POSITION = ("POSITION", "LONG", "SHORT", "LONGNOUN", "SHORTNOUN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """The market, and the side of the position, that a sentence was said to be about."""

    market: str
    side: PositionSide | None = None
    held: bool = False
    timeframe: str | None = None


def led_by_topic(items: Sequence[Item]) -> tuple[Topic, list[Item]] | None:
    """The topic that *items* begin with and what is said of it; None where they begin with none."""
    named_last = len(items) > 3 and items[-1].kind == "COIN" and items[-2].kind in ("COMMA", "DASH")
    if named_last and not any(item.kind == "COIN" for item in items[:-1]):
        return Topic(market=items[-1].value), list(items[:-2])  # "tp 8 % above my entry, SOL"
    watched = bool(items) and items[0].kind == "WATCH"
    at = 1 if items and (watched or items[0].text.lower() in _LEADS) else 0
    led, mine = bool(at), False
    while at < len(items) and items[at].kind == "MY":
        at, mine = at + 1, True
    if at >= len(items) or items[at].kind != "COIN":
        return None
    market, named = items[at].value, at
    side: PositionSide | None = None
    at += 1
    while at < len(items) and items[at].kind in _POSITION and _names_position(items, at, mine=mine):
        if items[at].kind != "POSITION":
            side = "long" if items[at].kind.startswith("LONG") else "short"
        at += 1
    span = items[at] if at < len(items) and items[at].kind in ("DUR", "TF") else None
    at += int(span is not None)
    mark = items[at].kind if at < len(items) else "END"
    parted = mark in ("COMMA", "COLON", "DASH") or (watched and mark == "AND")
    if span is not None and mark != "COLON":
        return None
    rest = list(items[at + 1 :] if parted else items[at:])
    if not rest or not (parted or led) or rest[0].kind in ("COIN", "AND", "OR", "COMMA"):
        return None
    if not parted and rest[0].kind not in _BEGINS_AN_ORDER:
        return None
    timeframe = None if span is None else TIMEFRAMES.get(span.value, "bad") if span.kind == "DUR" else span.value
    held = mine or side is not None or (span is None and at > named + 1)
    return Topic(market=market, side=side, held=held, timeframe=timeframe), rest


def _names_position(items: Sequence[Item], at: int, *, mine: bool) -> bool:
    """Whether "long" is what is held here, and not what is to be done: "for SOL, long 2"."""
    behind = items[at + 1].kind if at + 1 < len(items) else "END"
    return items[at].kind == "POSITION" or mine or behind in ("COMMA", "COLON", "DASH", "POSITION")


_OWNED = (
    "own",
    "hold",
    "have",
    "holding",
    "got",
    "protect",
    "secure",
    "guard",
    "safeguard",
    "manage",
    "currently hold",
)
_REPORTED = frozenset({
    "NUM", "COIN", "LONG", "SHORT", "LONGNOUN", "SHORTNOUN", "POSITION", "FROM", "AT", "OF", "ON", "MY", "WORTH",
    "OPENED", "PROFIT", "CURRENTLY", "GO", "COINWORD", "BREAKEVEN",
})  # fmt: skip


def reported(items: Sequence[Item]) -> Topic | None:
    """The position that a whole sentence only tells of: "I own 12 SOL", "I want to protect my SOL long"."""
    at = 0
    while at < len(items) and (items[at].kind in ("I", "CURRENTLY") or items[at].text.lower() in _OWNED):
        at += 1
    coins = {item.value for item in items[at:] if item.kind == "COIN"}
    owned = any(item.text.lower() in _OWNED or item.kind in ("NUM", *_POSITION) for item in items)
    at += int(not at and bool(items) and items[0].kind == "MY" and any(item.kind in _POSITION[1:] for item in items))
    if not at or not owned or len(coins) != 1 or any(item.kind not in _REPORTED for item in items[at:]):
        return None
    if any(item.kind == "NUM" and item.value.unit == "percent" for item in items) and not any(
        item.kind in ("PROFIT", "LOSS", "PNL", "RISE", "FALL", "RISEWORD", "FALLWORD") for item in items
    ):
        return None  # a share is part of what to do
    if len(items) == at + 1 and items[at - 1].text.lower() in ("i", "we"):
        return None  # "I SOL": nothing is said of it
    sides = {item.kind[: 4 if item.kind.startswith("LONG") else 5] for item in items if item.kind in _POSITION[1:]}
    side: PositionSide | None = None if len(sides) != 1 else "long" if sides == {"LONG"} else "short"
    return Topic(market=coins.pop(), side=side, held=True)


def told_first(items: Sequence[Item]) -> tuple[Topic, list[Item], list[Item]] | None:
    """ "I own 12 SOL, sell 4 at 160": the report, what is said after it, and the items of the report."""
    begun = next((at for at, item in enumerate(items) if item.kind in _BEGINS_AN_ORDER and item.kind != "NUM"), None)
    if begun is not None and not begun:
        begun = next((at for at in range(1, len(items)) if items[at - 1].kind == "COMMA"), None)
    if begun is None or not items or (items[0].kind not in ("I", "MY") and items[0].text.lower() not in _OWNED):
        return None
    end = begun
    while end and items[end - 1].kind in ("COMMA", "AND", "DASH", "THEN"):
        end -= 1
    topic = reported(items[:end])
    return None if topic is None else (topic, list(items[begun:]), list(items[:end]))


def about(topic: Topic, parts: Sequence[Part]) -> list[Part]:
    """*parts* with the topic's market and side where they name none."""
    return [replace(part, what=_of(topic, part)) for part in parts]


def _of(topic: Topic, part: Part) -> Cond | Act | Mod:
    what = part.what
    if isinstance(what, Act):
        if not what.everything and what.verb != "alert":
            what.market = what.market or topic.market
        if what.market == topic.market and what.verb not in _OPENING:
            what.side = what.side or topic.side
            what.held = what.held or topic.held
        what.inline = None if what.inline is None else _moved(topic, what.inline)
        return what
    return what if isinstance(what, Mod) else _moved(topic, what)


def _moved(topic: Topic, cond: Cond) -> Cond:
    if isinstance(cond, GroupDraft):
        return replace(cond, parts=tuple(_moved(topic, part) for part in cond.parts))
    if isinstance(cond, IndicatorDraft | CandleDraft) and cond.timeframe is None and topic.timeframe is not None:
        cond = replace(cond, timeframe=topic.timeframe)
    if isinstance(cond, _OF_MARKETS) and cond.market is None:
        return replace(cond, market=topic.market)
    return cond
