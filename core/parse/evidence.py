"""What a message literally contains: numbers with units, markets, times and trading words, and where they stand.

English is read with the grammar's own tokens; other languages with the glossary. Text in quotes is data and never
evidence. Nothing here decides what a message means.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from core.domain.money import HUNDRED
from core.domain.reading import ParseContext
from core.parse.glossary import coins_in, marks_in
from core.parse.grammar.calendar import Clock, place
from core.parse.grammar.coins import coins_of
from core.parse.grammar.instants import read_when
from core.parse.grammar.items import Amount, Cursor, Item, TooMuchWork
from core.parse.grammar.quantities import plain_number
from core.parse.grammar.reader import Reader, Sentence
from core.parse.grammar.spelling import distance
from core.parse.grammar.text import MAX_CHARS, clean, tokens
from core.parse.tongues import Tongue, tongue_of

_SIDES = {"buy": "BUY", "sell": "SELL", "dump": "SELL", "long": "LONG", "short": "SHORT", "close": "CLOSE"}
NUMBERS = ("NUM", "DUR", "CLOCK", "BADNUM")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One piece of the message that means something.

    Numbers have `values`, the readings of their digits (one, but for "1.500" where either sign may be the point), and a
    `unit` (`usd`, `percent`, `times`, or empty); durations are in seconds, and of unit `one` where no count
    was said ("an hour", but also "8 o'clock").
    """

    kind: str
    text: str
    start: int
    end: int
    values: tuple[Decimal, ...] = ()
    unit: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A message's marks in order. `instants` are the times that its words name without doubt, with their places."""

    text: str
    tongue: Tongue | None
    marks: tuple[Mark, ...]
    instants: tuple[tuple[datetime, int, int], ...] = ()
    asked: bool = False
    spans: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    def kinds(self) -> set[str]:
        """Every kind of mark in the message."""
        return {mark.kind for mark in self.marks}

    def slips(self) -> dict[Mark, str]:
        """Words that mean nothing and are one slip away from a side: "byu 2 SOL"; with the kind that each may be."""
        unknown = [mark for mark in self.marks if mark.kind == "UNKNOWN" and len(mark.text) > 2]
        near = {mark: {k for w, k in _SIDES.items() if distance(mark.text.lower(), w, 1) <= 1} for mark in unknown}
        return {mark: kinds.pop() for mark, kinds in near.items() if len(kinds) == 1}

    def within(self, quote: str) -> tuple[Mark, ...] | None:
        """The marks of a piece of the message; None where it is no piece of it."""
        spans = self.places(quote)
        if spans is None:
            return None
        return tuple(mark for mark in self.marks if any(a <= mark.start and mark.end <= b for a, b in spans))

    def places(self, quote: str) -> tuple[tuple[int, int], ...] | None:
        """Where a piece of the message stands in it, everywhere; None where it does not."""
        if quote not in self.spans:
            words = clean(quote).split()
            pattern = r"\s+".join(re.escape(word) for word in words)
            found = [match.span() for match in re.finditer(pattern, self.text, re.IGNORECASE)] if words else []
            self.spans[quote] = tuple(found)
        return self.spans[quote] or None


def evidence_of(text: str, context: ParseContext) -> Evidence:
    """What *text* contains; pure, bounded, never raises."""
    cleaned = clean(text)[:MAX_CHARS]
    tongue = tongue_of(cleaned)
    if tongue is not None:
        marks = _foreign(cleaned, tongue, context)
        return Evidence(text=cleaned, tongue=tongue, marks=tuple(marks), asked=False)
    sentences = Reader(tokens(cleaned), coins_of(context)).sentences()
    marks = [_mark(item) for sentence in sentences for item in sentence.items]
    asked = any(sentence.asked and not sentence.polite for sentence in sentences)
    return Evidence(
        text=cleaned, tongue=None, marks=tuple(marks), instants=_instants(sentences, cleaned, context), asked=asked
    )


# --- English ---------------------------------------------------------------------------------------------------------


def _mark(item: Item) -> Mark:
    mark = Mark(kind=item.kind, text=item.text, start=item.start, end=item.end, value=item.value)
    match item.kind, item.value:
        case "NUM", Amount() as amount:
            values = (amount.value,) if amount.minutes is None else (amount.value, Decimal(amount.minutes))
            return Mark(**_with(mark, values=values, unit=amount.unit, value=amount))
        case "DAYPART", str() as half:
            return Mark(**_with(mark, kind=half.upper()))
        case "DUR", int() as seconds:
            return Mark(**_with(mark, values=(Decimal(seconds),)))
        case _:
            return mark


