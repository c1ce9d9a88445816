"""Puts one construction of items in the place of another, by patterns of kinds; knows no construction itself."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from core.parse.grammar.items import Amount, Item

_MOST_PASSES = 3
"""A construction may make another one; three passes see through any that people write."""
_UNITS = {"%": "percent", "$": "usd", "x": "times", "#": ""}
_ELEMENT = re.compile(
    r'(?P<ahead>[<>]?)(?P<no>!?)(?P<kinds>"[^"]+"|[A-Z]+[%$x#]*(?:\|[A-Z]+[%$x#]*)*)(?P<count>[?+*]?)'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    """One place of a pattern: the kinds (with the units of a number) or the words that may stand there, how often."""

    kinds: frozenset[str]
    units: frozenset[str]
    words: frozenset[str]
    count: str
    ahead: str
    no: bool

    def takes(self, item: Item) -> bool:
        """Whether *item* may stand here."""
        if self.words:
            return item.text.lower() in self.words
        if item.kind not in self.kinds:
            return False
        if item.kind != "NUM" or not self.units:
            return True
        amount: Amount = item.value
        return amount.unit in self.units and not amount.sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Construction:
    """What is said one way (`said`) and read another (`read`); `when` looks at the items that each place took."""

    said: tuple[_Element, ...]
    read: tuple[str, ...]
    when: Callable[[Sequence[Sequence[Item]]], bool] | None = None


def construction(said: str, read: str, when: Callable[[Sequence[Sequence[Item]]], bool] | None = None) -> Construction:
    """The construction that two lines spell.

    *said* lists places, from left to right: `KIND|KIND` or `"word|word"`, then `?` (may lack), `*` or `+` (several).
    A number may name units: `NUM%`, `NUM$`, `NUMx`, `NUM#` (bare). `<KIND` must stand before and `>KIND` behind, and
    stay (`<!KIND`: must not); END is the edge of the sentence. *read* lists what takes its place: `1` what the first
    place took, or `KIND:text` for a new item. Raises ValueError for anything else.
    """
    places = []
    for part in _split(said):
        match = _ELEMENT.fullmatch(part)
        if match is None:
            raise ValueError(f"Expected a place of a construction, was {part!r}")
        places.append(_element(match))
    if not any(place.count in ("", "+") and not place.ahead for place in places):
        raise ValueError(f"Expected a construction with something in it, was {said!r}")
    return Construction(said=tuple(places), read=tuple(read.split()), when=when)


def _split(said: str) -> list[str]:
    return re.findall(r'[<>]?!?"[^"]+"[?+*]?|\S+', said)


def _element(match: re.Match[str]) -> _Element:
    named = match["kinds"]
    if named.startswith('"'):
        kinds: frozenset[str] = frozenset()
        units: frozenset[str] = frozenset()
        words = frozenset(named.strip('"').split("|"))
    else:
        parts = named.split("|")
        kinds, words = frozenset(part.rstrip("%$x#") for part in parts), frozenset()
        units = frozenset(_UNITS[mark] for part in parts for mark in part if mark in _UNITS)
    return _Element(
        kinds=kinds, units=units, words=words, count=match["count"], ahead=match["ahead"], no=bool(match["no"])
    )


class _Start(NamedTuple):
    """A construction as it may begin, and the kinds or words that it needs right before and behind its first item.

    None where anything may stand there. So all but a few constructions are passed over at one look to each side.
    """

    one: Construction
    before: frozenset[str] | None
    behind: frozenset[str] | None


def _starts(one: Construction) -> Iterator[tuple[_Element, _Start]]:
    """Every place that may take the first item of a construction."""
    led = one.said[0] if one.said[0].ahead == "<" and not one.said[0].no else None
    before = None if led is None else led.kinds | led.words
    for at, place in enumerate(one.said):
        if place.ahead == "<":
            continue
        yield place, _Start(one=one, before=before, behind=_behind(one.said[at + 1 :], place))
        if place.count not in ("?", "*"):
            return


def _behind(places: Sequence[_Element], first: _Element) -> frozenset[str] | None:
    """What may stand behind an item that *first* took, by the places that follow it; None for anything."""
    found = first.kinds | first.words if first.count in ("*", "+") else frozenset()
    for place in places:
        if place.no:
            return None
        found |= place.kinds | place.words
        if place.count not in ("?", "*"):
            return found
    return None


_EDGE = ("END", "")


class Recaster:
    """A table of constructions, found by what their first place takes."""

    def __init__(self, table: Sequence[Construction]) -> None:
        self._by_kind: dict[str, list[_Start]] = {}
        self._by_word: dict[str, list[_Start]] = {}
        for one in table:
            for place, start in _starts(one):
                for kind in place.kinds:
                    self._by_kind.setdefault(kind, []).append(start)
                for word in place.words:
                    self._by_word.setdefault(word, []).append(start)

    def recast(self, items: list[Item]) -> list[Item]:
        """*items* with every construction of the table read as it is to be read; bounded."""
        for _ in range(_MOST_PASSES):
            result: list[Item] = []
            kinds = [item.kind for item in items]
            words = [item.text.lower() for item in items]
            at, changed = 0, False
            while at < len(items):
                found = self._at(items, at, kinds, words)
                if found is None:
                    result.append(items[at])
                    at += 1
                else:
                    made, at = found
                    result += made
                    changed = True
            items = result
            if not changed:
                break
        return items

    def _at(
        self, items: Sequence[Item], at: int, kinds: Sequence[str], words: Sequence[str]
    ) -> tuple[list[Item], int] | None:
        """What the first construction that fits at *at* is read as, and where it ends."""
        behind, word_behind = (kinds[at + 1], words[at + 1]) if at + 1 < len(items) else _EDGE
        before, word_before = (kinds[at - 1], words[at - 1]) if at else _EDGE
        for starts in (self._by_kind.get(kinds[at], ()), self._by_word.get(words[at], ())):
            for one, after, ahead in starts:
                if ahead is not None and behind not in ahead and word_behind not in ahead:
                    continue
                if after is not None and before not in after and word_before not in after:
                    continue
                taken = _taken(one, items, at)
                if taken is None or (one.when is not None and not one.when(taken)):
                    continue
                end = at + sum(len(part) for part in taken)
                if end > at:
                    return _read(one, taken, items[at]), end
        return None


def _taken(one: Construction, items: Sequence[Item], at: int) -> list[Sequence[Item]] | None:
    """What every place of the construction takes from *at* on; None where it is not that construction."""
    taken: list[Sequence[Item]] = []
    for place in one.said:
        if place.ahead:
            beside = at - 1 if place.ahead == "<" else at
            if _stands(place, items, beside) == place.no:
                return None
            taken.append(())
            continue
        begun = at
        most = len(items) if place.count in ("*", "+") else min(begun + 1, len(items))
        while at < most and place.takes(items[at]):
            at += 1
        if at == begun and place.count not in ("?", "*"):
            return None
        taken.append(items[begun:at])
    return taken


def _stands(place: _Element, items: Sequence[Item], at: int) -> bool:
    if 0 <= at < len(items):
        return place.takes(items[at])
    return "END" in place.kinds


def _read(one: Construction, taken: Sequence[Sequence[Item]], first: Item) -> list[Item]:
    result: list[Item] = []
    for part in one.read:
        if part.isdecimal():
            result += taken[int(part) - 1]
        else:
            kind, _, text = part.partition(":")
            result.append(_new(kind, text or kind.lower(), first))
    return result


def _new(kind: str, text: str, where: Item) -> Item:
    return replace(where, kind=kind, value=None, text=text.replace("_", " "))
