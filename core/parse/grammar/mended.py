"""Mends a sentence before it is read: a slip that was corrected in it, words that only introduce others."""

from collections.abc import Sequence
from dataclasses import replace

from core.parse.grammar.items import Item

_SIDES = ("LONG", "SHORT", "BUY", "SELL")
_BOUNDS = ("ABOVE", "BELOW")
_INTRODUCED = ("IF", "EACH")


def corrected(items: list[Item]) -> list[Item]:
    """ "sell 30 %, no wait, 40 %": what follows the correction takes the place of the last thing of its kind.

    Where nothing of its kind came before, the correction stays and is left over.
    """
    result = list(items)
    while (at := next((n for n, item in enumerate(result) if item.kind == "CORRECTION"), None)) is not None:
        mended = _mended(result, at)
        if mended is None:
            return result
        result = mended
    return result


def _mended(items: list[Item], at: int) -> list[Item] | None:
    new = at + 1
    while new < len(items) and items[new].kind in ("COMMA", "COLON", "MY", "AT", "CORRECTION"):
        new += 1
    if new == len(items):
        return None
    if items[new + 1 : new + 2] and items[new + 1].kind == "CORRECTION":
        return None  # "sorry ETH I mean 0.05": which of the two is taken back?
    whole = _said_again(items, at, new)
    if whole is not None:
        return whole
    old = next((n for n in range(at - 1, -1, -1) if _alike(items[n], items[new])), None)
    if old is None:
        return None
    sized = items[old].kind == "NUM" and items[old + 1].kind == "COIN"
    counted = sized and (new + 1 == len(items) or items[new + 1].kind != "COIN")
    if counted and items[at].text.lower() == "make it":
        return None  # "buy 2 SOL, make it 3": three of what is not said
    end = new + 1
    unit = replace(items[new])
    if items[new].kind == "NUM" and items[new].value.unit == "" and items[old].value.unit != "":
        unit = replace(items[new], value=replace(items[new].value, unit=items[old].value.unit, words=False))
    if end < len(items) and old + 1 < at and items[end].kind == items[old + 1].kind == "COIN":
        if items[end].value != items[old + 1].value:
            return None
        end += 1
    begun = at - 1 if items[at - 1].kind in ("COMMA", "DASH", "LPAR") else at
    if end < len(items) and items[end].kind in ("COMMA", "DASH", "RPAR") and begun < at:
        end += 1
    if any(item.kind in ("NUM", "COIN") for item in items[old + 1 : begun] if _alike(item, items[new])):
        return None
    return [*items[:old], unit, *items[old + 1 : begun], *items[end:]]


def _said_again(items: list[Item], at: int, new: int) -> list[Item] | None:
    """ "buy 3 SOL at 140, scratch that, 4 SOL at 138": a run of words that takes the place of one of the same shape."""
    said = items[new:]
    if said[0].kind in _VERBS:
        verb = next((n for n in range(at - 1, -1, -1) if items[n].kind == said[0].kind), None)
        return None if verb is None or any(item.kind == "CORRECTION" for item in said) else [*items[:verb], *said]
    shape = [item.kind for item in said]
    if len(shape) < 2 or "CORRECTION" in shape:
        return None
    for begun in range(at - len(shape), -1, -1):
        if [item.kind for item in items[begun : begun + len(shape)]] == shape:
            return [*items[:begun], *said, *items[begun + len(shape) : at]]
    return None


_VERBS = ("BUY", "SELL", "LONG", "SHORT", "CLOSE", "TRIM", "COVER")


def _alike(old: Item, new: Item) -> bool:
    """Whether *new* can only be meant in the place of *old*."""
    if new.kind == "NUM":
        if old.kind != "NUM" or new.value.sign:
            return False
        same: bool = new.value.unit == old.value.unit
        return same or (new.value.unit == "" and old.value.unit != "times")
    if new.kind in _SIDES or new.kind in _BOUNDS:
        return old.kind in (_SIDES if new.kind in _SIDES else _BOUNDS)
    return new.kind in ("COIN", "DUR", "CLOCK", "DAY") and old.kind == new.kind


def reworded(items: list[Item]) -> list[Item]:
    """ "keep an eye on JUP and tell me if it …", "I'm out if …": the same in the words that clauses are made of."""
    result = _named([item for at, item in enumerate(items) if not _is_title(items, at)])
    kinds = [item.kind for item in result]
    if kinds[:2] == ["WATCH", "COIN"] and "ALERT" in kinds:
        pronoun = next((n for n, item in enumerate(result) if item.kind == "IT"), None)
        if pronoun is not None and kinds.count("COIN") == 1:
            result[pronoun] = replace(result[1], text=result[pronoun].text)
            return _without_lead(result, 2)
    if (begun := _after_report(result)) is not None:
        return reworded(begun)
    if kinds[:1] == ["HELP"] and result[0].text.lower() == "help me" and len(result) > 1:
        return result[1:]
    more = next((n for n in range(1, len(result)) if result[n].text.lower() == "more" and kinds[n - 1] == "NUM"), None)
    if more is not None and kinds[more] == "VAGUE":
        return reworded([*result[:more], *result[more + 1 :]])
    at = 1 if kinds[:1] == ["SET"] else 0
    if kinds[at : at + 1] == ["LOSS"] and result[at].text.lower().startswith("max"):
        value = at + 1 + int(kinds[at + 1 : at + 2] in (["OF"], ["AT"], ["COLON"]))
        if kinds[value : value + 1] == ["NUM"] and not {"CLOSE", "SELL", "IF", "ACROSS"} & set(kinds):
            return [replace(result[at], kind="LETLOSE"), *result[value:]]
    for at in range(len(result) - 2):
        if kinds[at] == "I" and kinds[at + 1] == "OUT" and kinds[at + 2] in _INTRODUCED:
            return [*result[:at], replace(result[at + 1], kind="CLOSE"), *result[at + 2 :]]
    return result


