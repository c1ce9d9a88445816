"""Decides what a number says: how much, of which unit, for how long."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from core.domain.money import HUNDRED, MAX_DIGITS, read_decimal
from core.parse.grammar.items import Amount, Item
from core.parse.grammar.text import Token

_SCALES: Mapping[str, Decimal] = {
    "k": Decimal(1000), "thousand": Decimal(1000), "grand": Decimal(1000), "m": Decimal(10**6), "mil": Decimal(10**6),
    "mill": Decimal(10**6), "mm": Decimal(10**6), "million": Decimal(10**6), "b": Decimal(10**9),
    "bn": Decimal(10**9), "billion": Decimal(10**9), "hundred": Decimal(100),
}  # fmt: skip
_SECONDS: Mapping[str, int] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "wk", "week", "weeks"), 604_800),
}
_COMPOUND = re.compile(r"([dh])(\d{1,2})(h|min)?m?")
"""The rest of "2h30m" and "1d12h"."""
_PERCENT = frozenset({"%", "percent", "pct", "percents"})
_BPS = frozenset({"bps", "bp", "bips", "bip"})
_USD = frozenset({"$", "usd", "usdc", "usdt", "dollar", "dollars", "bucks", "buck", "usds"})
_CENTS = frozenset({"cents", "cent"})
_UNITS = {
    name: Decimal(number)
    for number, name in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    name: Decimal(10 * number)
    for number, name in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.000")
"""One, or a thousand as much of Europe writes it."""
_SHARES: Mapping[tuple[str, ...], str] = {
    ("half",): "50", ("hafl",): "50", ("haf",): "50", ("halff",): "50",
    ("in", "half"): "50", ("a", "half"): "50", ("one", "half"): "50", ("half", "of"): "50",
    ("a", "third"): "33.33", ("one", "third"): "33.33", ("third",): "33.33", ("two", "thirds"): "66.67",
    ("a", "quarter"): "25", ("one", "quarter"): "25", ("quarter",): "25", ("three", "quarters"): "75",
    ("three", "fourths"): "75", ("a", "fourth"): "25", ("one", "fourth"): "25", ("a", "fifth"): "20",
    ("one", "fifth"): "20", ("a", "tenth"): "10", ("two", "fifths"): "40", ("50/50",): "50",
}  # fmt: skip
_SLASHED = {
    "1/2": "50",
    "1/3": "33.33",
    "2/3": "66.67",
    "1/4": "25",
    "3/4": "75",
    "1/5": "20",
    "1/10": "10",
    "2/5": "40",
    "3/5": "60",
    "4/5": "80",
    "1/8": "12.5",
}


def plain_number(text: str) -> Decimal | None:
    """The number in digits with a point and thousands' commas; None where it cannot be read in one way."""
    head, _, tail = text.partition(".")
    groups = head.split(",")
    if "," in tail or "." in tail or len(text) > 2 * MAX_DIGITS:
        return None
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
        return None
    try:
        return read_decimal("".join(groups) + (f".{tail}" if tail else ""))
    except ValueError:
        return None


def read_quantity(tokens: Sequence[Token], at: int) -> tuple[Item, int] | None:
    """The number, share or duration that begins at token *at*, and how many tokens it takes."""
    for reader in _BY_FIRST_WORD.get(tokens[at].low, _IN_DIGITS if tokens[at].kind == "number" else ()):
        found = reader(tokens, at)
        if found is not None:
            return found
    return None


def _item(kind: str, value: object, tokens: Sequence[Token], at: int, count: int) -> tuple[Item, int]:
    first, last = tokens[at], tokens[at + count - 1]
    text = first.text if count == 1 else " ".join(token.text for token in tokens[at : at + count])
    return Item(kind=kind, value=value, text=text, start=first.start, end=last.end), count


def _low(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].low if 0 <= at < len(tokens) else ""


def _share(tokens: Sequence[Token], at: int) -> tuple[Item, int] | None:
    if _low(tokens, at) in _SLASHED:
        amount = Amount(value=Decimal(_SLASHED[_low(tokens, at)]), unit="percent", words=True)
        return _item("NUM", amount, tokens, at, 1)
    for count in (2, 1):
        words = tuple(_low(tokens, at + n) for n in range(count))
        if words in _SHARES and _low(tokens, at + count) not in (*_SECONDS, "an", "a"):
            one = _low(tokens, at + count) == "of" and _low(tokens, at + count + 1) in ("a", "an")
            if one and _low(tokens, at + count + 2) not in _NO_COINS:
                part = Decimal(_SHARES[words]) / HUNDRED  # "a quarter of an ETH"
                return _item("NUM", Amount(value=part), tokens, at, count + 2)
            amount = Amount(value=Decimal(_SHARES[words]), unit="percent", words=True)
            return _item("NUM", amount, tokens, at, count)
    return None