def _with(mark: Mark, **changed: Any) -> dict[str, Any]:
    return {name: changed.get(name, getattr(mark, name)) for name in Mark.__slots__}


_LASTING = frozenset({"VALIDFOR", "WITHIN", "FOR", "NEXT", "AFTER", "UNTIL"})


def _instants(sentences: list[Sentence], source: str, context: ParseContext) -> tuple[tuple[datetime, int, int], ...]:
    """Every instant that some words name without doubt."""
    found: list[tuple[datetime, int, int]] = []
    for sentence in sentences:
        for before, item in pairwise(sentence.items):
            if item.kind == "DUR" and before.kind in _LASTING:
                found.append((context.now + timedelta(seconds=item.value), before.start, item.end))
        for at in range(min(len(sentence.items), 400)):
            cur = Cursor(sentence.items[at : at + 12], source)
            try:
                when = read_when(cur)
            except TooMuchWork:
                return tuple(found)
            if when is not None:
                placed = place(when, context.now, context.timezone)
                if not placed.doubt:
                    last = sentence.items[at + max(cur.at, 1) - 1]
                    found += [(instant, sentence.items[at].start, last.end) for instant in placed.at]
    return tuple(found)


# --- other languages -------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"(?<![A-Za-z0-9_.,])[+-]?(?:\d{1,3}(?: \d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)(?![A-Za-z_]{3})")
_UNIT = re.compile(
    r"\s?(?P<percent>%|percent)|\s?(?P<usd>\$|usd[ct]?(?![a-z]))|\s?(?P<times>[x×](?![a-z])|倍|배)"
    r"|(?P<k>k(?![a-z]))|(?P<m>m(?![a-z]))",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\s?(?P<unit>min|h|d|s|m)(?![a-z])", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400}
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?!\d)")
_QUOTED = re.compile('"[^"]*"|「[^」]*」|『[^』]*』')
_TICKER = re.compile(r"(?<![A-Za-z0-9])\$?([A-Za-z][A-Za-z0-9]{1,14})(?:-?(?:PERP|USDT?|USDC))?(?![A-Za-z0-9])")
_SHARES = {
    "HALF": (Decimal(50),),
    "THIRD": (Decimal("33.33"),),
    "QUARTER": (Decimal(25),),
}
_SCALES = {"1000": Decimal(1000), "10000": Decimal(10_000)}
_POINT_LANGUAGES = frozenset({"zh", "ja", "ko", "hi", "ar"})
"""Languages that write 1,500.25; the others here may write 1.500,25."""


def _foreign(text: str, tongue: Tongue, context: ParseContext) -> list[Mark]:
    low = text.lower()
    if len(low) != len(text):
        low = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    quoted = [match.span() for match in _QUOTED.finditer(text)]
    words = [Mark(kind=kind, text=text[a:b], start=a, end=b) for kind, a, b in marks_in(low, tongue)]
    numbers = _numbers(text, low, tongue, words)
    used = [(mark.start, mark.end) for mark in numbers]
    words = [mark for mark in words if mark.kind not in _SCALES and not _inside((mark.start, mark.end), used)]
    bare = [mark for mark in words if mark.kind in ("HOUR", "MINUTE", "DAY")]
    spans = [
        Mark(
            kind="DUR",
            text=mark.text,
            start=mark.start,
            end=mark.end,
            values=(Decimal(_SECONDS[mark.kind]),),
            unit="one",
        )
        for mark in bare
    ]
    shares = [
        Mark(kind="NUM", text=mark.text, start=mark.start, end=mark.end, values=_SHARES[mark.kind], unit="percent")
        for mark in words
        if mark.kind in _SHARES
    ]
    inside = [(mark.start, mark.end) for mark in shares]
    coins = _coins(text, low, context)
    words = [m for m in words if m not in bare and m.kind not in _SHARES and not _inside((m.start, m.end), inside)]
    numbers = [m for m in numbers if not _inside((m.start, m.end), inside)]
    marks = [*numbers, *words, *spans, *shares, *coins]
    return sorted(
        (mark for mark in marks if not _inside((mark.start, mark.end), quoted)), key=lambda mark: (mark.start, mark.end)
    )


def _inside(span: tuple[int, int], outer: list[tuple[int, int]]) -> bool:
    return any(a <= span[0] and span[1] <= b for a, b in outer)


