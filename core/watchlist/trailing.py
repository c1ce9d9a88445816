"""Trailing distances behind a peak or above a trough, in groups that share one; decides what a price reaches."""

import heapq
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from core.domain.condition import Trailing
from core.domain.ids import RuleId
from core.domain.level import moved

_Unit = Literal["usd", "percent"]
_Entry = tuple[Decimal, int, RuleId]
"""Distance, generation, rule: an entry whose generation is not its rule's present one is dead."""


@dataclass(slots=True, eq=False)
class _Group:
    """Rules that share an extreme; the one with the least distance fires first."""

    extreme: Decimal
    nearest: dict[_Unit, list[_Entry]] = field(default_factory=lambda: {"usd": [], "percent": []})

    def absorb(self, other: "_Group") -> None:
        for unit, heap in other.nearest.items():
            larger, smaller = sorted((self.nearest[unit], heap), key=len, reverse=True)
            for entry in smaller:
                heapq.heappush(larger, entry)
            self.nearest[unit] = larger


class TrailingBook:
    """One market's trailing rules of one direction.

    `down`: groups ordered by falling peak, as a price that beats a peak beats all lower ones: those merge into one
    group, smaller heap into larger. A tick costs one comparison a group that is not beaten, and groups are few:
    each new extreme swallows those before it. `up` is the same with troughs.
    """

    def __init__(self, direction: Literal["down", "up"]) -> None:
        self._up = direction == "up"
        self._groups: list[_Group] = []  # down: falling peaks; up: rising troughs; the last is the first to be beaten
        self._generation: dict[RuleId, int] = {}
        self._next = 0
        self.moved = False
        """Whether an extreme changed since the reader last set this to False."""

    def __len__(self) -> int:
        return len(self._generation)

    def add(self, rule_id: RuleId, condition: Trailing, extreme: Decimal) -> None:
        """Trail from *extreme*, the peak (trough) that the rule has seen so far."""
        self._next += 1
        self._generation[rule_id] = self._next
        place = bisect_left(self._groups, self._rank(extreme), key=lambda group: self._rank(group.extreme))
        if place == len(self._groups) or self._groups[place].extreme != extreme:
            self._groups.insert(place, _Group(extreme=extreme))
        heapq.heappush(self._groups[place].nearest[condition.unit], (condition.distance, self._next, rule_id))
        self.moved = True

    def remove(self, rule_id: RuleId) -> None:
        """Forget the rule; no error if it is not here."""
        self._generation.pop(rule_id, None)

    def reached(self, price: Decimal) -> list[RuleId]:
        """The rules that *price* makes fire, after it moved the extremes that it beats; they are off the book."""
        beaten = _Group(extreme=price)
        rank = self._rank(price)
        swallowed = False
        while self._groups and self._rank(self._groups[-1].extreme) >= rank:
            beaten.absorb(self._groups.pop())
            swallowed = True
        if swallowed:
            self._groups.append(beaten)
            self.moved = True
        fired: list[RuleId] = []
        for group in self._groups:
            for unit, heap in group.nearest.items():
                while (entry := self._first(heap)) is not None and self._fires(group.extreme, entry, unit, price):
                    fired.append(heapq.heappop(heap)[2])
                    self.remove(fired[-1])
        if fired:
            self._groups = [group for group in self._groups if group.nearest["usd"] or group.nearest["percent"]]
        return fired

    def nearest(self) -> Decimal | None:
        """The first stop that the price would meet, were it to turn now."""
        stops = [
            moved(group.extreme, entry[0], unit, up=self._up)
            for group in self._groups
            for unit, heap in group.nearest.items()
            if (entry := self._first(heap)) is not None
        ]
        return (min(stops) if self._up else max(stops)) if stops else None

    def extremes(self) -> Iterator[tuple[RuleId, Decimal]]:
        """Each rule's peak (trough)."""
        for group in self._groups:
            for heap in group.nearest.values():
                for entry in heap:
                    if self._generation.get(entry[2]) == entry[1]:
                        yield entry[2], group.extreme

    def _rank(self, extreme: Decimal) -> Decimal:
        """Ascending from the extreme hardest to beat: peaks fall, troughs rise."""
        return extreme if self._up else -extreme

    def _fires(self, extreme: Decimal, entry: _Entry, unit: _Unit, price: Decimal) -> bool:
        stop = moved(extreme, entry[0], unit, up=self._up)
        return price >= stop if self._up else price <= stop

    def _first(self, heap: list[_Entry]) -> _Entry | None:
        while heap and self._generation.get(heap[0][2]) != heap[0][1]:
            heapq.heappop(heap)
        return heap[0] if heap else None
