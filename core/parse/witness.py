"""Finds in a message what one extracted rule claims: numbers, durations and markets, where it says they are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from core.domain.condition import ALL_MARKETS
from core.domain.market import TIMEFRAME_S
from core.domain.money import plain
from core.domain.reading import ParseContext
from core.parse.evidence import Evidence, Mark

UP = frozenset({"ABOVE", "RISE", "CROSSUP", "EXCEED", "RISEWORD", "GOLDEN", "POSITIVE", "PROFIT"})
DOWN = frozenset({"BELOW", "FALL", "CROSSDOWN", "LOSE", "FALLWORD", "DEATH", "NEGATIVE", "LOSS"})
_SPANS = {"EVERYHOUR": 3600, "EVERYDAY": 86_400, "EVERYWEEK": 604_800}
FAR = 3
"""A reading of "1.500" counts as no price when it is this many times the current one, or this small a part of it."""


class Ungrounded(Exception):
    """Something in a model's answer is not in the words, or something in the words is not in its answer.

    The text says what, in the middle of a sentence. `foreign` marks what this product does not do.
    """

    def __init__(self, why: str, *, foreign: bool = False) -> None:
        super().__init__(why)
        self.foreign = foreign


@dataclass(slots=True, kw_only=True)
class Witness:
    """The pieces of the message that one rule quotes for its condition and its action, and what of them it has used."""

    said: Evidence
    context: ParseContext
    when: tuple[Mark, ...]
    do: tuple[Mark, ...]
    twins: frozenset[Mark] = frozenset()
    """Marks of a quoted piece that stands in the message more than once: what is used of one is used of all."""
    used: set[Mark] = field(default_factory=set)

    @property
    def both(self) -> tuple[Mark, ...]:
        """All that the rule quotes."""
        return tuple(dict.fromkeys((*self.when, *self.do)))

    def kinds(self) -> set[str]:
        """The kinds of all that the rule quotes."""
        return {mark.kind for mark in self.both}

    def number(
        self, marks: Iterable[Mark], value: Decimal, units: Collection[str], market: str | None = None
    ) -> Mark | None:
        """The number *value* of one of these units among *marks*, now used; None where it is not there.

        Raises Ungrounded where its digits can be read in two ways that both make sense.
        """
        fitting = [mark for mark in marks if mark.kind == "NUM" and mark.unit in units and value in mark.values]
        if not fitting:
            return None
        # "sell 30 % when it is up 30 %": each is there for one claim.
        found = next((mark for mark in fitting if mark not in self.used), fitting[0])
        self._sure(found, value, market)
        self.used.add(found)
        self.used.update(mark for mark in fitting if mark in self.twins and mark.text == found.text)
        return found

    def _sure(self, mark: Mark, value: Decimal, market: str | None) -> None:
        others = [other for other in mark.values if other != value]
        if self.said.tongue is None or not others:
            return
        current = self.context.prices.get(market or "")
        near = [v for v in mark.values if current is not None and current / FAR < v < current * FAR]
        if near != [value]:
            shown = " or ".join(plain(v) for v in mark.values)
            raise Ungrounded(f"“{mark.text}” can be read in two ways: write {shown}")

    def needs(self, marks: Iterable[Mark], value: Decimal, units: Collection[str], market: str | None = None) -> Mark:
        """As `number`; raises Ungrounded where it is not there."""
        found = self.number(marks, value, units, market)
        if found is None:
            raise Ungrounded(f"it has {plain(value)} where you did not say that")
        return found

    def measured(self, marks: Iterable[Mark], value: Decimal, claimed: str) -> Literal["usd", "percent", ""]:
        """The unit that was said with the number *value*; empty for none.

        Raises Ungrounded where the number is not there, or has another unit than *claimed*.
        """
        mark = self.needs(marks, value, ("", "usd", "percent"))
        if mark.unit and claimed and mark.unit != claimed:
            raise Ungrounded(f"it changed the unit of “{mark.text}”")
        return mark.unit  # type: ignore[return-value]

    def span(self, marks: Iterable[Mark], seconds: int) -> bool:
        """Whether this duration is among *marks*; it is now used."""
        for mark in marks:
            spoken = mark.kind == "DUR" or (mark.kind == "NUM" and mark.unit == "" and len(mark.values) > 1)
            exact = mark.kind == "SPAN" and str(mark.value) == str(seconds)
            daily = mark.kind == "TF" and TIMEFRAME_S.get(mark.value) == seconds
            if daily or (spoken and Decimal(seconds) in mark.values) or exact or _SPANS.get(mark.kind) == seconds:
                self.used.add(mark)
                return True
        return False

    def needs_span(self, marks: Iterable[Mark], seconds: int) -> None:
        """As `span`; raises Ungrounded where it is not there."""
        if not self.span(marks, seconds):
            raise Ungrounded(f"it has a time of {seconds} seconds where you did not say that")

    def take(self, kinds: Collection[str], marks: Iterable[Mark] | None = None) -> bool:
        """Whether there are marks of these kinds; they are now used."""
        found = [mark for mark in (self.both if marks is None else marks) if mark.kind in kinds]
        self.used.update(found)
        return bool(found)

    def way(self, marks: Collection[Mark], near: Mark | None) -> Literal["up", "down"] | None:
        """Which way the words nearest to a number, or its own sign, point; None where none do."""
        if near is not None and (sign := getattr(near.value, "sign", "")):
            return "up" if sign == "+" else "down"
        pointing = [mark for mark in marks if mark.kind in UP | DOWN]
        if not pointing:
            return None
        turned = {mark for mark in pointing if self._comes_from(mark)}
        ways = {(mark.kind in UP) != (mark in turned) for mark in pointing}
        if len(ways) == 1 or near is None:
            return None if len(ways) > 1 else "up" if ways == {True} else "down"
        nearest = min(pointing, key=lambda mark: (_gap(mark, near), mark.start > near.start))
        return "up" if (nearest.kind in UP) != (nearest in turned) else "down"

    def _comes_from(self, mark: Mark) -> bool:
        """Whether it says where something comes from: "cuts it from below" goes up."""
        return any(one.kind == "FROM" and 0 <= mark.start - one.end <= 1 for one in self.said.marks)

    def market(self, claimed: str, marks: Collection[Mark]) -> str:
        """The claimed market if the words name it there, or carry it there; else empty, which is asked about.

        Raises Ungrounded where the words name another one there.
        """
        if claimed in ("", ALL_MARKETS):
            return claimed
        there = _coins(marks)
        if there:
            if claimed not in there:
                raise Ungrounded(f"it has {claimed} where you named {' and '.join(sorted(there))}")
            return claimed
        rule = _coins(self.both)
        if rule:
            return claimed if rule == {claimed} else ""
        everywhere = _coins(self.said.marks)
        if len(everywhere) <= 1:
            return claimed if everywhere == {claimed} else ""
        start = min((mark.start for mark in self.both), default=0)
        before = [mark.value for mark in self.said.marks if mark.kind == "COIN" and mark.start < start]
        return claimed if before and before[-1] == claimed else ""

    def market_named(self, marks: Iterable[Mark]) -> bool:
        """Whether some market is named among *marks*."""
        return bool(_coins(marks))


def _coins(marks: Iterable[Mark]) -> set[str]:
    return {mark.value for mark in marks if mark.kind == "COIN"}


def _gap(mark: Mark, near: Mark) -> int:
    return max(near.start - mark.end, mark.start - near.end)