def _coins(text: str, low: str, context: ParseContext) -> list[Mark]:
    said = coins_of(context).said
    found = []
    for match in _TICKER.finditer(text):
        market = said.get((match[1].lower(),))
        plain_word = len(match[1]) < 4 and not (match[1].isupper() or match[1].lower() in ("sol", "btc", "eth"))
        if market is not None and not plain_word:
            found.append(Mark(kind="COIN", text=match[0], start=match.start(), end=match.end(), value=market))
    for ticker, start, end in coins_in(low):
        market = said.get((ticker.lower(),))
        kind = "NOCOIN" if market is None else "COIN"
        found.append(Mark(kind=kind, text=text[start:end], start=start, end=end, value=market))
    return found


def _numbers(text: str, low: str, tongue: Tongue, words: list[Mark]) -> list[Mark]:
    """Numbers with their scale and unit; clock times and durations among them."""
    found = [
        Mark(
            kind="CLOCK",
            text=match[0],
            start=match.start(),
            end=match.end(),
            value=Clock(hour=int(match[1]), minute=int(match[2])),
        )
        for match in _CLOCK.finditer(text)
    ]
    taken = [(mark.start, mark.end) for mark in found]
    return found + [
        _figure(text, low, match, tongue, words)
        for match in _NUMBER.finditer(text)
        if not any(a <= match.start() < b for a, b in taken)
    ]


def _figure(text: str, low: str, match: re.Match[str], tongue: Tongue, words: list[Mark]) -> Mark:
    values, end, unit = _readings(match[0].lstrip("+-"), tongue), match.end(), ""
    if low[: match.start()].rstrip().endswith("$"):
        unit = "usd"
    scale = _next(words, low, end, _SCALES)
    if scale is not None:
        values, end = tuple(value * _SCALES[scale.kind] for value in values), scale.end
    suffix = _UNIT.match(text, end)
    while suffix is not None:
        name = suffix.lastgroup
        if name in ("k", "m"):
            values = tuple(value * (1000 if name == "k" else 10**6) for value in values)
        else:
            unit = name or ""
        end = suffix.end()
        suffix = _UNIT.match(text, end) if name in ("k", "m") else None
    word = _next(words, low, end, ("USD", "PERCENT", "HOUR", "MINUTE", "DAY"))
    span = _SPAN.match(text, end) if not unit else None
    if not unit and word is not None and word.kind in ("USD", "PERCENT"):
        unit, end = {"USD": "usd", "PERCENT": "percent"}[word.kind], word.end
    elif not unit and (word is not None or span is not None):
        seconds = _SECONDS[word.kind if word is not None else str(span["unit"]).lower()]  # type: ignore[index]
        end = word.end if word is not None else span.end()  # type: ignore[union-attr]
        durations = tuple(value * seconds for value in values)
        return Mark(kind="DUR", text=text[match.start() : end], start=match.start(), end=end, values=durations)
    if not values:
        return Mark(kind="BADNUM", text=text[match.start() : end], start=match.start(), end=end)
    amount = Amount(value=values[0], sign="-" if match[0].startswith("-") else "")
    return Mark(
        kind="NUM", text=text[match.start() : end], start=match.start(), end=end, values=values, unit=unit, value=amount
    )


def _next(words: list[Mark], low: str, end: int, kinds: Any) -> Mark | None:
    """The word of one of these kinds that follows right behind a number, or behind one small word."""
    for mark in words:
        if mark.kind in kinds and mark.start >= end:
            between = low[end : mark.start]
            if between.strip() in ("", "por", "per", "pour") and len(between) <= 6:
                return mark
    return None


def _readings(digits: str, tongue: Tongue) -> tuple[Decimal, ...]:
    """What the digits may say: 2,5 and 82 000 in one way, 1.500 in two."""
    digits = digits.replace(" ", "")
    english = plain_number(digits)
    swapped = plain_number(digits.translate(str.maketrans(".,", ",.")))
    readings = [english] if tongue in _POINT_LANGUAGES else [swapped, english]
    found = tuple(dict.fromkeys(value for value in readings if value is not None))
    if tongue in _POINT_LANGUAGES and not found and swapped is not None:
        found = (swapped,)
    whole_part = re.split("[.,]", digits)[0]
    if len(found) > 1 and (whole_part.strip("0") == "" or re.fullmatch(r"\d+[.,]\d{1,2}|\d+[.,]\d{4,}", digits)):
        return tuple(value for value in found if value < HUNDRED * HUNDRED)[-1:] or found
    return found