_NO_COINS = ("position", "bag", "stack", "percent", "million", "grand")


def _spoken_duration(tokens: Sequence[Token], at: int) -> tuple[Item, int] | None:
    """An hour, half an hour, a day, a couple of hours; no count in digits."""
    words = [_low(tokens, at + n) for n in range(4)]
    match words:
        case ["half", "an" | "a", "hour" | "day" as unit, *_]:
            return _item("DUR", _SECONDS[unit] // 2, tokens, at, 3)
        case ["a" | "an" | "one" | "1", "hour", "and", "a"] if _low(tokens, at + 4) == "half":
            return _item("DUR", 5400, tokens, at, 5)
        case ["a" | "an" | "the", unit, *_] if unit in _SECONDS and len(unit) > 1 and unit[-1:] != "s":
            if words[0] == "the" and _low(tokens, at - 1) not in ("within", "in", "for"):
                return None
            return _item("DUR", _SECONDS[unit], tokens, at, 2)
        case ["a", "couple", "of", unit] if unit in _SECONDS and len(unit) > 1:
            return _item("DUR", 2 * _SECONDS[unit], tokens, at, 4)
        case ["hour" | "minute" | "day" | "week" as unit, *_] if _low(tokens, at - 1) in ("last", "past", "next"):
            return _item("DUR", _SECONDS[unit], tokens, at, 1)
    return None


_SIGNS = frozenset({"+", "-", "$", "us$", "usd"})


def _digits(tokens: Sequence[Token], at: int) -> tuple[Item, int] | None:
    """A number in digits with its sign, currency, scale and unit."""
    begun, sign, dollar = at, "", False
    if _low(tokens, at) == "minus":
        sign, at = "-", at + 1
    at += int(_low(tokens, at) == "us" and _low(tokens, at + 1) == "$")
    while _low(tokens, at) in _SIGNS and at - begun < 3:
        mark = _low(tokens, at)
        if mark == "usd" and (at + 1 >= len(tokens) or tokens[at + 1].kind != "number"):
            return None
        if mark in ("+", "-"):
            if sign or (at > begun and not dollar) or not _may_sign(tokens, begun):
                return None
            sign = mark
        else:
            dollar = True
        at += 1
    token = tokens[at] if at < len(tokens) else None
    if token is None or token.kind != "number":
        return None
    value = plain_number(token.text)
    if value is None or _THOUSANDS.fullmatch(token.text):
        return _item("BADNUM", None, tokens, begun, at - begun + 1)
    while _low(tokens, at + 1) == "000" and tokens[at + 1].spaced and value < 1000 and value == int(value):
        value, at = value * 1000, at + 1  # "70 000"
    amount = Amount(value=value, unit="usd" if dollar else "", sign=sign)  # type: ignore[arg-type]
    return _with_unit(tokens, begun, at + 1, amount)


def _may_sign(tokens: Sequence[Token], at: int) -> bool:
    """Whether a plus or minus here belongs to the number after it, and is no dash between two."""
    token = tokens[at]
    follower = tokens[at + 1] if at + 1 < len(tokens) else None
    return (
        follower is not None and not follower.spaced and (token.spaced or at == 0 or tokens[at - 1].text in "(,:;<>=")
    )


def _with_unit(tokens: Sequence[Token], begun: int, at: int, amount: Amount) -> tuple[Item, int]:
    """The amount with the scale and unit words that follow it."""
    attached = at < len(tokens) and not tokens[at].spaced
    word = _low(tokens, at)
    if attached and word in ("st", "nd", "rd", "th") and amount.value == int(amount.value) <= 31:
        return _item("ORDINAL", int(amount.value), tokens, begun, at + 1 - begun)
    if word == "m" and attached and amount.unit == "":
        whole = amount.value == int(amount.value) and amount.value < 10_000 and amount.sign != "-"
        minutes = int(amount.value * 60) if whole else None
        amount, at = replace(amount, value=amount.value * 10**6, minutes=minutes), at + 1
    elif word in _SCALES and (attached or len(word) > 2):
        amount, at = replace(amount, value=amount.value * _SCALES[word]), at + 1
        if word == "grand" and amount.unit == "":
            amount = replace(amount, unit="usd")
        if _low(tokens, at) in ("thousand", "million", "billion"):
            amount, at = replace(amount, value=amount.value * _SCALES[_low(tokens, at)]), at + 1
    attached = at < len(tokens) and not tokens[at].spaced
    word = _low(tokens, at)
    compound = _COMPOUND.fullmatch(word) if attached and amount.unit == "" and amount.minutes is None else None
    if amount.sign == "-" and (compound is not None or (word in _SECONDS and (attached or len(word) > 1))):
        return _item("BADNUM", None, tokens, begun, at + 1 - begun)  # "in -2 hours"
    if compound is not None:
        seconds = amount.value * _SECONDS[compound[1]] + int(compound[2]) * _SECONDS[compound[3] or "min"]
        return _item("DUR", int(seconds), tokens, begun, at + 1 - begun)
    if word in _SECONDS and (attached or len(word) > 1) and amount.unit == "" and amount.minutes is None:
        seconds = amount.value * _SECONDS[word]
        if seconds == int(seconds) and 0 < seconds < 10**9:
            return _item("DUR", int(seconds), tokens, begun, at + 1 - begun)
        return _item("BADNUM", None, tokens, begun, at + 1 - begun)
    return _measured(tokens, begun, at, amount, attached=attached)


def _measured(tokens: Sequence[Token], begun: int, at: int, amount: Amount, *, attached: bool) -> tuple[Item, int]:
    word = _low(tokens, at)
    if word in _PERCENT:
        amount, at = replace(amount, unit="percent"), at + 1
    elif word == "per" and _low(tokens, at + 1) == "cent":
        amount, at = replace(amount, unit="percent"), at + 2
    elif word in _BPS or (word == "basis" and _low(tokens, at + 1) in ("points", "point")):
        amount = replace(amount, unit="percent", value=amount.value / HUNDRED)
        at += 1 if word in _BPS else 2
    elif word in _CENTS or (word == "c" and attached):
        amount, at = replace(amount, unit="usd", value=amount.value / HUNDRED), at + 1
    elif word in _USD and not (word == "$" and tokens[at].spaced):
        cents, at = _cents_said(tokens, at + 1) if amount.value == int(amount.value) else (Decimal(0), at + 1)
        amount = replace(amount, unit="usd", value=amount.value + cents)
    elif word in ("x", "times") and (attached or word == "x" or _low(tokens, at + 1) in ("leverage", "lev")):
        amount, at = replace(amount, unit="times"), at + 1
    elif attached and at < len(tokens) and tokens[at].kind == "word" and word not in _GLUED:
        return _item("BADNUM", None, tokens, begun, at + 1 - begun)
    return _item("NUM", amount, tokens, begun, at - begun)


_GLUED = frozenset(
    [
        "ma",
        "sma",
        "ema",
        "dma",
        "am",
        "pm",
        "st",
        "nd",
        "rd",
        "th",
        "a",
        "p",
        "sol",
        "btc",
        "eth",
        "perp",
        "period",
        "periods",
        "bar",
        "bars",
        "candle",
        "candles",
    ]
)
"""What may stand right behind a number and is read by somebody else."""


def _spoken(tokens: Sequence[Token], at: int) -> tuple[Item, int] | None:
    """A number in words: two, twenty five, a hundred, two and a half, ten thousand."""
    begun = at
    if _low(tokens, at) == "half" and _low(tokens, at + 1) in ("a", "an") and _low(tokens, at + 2) not in _SECONDS:
        if _low(tokens, at + 2) in _PERCENT:
            return _item("NUM", Amount(value=Decimal("0.5"), unit="percent"), tokens, begun, 3)
        whole = _low(tokens, at + 2) in ("position", "bag", "stack", "dozen", "million", "grand", "")
        return None if whole else _item("NUM", Amount(value=Decimal("0.5")), tokens, begun, 2)
    if _low(tokens, at) == "a" and _low(tokens, at + 1) in ("dollar", "buck"):
        cents, end = _cents_said(tokens, at + 2)
        return _item("NUM", Amount(value=1 + cents, unit="usd"), tokens, begun, end - begun)
    value, at = _counted(tokens, at)
    if at == begun and not (_low(tokens, at) == "point" and _low(tokens, at + 1) in _UNITS):
        return None
    scale_seen = _low(tokens, at - 1) in _LARGE
    if _low(tokens, at - 1) == "grand":
        return _item("NUM", Amount(value=value, unit="usd"), tokens, begun, at - begun)
    if [_low(tokens, at + n) for n in range(3)] == ["and", "a", "half"] and not scale_seen:
        value, at = value + Decimal("0.5"), at + 3
    elif _low(tokens, at) == "point" and _low(tokens, at + 1) in _UNITS:
        digits = ""
        at += 1
        while _low(tokens, at) in _UNITS and _UNITS[_low(tokens, at)] < 10 and len(digits) < 8:
            digits, at = digits + str(_UNITS[_low(tokens, at)]), at + 1
        value += Decimal(f"0.{digits}")
    return _with_unit(tokens, begun, at, Amount(value=value))


def _cents_said(tokens: Sequence[Token], at: int) -> tuple[Decimal, int]:
    """ "a buck fifty", "two dollars and five cents": what follows the dollars, and where it ends."""
    begun = at
    at += int(_low(tokens, at) == "and")
    if _low(tokens, at) in _TENS or _low(tokens, at) in _UNITS:
        cents, end = _counted(tokens, at)
        named = _low(tokens, end) in _CENTS
        ended = named or _low(tokens, end) in ("", ",", ".", ";", "!", "?", "and", "then", "or")
        if 0 < cents < HUNDRED and (named or (at == begun and ended and cents >= 10)):
            return cents / HUNDRED, end + int(named)
    elif _low(tokens, at).isdecimal() and _low(tokens, at + 1) in _CENTS and int(_low(tokens, at)) < HUNDRED:
        return Decimal(_low(tokens, at)) / HUNDRED, at + 2
    return Decimal(0), begun


_LARGE = ("hundred", "thousand", "million", "billion", "grand")


def _ends_price(tokens: Sequence[Token], at: int) -> bool:
    """Whether the number in words that goes on here is none of a time or a share: "one, ten minutes later"."""
    end = at
    while _low(tokens, end) in _TENS or _low(tokens, end) in _UNITS:
        end += 1
    return _low(tokens, end) not in (*_SECONDS, *_PERCENT, "am", "pm", "x", "times")


def _counted(tokens: Sequence[Token], at: int) -> tuple[Decimal, int]:
    """The whole number in words that begins here, and where it ends: two thousand five hundred."""
    total = current = Decimal(0)
    room = Decimal(10**9)
    begun = at
    if _low(tokens, at) == "a" and _low(tokens, at + 1) in _LARGE:
        current, at = Decimal(1), at + 1
    while at - begun < 10:
        word = _low(tokens, at)
        step = 1
        if word == "and" and current >= HUNDRED and _low(tokens, at + 1) in (*_UNITS, *_TENS):
            word, step = _low(tokens, at + 1), 2
        number = _UNITS.get(word, _TENS.get(word))
        if number is not None and number < room:
            current += number
            room = Decimal(10) if word in _TENS else Decimal(0)
        elif number is not None and number >= 10 and 0 < current < HUNDRED and not total and _ends_price(tokens, at):
            current = current * HUNDRED + number  # "one thirty two", "thirty three fifty"
            room = Decimal(10) if word in _TENS else Decimal(0)
        elif word == "hundred" and 0 < current < HUNDRED:
            current, room = current * HUNDRED, HUNDRED
        elif word in _LARGE[1:] and current > 0:
            total, current, room = total + current * _SCALES[word], Decimal(0), Decimal(1000)
        else:
            break
        at += step
    return total + current, at


Reader = Callable[[Sequence[Token], int], tuple[Item, int] | None]
_IN_DIGITS: tuple[Reader, ...] = (_digits,)
_OPENING: Mapping[Reader, frozenset[str]] = {
    _share: frozenset({*_SLASHED, *(words[0] for words in _SHARES)}),
    _spoken_duration: frozenset({"half", "a", "an", "one", "1", "the", "hour", "minute", "day", "week"}),
    _digits: frozenset({"1", "minus", "us", *_SIGNS}),
    _spoken: frozenset({"half", "a", "point", *_UNITS, *_TENS}),
}
"""The words that each reader may begin with, besides a number in digits."""
_BY_FIRST_WORD: Mapping[str, tuple[Reader, ...]] = {
    word: tuple(reader for reader, opening in _OPENING.items() if word in opening)
    for word in frozenset().union(*_OPENING.values())
}
