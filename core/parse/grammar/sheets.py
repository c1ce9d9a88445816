"""Lays out what was written as a list: a signal's fields, points under a heading; decides no clause.

A trader who copies a signal writes a sheet, not a sentence: the side, the size, the entry and the exits stand each in a
line, in any order. A layout puts the same words in the order in which a sentence would say them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from core.parse.grammar.items import Item
from core.parse.grammar.reader import Sentence

MOST_FIELDS = 24
_SIDES = ("LONG", "SHORT", "BUY", "SELL", "BID", "OFFER", "LONGNOUN", "SHORTNOUN", "DCA")
_EXITS = ("STOP", "TARGET", "TRAIL", "BREAKEVEN", "ENTRYWORD")
_PARTS = ("COMMA", "SLASH", "STOPMARK")
_LABELS = frozenset({
    "action", "order", "type", "order type", "signal", "signal type", "exchange", "market", "asset",
    "instrument", "ticker", "trade", "position", "strategy", "plan", "idea", "trigger", "condition", "setup",
    "trade type", "entry", "entries", "name", "buy", "when", "trade plan", "what", "how much", "how often",
    "frequency", "interval", "exit", "exits", "note", "first", "second", "third", "one", "two", "three",
    "rule", "alert", "cron", "scale", "conditions", "two conditions", "three conditions", "two things",
    "two rules", "liquidation guard", "guard", "scalp", "swing", "a few things", "conditional order",
    "trade alert", "trade signal", "new trade", "new signal", "recurring investment", "investment",
    "recurring", "stop limit", "sell stop limit", "time in force", "tif", "position side", "side", "coin", "symbol",
})  # fmt: skip
_PLANS = frozenset({
    "plan", "plans", "list", "schedule", "levels", "ideas", "signal", "signals", "orders", "order", "setup",
})  # fmt: skip
_HEADED_BY = {"ALERT": "ALERT", "ALERTS": "ALERT", "DCA": "BUY", "BUY": "BUY", "CLOSE": "SELL", "SELL": "SELL"}
Line = list[Item]


def layouts(sentences: Sequence[Sentence], *, whole_lines: bool) -> Iterator[list[Sentence]]:
    """Other ways to set out the lines of a message, the plainest first; none for a plain sentence.

    Lines that were each understood (*whole_lines*) are no sentence that was broken over them.
    """
    if any(sentence.asked for sentence in sentences):
        return
    whole = [list(sentence.items) for sentence in sentences]
    lines = [line for line in map(_unlabelled, _unnumbered(whole)) if line]
    fields = [line for line in map(_unlabelled, _split(lines)) if line]
    if lines and lines != whole:
        yield _sentences(lines)
    for made in (_headed(lines), _signal(lines), _signal(fields) if len(fields) <= MOST_FIELDS else None):
        if made is not None and made != whole:
            yield _sentences(made)
    broken = not whole_lines and all(sentence.broken for sentence in sentences[:-1])
    if broken and len(lines) > 1 and len(whole) < 5:
        yield _sentences([[item for line in whole for item in line]])  # a sentence that was broken over lines


def _sentences(lines: Sequence[Line]) -> list[Sentence]:
    return [Sentence(line) for line in lines]


def _new(kind: str, text: str, where: Item) -> Item:
    return replace(where, kind=kind, value=None, text=text)


def _is_count(line: Sequence[Item], number: int) -> bool:
    item = line[0]
    return (
        item.kind == "NUM"
        and item.text == str(number)
        and (len(line) == 1 or line[1].kind in ("RPAR", "COLON", "DASH"))
    )


def _unnumbered(lines: Sequence[Line]) -> list[Line]:
    """The lines without bullets and without the numbers that only count them."""
    kept = [line[1:] if len(line) > 1 and line[0].kind in ("DASH", "AND") else line for line in lines]
    counted = [
        line
        for line in kept
        if line[0].kind == "NUM" and line[0].text.isdecimal() and _is_count(line, int(line[0].text))
    ]
    if len(counted) < 2 or any(not _is_count(line, n) for n, line in enumerate(counted, start=1)):
        return kept
    return [rest for line in kept if (rest := _uncounted(line) if line in counted else line)]


def _uncounted(line: Line) -> Line:
    """What is said on a counted line; it holds the number, which says nothing else."""
    return [replace(line[2], holds=tuple(line[:2])), *line[3:]] if len(line) > 2 else []


def _unlabelled(line: Line) -> Line:
    """ "Action: long 5 SOL" is "long 5 SOL"; a label that says something itself stays: "SL: 142"."""
    if len(line) == 2 and line[0].kind == "ORDERS" and line[1].kind in ("LIMIT", "ATMARKET"):
        return line[1:]
    colon = next((at for at, item in enumerate(line[:4]) if item.kind in ("COLON", "THEN")), None)
    if colon is None:
        return line
    label = " ".join(item.text.lower() for item in line[:colon])
    if colon and label not in _LABELS and any(item.kind in ("NUM", "COIN") for item in line[:colon]):
        return line
    rest = line[colon + 1 :]
    if label in ("entry", "entries") and not (rest and rest[0].kind in _SIDES):
        return line
    if line[0].kind in ("EVERY", "FOR", "UNTIL", "VALIDFOR", "AT") and colon == 1:
        return [line[0], *rest]
    return rest if colon == 0 or label in _LABELS else line


def _split(lines: Sequence[Line]) -> list[Line]:
    """The fields between the commas, slashes and bars of every line."""
    fields: list[Line] = []
    for line in lines:
        field: Line = []
        for item in line:
            if item.kind in _PARTS:
                fields.append(field)
                field = []
            else:
                field.append(item)
        fields.append(field)
    return [field for field in fields if field]


def _headed(lines: Sequence[Line]) -> list[Line] | None:
    """Lines under a market or a verb that is said once for all: "SOL:", "alerts:", "DCA plan"."""
    if len(lines) < 2:
        return None
    head, rest = _trimmed(lines[0]), lines[1:]
    if [item.kind for item in head] == ["COIN"]:
        led = [head[0], _new("COLON", ":", head[0])]
        return [line if any(item.kind == "COIN" for item in line) else [*led, *line] for line in rest]
    kinds = [item.kind for item in head if item.text.lower() not in _PLANS and item.kind not in ("NUM", "COMMA")]
    if len(kinds) != 1 or kinds[0] not in _HEADED_BY:
        return None
    verb = _HEADED_BY[kinds[0]]
    said = next(item for item in head if item.kind in _HEADED_BY)
    made = [_under(verb, said, line) for line in rest]
    return None if any(line is None for line in made) else [line for line in made if line is not None]


def _trimmed(line: Line) -> Line:
    end = len(line)
    while end and line[end - 1].kind in ("COLON", "DASH", "AT", "FOR", "ON", "COMMA"):
        end -= 1
    return line[:end]


def _under(verb: str, said: Item, line: Line) -> Line | None:
    """One line under a verb: "BTC 100k" under "alerts:", "ETH $30 every Thursday" under "DCA plan"."""
    if verb == "ALERT":
        rest = [item for item in line if item.kind not in ("AT", "COLON", "DASH", "THEN")]
        lead = [_new("ALERT", "alert", said), _new("IF", "if", said)]
        if [item.kind for item in rest] == ["COIN", "NUM"]:
            return [*lead, rest[0], _new("REACH", "hits", said), rest[1]]
        return [*lead, *line] if line[0].kind == "COIN" else None
    bare = line[0].kind == "COIN" and len(line) > 1 and line[1].kind in ("NUM", "THEN", "COLON", "DASH")
    if not bare or any(item.kind in _SIDES for item in line):
        return line if not bare else None
    return [_new(verb, verb.lower(), said), *(item for at, item in enumerate(line) if at != 1 or item.kind == "NUM")]


def _signal(fields: Sequence[Line]) -> list[Line] | None:
    """One entry with its terms, whatever the order they were written in; None where it is no one entry."""
    fields = [_without_repeats(field, fields) for field in fields]
    heads = [n for n, field in enumerate(fields) if any(item.kind in _SIDES for item in field)]
    coins = {item.value for field in fields for item in field if item.kind == "COIN"}
    if len(fields) < 2 or len(heads) != 1 or len(coins) > 1 or (not coins and len(fields) < 4):
        return None
    head = [item for item in fields[heads[0]] if item.text.lower() not in _PLANS]
    if _falls(fields):
        head = [_new("SHORT", "short", item) if item.kind == "SELL" else item for item in head]
    rest = [field for n, field in enumerate(fields) if n != heads[0]]
    if (
        coins
        and not any(item.kind == "COIN" for item in head)
        and not any(item.kind == "COIN" for field in rest if _is_term(field) for item in field)
    ):
        named = next((field for field in rest if [item.kind for item in field] == ["COIN"]), None)
        if named is None:
            return None
        side = next(at for at, item in enumerate(head) if item.kind in _SIDES)
        head = [*head[: side + 1], named[0], *head[side + 1 :]]
    rest = [field for field in rest if [item.kind for item in field] != ["COIN"]]
    rests = [[item.kind for item in field] for field in rest].count(["LIMIT"]) == 1
    terms = sorted((field for field in rest if _is_term(field) or (rests and _is_place(field))), key=_place)
    moments = [field for field in rest if _is_moment(field)]
    others = [field for field in rest if field not in terms and field not in moments]
    if any(field[0].kind == "SHIFT" and not {"IF", "AFTER"} & {item.kind for item in field} for field in others):
        return None  # "move my stop to 145" is none of the entry's terms: when?
    if len(moments) > 1 or any(one is other for one, other in pairwise(terms)):
        return None
    comma = _new("COMMA", ",", head[0])
    made = head + [item for field in terms for item in _plain(field)]
    if moments:
        led = moments[0] if moments[0][0].kind in ("IF", "EACH") else [_new("IF", "if", head[0]), *moments[0]]
        made = [*led, comma, *made]
    for field in others:
        made += [comma, *field]
    return [made]


def _falls(fields: Sequence[Line]) -> bool:
    """Whether the entry lies between a stop above and a target below: "Side: Sell" opens a short there."""
    said: dict[str, list[Decimal]] = {"BREAKEVEN": [], "STOP": [], "TARGET": []}
    for field in fields:
        prices = [item.value.value for item in field[1:] if item.kind == "NUM" and item.value.unit in ("", "usd")]
        if field[0].kind in said:
            said[field[0].kind] += prices
    entries, stops, targets = said.values()
    return bool(entries and stops and targets) and max(targets) < min(entries) <= max(entries) < min(stops)


def _without_repeats(field: Line, fields: Sequence[Line]) -> Line:
    """ "buy when the 1h RSI is under 30" below "WIF long": the side was said, the moment is new."""
    sides = {
        ("short" if item.kind in ("SHORT", "SELL", "SHORTNOUN") else "long")
        for one in fields
        for item in one
        if item.kind in _SIDES
    }
    led = len(field) > 1 and field[0].kind in _SIDES and field[1].kind in ("IF", "EACH")
    return field[1:] if led and len(sides) == 1 and field is not fields[0] else field


def _is_term(field: Line) -> bool:
    """Whether a field says how much, with what leverage or by what order, and nothing else."""
    kinds = [item.kind for item in field if item.kind not in ("COLON", "OF", "THEN", "AT", "WITH", "POSITION", "ON")]
    if kinds in (
        ["ATMARKET"],
        ["ATMARKET", "BREAKEVEN"],
        ["LIMIT"],
        ["LIMIT", "NUM"],
        ["NUM"],
        ["NUM", "COIN"],
        ["NUM", "NUM"],
        ["NUM", "COIN", "NUM"],
    ):
        return not (kinds == ["NUM"] and field[0].kind == "AT")
    if kinds in (["PRICE", "NUM"], ["POSTONLY"], ["POSTONLY", "UNKNOWN"], ["REDUCEONLY"]):
        return kinds[-1] != "UNKNOWN" or field[-1].text.lower() in ("yes", "true", "on")
    named = bool(kinds) and kinds[0] in ("AMOUNT", "LEVERAGE", "MARGIN", "COLLATERAL", "NOTIONAL") and "NUM" in kinds
    behind = (
        len(kinds) > 1 and kinds[0] == "NUM" and kinds[1] in ("LEVERAGE", "MARGIN", "COLLATERAL", "NOTIONAL", "NUM")
    )
    sized = field[0].text.lower() in ("size", "position size") and "NUM" in kinds
    return (named or behind or sized) and not {"STOP", "TARGET", "IF", "EVERY", "DUR"} & set(kinds)


def _is_place(field: Line) -> bool:
    """Whether a field is the price that a limit order stands at."""
    return [item.kind for item in field] == ["AT", "NUM"]


def _place(field: Line) -> int:
    """How much comes before by what order, and that before the rest."""
    kinds = {item.kind for item in field}
    return 0 if field[0].kind in ("NUM", "AMOUNT") else 2 if kinds & {"PRICE", "AT"} else 1


def _is_moment(field: Line) -> bool:
    """Whether a field says when to enter: a condition that no verb leads."""
    if field[0].kind in ("IF", "EACH"):
        return True
    return any(item.kind in ("IND", "CLOSES", "CROSSUP", "CROSSDOWN", "FUNDING") for item in field) or any(
        item.kind == "CLOSE" and at and field[at - 1].kind in ("TF", "DUR", "CANDLE") for at, item in enumerate(field)
    )


def _plain(field: Line) -> Line:
    """The field without what only sets it out: "Qty: 2" is "2", "market entry" is "at market"."""
    kinds = [item.kind for item in field]
    if kinds[:1] == ["ATMARKET"]:
        return field[:1]
    if kinds[:1] == ["POSTONLY"]:
        return field[:1]
    if kinds[:1] == ["PRICE"]:
        return [_new("AT", "at", field[0]), field[-1]]
    return [item for item in field if item.kind not in ("COLON", "THEN")]
