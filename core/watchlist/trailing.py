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
    """Rules that share an extreme; the one with the least distance fires first.

    `stop` is where that is, as last worked out; `stamp` marks the one entry among the stops that is still meant.
    """

    extreme: Decimal
    nearest: dict[_Unit, list[_Entry]] = field(default_factory=lambda: {"usd": [], "percent": []})
    stop: Decimal | None = None
    stamp: int = 0

    def absorb(self, other: "_Group") -> None:
        for unit, heap in other.nearest.items():
            larger, smaller = sorted((self.nearest[unit], heap), key=len, reverse=True)
            for entry in smaller:
                heapq.heappush(larger, entry)
            self.nearest[unit] = larger


class TrailingBook:
    """One market's trailing rules of one direction.

    `down`: groups ordered by falling peak, as a price that beats a peak beats all lower ones: those merge into one
    group, smaller heap into larger. The stop that each group would meet first lies in one heap, so a tick that beats
    no peak and reaches no stop costs two comparisons, however many rules there are. `up` is the same with troughs.
    """

    def __init__(self, direction: Literal["down", "up"]) -> None:
        self._up = direction == "up"
        self._groups: list[_Group] = []  # down: falling peaks; up: rising troughs; the last is the first to be beaten
        self._stops: list[tuple[Decimal, int, _Group]] = []
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
        self._file(self._groups[place])
        self.moved = True

    def remove(self, rule_id: RuleId) -> None:
        """Forget the rule; no error if it is not here."""
        self._generation.pop(rule_id, None)

    def reached(self, price: Decimal) -> list[tuple[RuleId, Decimal]]:
        """The rules that *price* makes fire, after it moved the extremes that it beats, each with its extreme; they
        are off the book."""
        self._beat(price)
        fired: list[tuple[RuleId, Decimal]] = []
        while self._stops and self._is_beyond(price, self._stops[0]):
            _, stamp, group = heapq.heappop(self._stops)
            if stamp != group.stamp:
                continue
            for unit, heap in group.nearest.items():
                while (entry := self._first(heap)) is not None and self._fires(group.extreme, entry, unit, price):
                    fired.append((heapq.heappop(heap)[2], group.extreme))
                    self.remove(entry[2])
            group.stop = None
            self._file(group)
        return fired

    def nearest(self) -> Decimal | None:
        """The first stop that the price would meet, were it to turn now."""
        while self._stops:
            key, stamp, group = self._stops[0]
            if stamp == group.stamp and self._stop_of(group) == group.stop:
                return key if self._up else -key
            heapq.heappop(self._stops)
            if stamp == group.stamp:
                self._file(group)
        return None

    def is_quiet(self, low: Decimal, high: Decimal) -> bool:
        """Whether prices from *low* to *high* beat no extreme and reach no stop."""
        if not self._generation:
            return True
        first = self._groups[-1].extreme
        stop = self.nearest()
        if self._up:
            return low >= first and (stop is None or high < stop)
        return high <= first and (stop is None or low > stop)

    def extremes(self) -> Iterator[tuple[RuleId, Decimal]]:
        """Each rule's peak (trough)."""
        for group in self._groups:
            for heap in group.nearest.values():
                for entry in heap:
                    if self._generation.get(entry[2]) == entry[1]:
                        yield entry[2], group.extreme

    def _beat(self, price: Decimal) -> None:
        rank = self._rank(price)
        if not self._groups or self._rank(self._groups[-1].extreme) < rank:
            return
        beaten = _Group(extreme=price)
        while self._groups and self._rank(self._groups[-1].extreme) >= rank:
            group = self._groups.pop()
            group.stamp = -1
            beaten.absorb(group)
        if self._file(beaten):
            self._groups.append(beaten)
        self.moved = True

    def _file(self, group: _Group) -> bool:
        """Put the group where its stop is found, in place of where it was; False where nothing is left in it."""
        stop = self._stop_of(group)
        if stop is None:
            group.stamp = -1
            return False
        if stop != group.stop or group.stamp < 1:
            self._next += 1
            group.stop, group.stamp = stop, self._next
            heapq.heappush(self._stops, (stop if self._up else -stop, self._next, group))
            if len(self._stops) > 4 * len(self._groups) + 64:
                self._stops = [entry for entry in self._stops if entry[1] == entry[2].stamp]
                heapq.heapify(self._stops)
        return True

    def _stop_of(self, group: _Group) -> Decimal | None:
        stops = [
            moved(group.extreme, entry[0], unit, up=self._up)
            for unit, heap in group.nearest.items()
            if (entry := self._first(heap)) is not None
        ]
        return (min(stops) if self._up else max(stops)) if stops else None

    def _rank(self, extreme: Decimal) -> Decimal:
        """Ascending from the extreme hardest to beat: peaks fall, troughs rise."""
        return extreme if self._up else -extreme

    def _is_beyond(self, price: Decimal, entry: tuple[Decimal, int, _Group]) -> bool:
        return price >= entry[0] if self._up else price <= -entry[0]

    def _fires(self, extreme: Decimal, entry: _Entry, unit: _Unit, price: Decimal) -> bool:
        stop = moved(extreme, entry[0], unit, up=self._up)
        return price >= stop if self._up else price <= stop

    def _first(self, heap: list[_Entry]) -> _Entry | None:
        while heap and self._generation.get(heap[0][2]) != heap[0][1]:
            heapq.heappop(heap)
        return heap[0] if heap else None