def _after_report(items: Sequence[Item]) -> list[Item] | None:
    """ "I'm short SOL from 160, cover at 141": what is to be done, with the coin that was spoken of.

    What was reported asks for nothing; the first of what is left holds it.
    """
    if (
        len(items) < 4
        or items[0].kind != "I"
        or items[1].kind not in ("LONG", "SHORT", "NUM", "COIN", "MY", "POSITION")
    ):
        return None
    end = 2
    while end < len(items) and items[end].kind in (
        "NUM",
        "COIN",
        "FROM",
        "AT",
        "POSITION",
        "LONG",
        "SHORT",
        "MY",
        "OF",
        "WORTH",
    ):
        end += 1
    coins = [item for item in items[2:end] if item.kind == "COIN"]
    if end + 1 >= len(items) or items[end].kind not in ("COMMA", "DASH", "AND") or len(coins) > 1:
        return None
    rest = [replace(items[end + 1], holds=tuple(items[:end])), *items[end + 2 :]]
    if not coins or any(item.kind == "COIN" for item in rest):
        return rest
    if rest[0].kind not in ("IF", "EACH"):
        return [coins[0], replace(items[end], kind="COLON", text=":"), *rest]
    pronoun = next((at for at, item in enumerate(rest) if item.kind == "IT" and at), None)
    return None if pronoun is None else [*rest[:pronoun], coins[0], *rest[pronoun + 1 :]]


def _is_title(items: Sequence[Item], at: int) -> bool:
    """Whether "setup" only heads a signal: "SOL LONG setup"."""
    return items[at].text.lower() == "setup" and at > 0 and items[at - 1].kind in ("LONG", "SHORT")


def _named(items: list[Item]) -> list[Item]:
    """ "HYPE, 20 tokens": the tokens are those of the one coin that is named; elsewhere the word says nothing."""
    coins = {item.value for item in items if item.kind == "COIN"}
    named = next((item for item in items if item.kind == "COIN"), None)
    result: list[Item] = []
    for item in items:
        if item.kind != "COINWORD":
            result.append(item)
        elif named is not None and len(coins) == 1 and result and result[-1].kind == "NUM":
            result.append(replace(named, text=item.text, start=item.start, end=item.end))
    return result


def _without_lead(items: Sequence[Item], count: int) -> list[Item]:
    rest = list(items[count:])
    while rest and rest[0].kind in ("AND", "COMMA"):
        rest.pop(0)
    return rest


# --- words that say nothing where others say it ----------------------------------------------------------------------


def empty_words(said: set[str]) -> set[str]:
    """The kinds of vague words that say nothing in a message that says these: "at any time", "no need to trade"."""
    empty = {"SOMEDAY"} if said & _SAYS_WHEN else set()
    return empty | ({"UNNEEDED"} if said & {"CANCEL", "PAUSE", "ALERT"} else set())


def without_fillers(items: list[Item]) -> list[Item]:
    """Leaves out "recurring" where the sentence says how often, "by then" where it says when, "also" in a clause."""
    said = {item.kind for item in items}
    empty = {"RECURRING"} if not said.isdisjoint(_RHYTHMS) else set()
    empty |= {"ATTHAT"} if not said.isdisjoint(("IF", "EACH", "AFTER")) else set()
    kept = items if said.isdisjoint(empty) else [item for item in items if item.kind not in empty]
    if "I" not in said:
        return kept
    inside = [at for at, item in enumerate(kept) if item.text.lower() == "also" and at and kept[at - 1].kind == "I"]
    return [item for at, item in enumerate(kept) if at not in inside]  # "I also want out" joins nothing


_RHYTHMS = frozenset(
    {"EVERY", "EACH", "EVERYDAY", "EVERYHOUR", "EVERYWEEK", "EVERYMONTH", "MONTHSTART", "SPAN", "TF", "WEEKDAYS", "DCA"}
)
_SAYS_WHEN = _RHYTHMS | {
    "IF", "AFTER", "WHILE", "AT", "ABOVE", "BELOW", "STOP", "TARGET", "TRAIL", "LIMIT", "BID", "OFFER", "CLOCK", "DAY",
    "DATE", "DUR", "TOMORROW", "TONIGHT", "NOON", "MIDNIGHT", "TWAP", "LADDER", "SLICES", "REACH", "FALL", "RISE",
    "ALERT", "PAUSE", "CANCEL", "RULES",
}  # fmt: skip
