"""Sets aside what is only talk beside an instruction, as in "I'm tired of this chart. Put a stop at 142", unread.

A sentence, or a part of one up to a comma or colon, is talk when it holds a word of the closed list in `lexicon_talk`
and besides these only words that bind others. A number, a time, a verb of trading, a condition or a word that nobody
knows makes it no talk, and then it is read or asked about like everything else.
"""

from collections.abc import Sequence
from dataclasses import replace

from core.parse.grammar.items import Item
from core.parse.grammar.lexicon_talk import TALK
from core.parse.grammar.reader import Sentence

_WORDS = frozenset(TALK.split())
_BINDING = frozenset({
    "I", "MY", "IT", "GO", "COIN", "OF", "ON", "FOR", "WITH", "AND", "TO", "AT", "FROM", "PRICE", "TODAY",
    "TONIGHT", "NOW", "VAGUE", "ALL", "BY", "CURRENT", "POSITION", "SHOW", "WATCH", "EARN", "CANDLE", "LATEST",
    "TIMES", "UNREAD", "PROFIT", "DAYPART", "WEEKENDS", "CURRENTLY", "MOVE", "RISE", "FALL", "SHIFT",
    "BREAKOUT", "DIP", "ACROSS", "TAKE", "LOSS", "TOMORROW", "BREAKEVEN", "LOSE", "OUT", "NOT", "ONCE", "STAY",
    "TF", "EVERY", "SET", "THROUGH", "NOON",
})  # fmt: skip
_PARTING = ("COMMA", "COLON", "DASH", "THEN")
_BACKING_OUT = frozenset(
    {"nevermind", "never mind", "forget", "ignore", "disregard", "unless", "except", "barring", "without"}
)
MOST_WORDS = 24
"""A longer part is no aside that anybody would want unread."""


def without_talk(sentences: Sequence[Sentence]) -> tuple[list[Sentence], list[Item]] | None:
    """The sentences without the parts that are only talk, and the items of those parts; None where there are none."""
    kept: list[Sentence] = []
    aside: list[Item] = []
    for sentence in sentences:
        rest: list[Item] = []
        items = _without_forbidden(sentence.items, sentences, aside)
        for part, mark in _parts(items):
            if _is_talk(part):
                aside += part
            else:
                rest += [*part, *([mark] if mark is not None else [])]
        while rest and rest[-1].kind in ("COMMA", "COLON", "DASH"):
            rest.pop()
        if rest:
            kept.append(replace(sentence, items=rest))
    return (kept, aside) if aside and kept else None


def _without_forbidden(items: Sequence[Item], sentences: Sequence[Sentence], aside: list[Item]) -> list[Item]:
    """*items* without what forbids something that nothing else asks for: "sell my SOL at 160, not my ETH"."""
    begun = next((at for at, item in enumerate(items) if item.kind == "NOT"), None)
    if begun is None or items[begun].text.lower() in _BACKING_OUT - {"without"}:
        return list(items)
    end = begun + 1
    while end < len(items) and items[end].kind not in (*_PARTING, "AND", "IF", "EACH"):
        end += 1
    span = items[begun:end]
    others = [item for sentence in sentences for item in sentence.items if item not in span]
    named = {item.value for item in span if item.kind == "COIN"}
    done = {item.kind for item in span if item.kind in _DOING}
    asked = {item.kind for item in others}
    free = not (named & {item.value for item in others if item.kind == "COIN"}) if named else not done & asked
    apart = end == len(items) or items[end].kind in _PARTING
    if len(span) < 2 or not apart or not free or asked & {"EVERYTHING", "BOTH", "NOT"} or not asked & _INSTRUCTS:
        return list(items)
    if not (named or done) or any(item.kind not in _FORBIDDEN and not _said_in_talk(item) for item in span):
        return list(items)
    if named and "COIN" not in asked:
        return list(items)
    aside += span
    lead = begun - int(begun > 0 and items[begun - 1].kind in ("COMMA", "AND"))
    lead -= int(lead > 0 and items[lead - 1].text.lower() == "but")
    behind = end + int(begun == 0 and end < len(items))
    return [*items[:lead], *items[behind:]]


_DOING = frozenset({
    "BUY", "SELL", "LONG", "SHORT", "CLOSE", "TRIM", "COVER", "REVERSE", "CANCEL", "PAUSE", "STOP", "TARGET", "TRAIL",
    "LEVERAGE", "STOPS", "ALERTS", "HELP",
})  # fmt: skip
_FORBIDDEN = _DOING | {
    "NOT", "MY", "COIN", "IT", "POSITION", "ON", "OF", "EVERYTHING", "ALL", "ORDERS", "RULES", "VAGUE", "I", "TO",
}  # fmt: skip
_INSTRUCTS = frozenset({
    "BUY", "SELL", "LONG", "SHORT", "CLOSE", "TRIM", "COVER", "ALERT", "STOP", "TARGET", "TRAIL", "SHOW", "CANCEL",
    "PAUSE", "BID",
})  # fmt: skip


def _parts(items: Sequence[Item]) -> list[tuple[list[Item], Item | None]]:
    """The parts of a sentence with the mark behind each."""
    found: list[tuple[list[Item], Item | None]] = []
    part: list[Item] = []
    for item in items:
        if item.kind in _PARTING:
            found.append((part, item))
            part = []
        else:
            part.append(item)
    return [*found, (part, None)]


_NEWS = frozenset(
    {"everyone", "whales", "whale", "cpi", "fomc", "fed", "news", "etf", "etfs", "sentiment", "dominance"}
)
"""Words that block a rule where they stand in it, and only tell of the day elsewhere."""


def _said_in_talk(item: Item) -> bool:
    return item.text.lower() in _WORDS or item.text.lower() in _NEWS or item.kind == "WATCH"


def _is_talk(part: Sequence[Item]) -> bool:
    spoken = [item for item in part if item.kind == "UNKNOWN" or item.text.lower() in _NEWS]
    if not spoken and len(part) > 2 and part[0].kind in ("I", "NOT"):
        spoken = [item for item in part if item.kind == "WATCH" and any(one.kind == "NOT" for one in part)]
    if not spoken or len(part) > MOST_WORDS or any(not _said_in_talk(item) for item in spoken):
        return False
    for at, item in enumerate(part):
        if item in spoken:
            continue
        own = item.kind in ("LONG", "SHORT") and at > 0 and part[at - 1].kind == "MY"
        own = own or (item.kind in ("LONG", "SHORT") and at + 1 < len(part) and part[at + 1].kind == "UNKNOWN")
        if not own and item.kind not in _BINDING and not (item.kind == "UNTIL" and item.text.lower() == "before"):
            return False
        if item.kind == "NOT" and (item.text.lower() in _BACKING_OUT or len(part) < 3):
            return False
    return True
