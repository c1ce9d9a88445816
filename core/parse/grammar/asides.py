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
    "BREAKOUT", "DIP", "ACROSS", "TAKE", "LOSS", "NOT", "ONCE", "STAY", "TF", "EVERY", "SET", "THROUGH",
    "NOON",
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
        for part, mark in _parts(sentence.items):
            if _is_talk(part):
                aside += part
            else:
                rest += [*part, *([mark] if mark is not None else [])]
        while rest and rest[-1].kind in ("COMMA", "COLON", "DASH"):
            rest.pop()
        if rest:
            kept.append(replace(sentence, items=rest))
    return (kept, aside) if aside and kept else None


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


def _is_talk(part: Sequence[Item]) -> bool:
    spoken = [item for item in part if item.kind == "UNKNOWN"]
    if not spoken or len(part) > MOST_WORDS or any(item.text.lower() not in _WORDS for item in spoken):
        return False
    for at, item in enumerate(part):
        if item.kind == "UNKNOWN":
            continue
        own = item.kind in ("LONG", "SHORT") and at > 0 and part[at - 1].kind == "MY"
        own = own or (item.kind in ("LONG", "SHORT") and at + 1 < len(part) and part[at + 1].kind == "UNKNOWN")
        if not own and item.kind not in _BINDING and not (item.kind == "UNTIL" and item.text.lower() == "before"):
            return False
        if item.kind == "NOT" and (item.text.lower() in _BACKING_OUT or len(part) < 3):
            return False
    return True
