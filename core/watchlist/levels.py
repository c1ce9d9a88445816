"""Fixed prices at which rules fire, by side of the market, in heaps; decides what a price reaches and nothing else."""

import heapq
from decimal import Decimal

from core.domain.ids import RuleId
from core.domain.level import Levels


class LevelBook:
    """One market's levels. A tick costs one comparison a side, plus the logarithm for each rule that it reaches.

    Removal is lazy: an entry whose generation is not its rule's present one is dropped when it surfaces, and the heaps
    are rebuilt once more than half of them is dead.
    """

    def __init__(self) -> None:
        self._upper: list[tuple[Decimal, int, RuleId]] = []
        self._lower: list[tuple[Decimal, int, RuleId]] = []
        self._generation: dict[RuleId, int] = {}
        self._next = 0

    def add(self, rule_id: RuleId, levels: Levels) -> None:
        """Watch *levels* for the rule, in place of what was watched for it before."""
        self._next += 1
        self._generation[rule_id] = self._next
        if levels.upper is not None:
            heapq.heappush(self._upper, (levels.upper, self._next, rule_id))
        if levels.lower is not None:
            heapq.heappush(self._lower, (-levels.lower, self._next, rule_id))
        if len(self._upper) + len(self._lower) > 4 * len(self._generation) + 64:
            self._upper = [entry for entry in self._upper if self._live(entry)]
            self._lower = [entry for entry in self._lower if self._live(entry)]
            heapq.heapify(self._upper)
            heapq.heapify(self._lower)

    def remove(self, rule_id: RuleId) -> None:
        """Forget the rule; no error if it is not here."""
        self._generation.pop(rule_id, None)

    def reached(self, price: Decimal) -> list[RuleId]:
        """The rules whose level *price* is at or beyond; they are off the book."""
        found = []
        while self._upper and (self._upper[0][0] <= price or not self._live(self._upper[0])):
            found.append(heapq.heappop(self._upper))
        while self._lower and (-self._lower[0][0] >= price or not self._live(self._lower[0])):
            found.append(heapq.heappop(self._lower))
        fired = [entry[2] for entry in sorted(found, key=lambda entry: entry[1]) if self._live(entry)]
        for rule_id in fired:
            self.remove(rule_id)
        return list(dict.fromkeys(fired))

    def nearest(self, *, up: bool) -> Decimal | None:
        """The next level upwards or downwards."""
        heap = self._upper if up else self._lower
        while heap and not self._live(heap[0]):
            heapq.heappop(heap)
        if not heap:
            return None
        return heap[0][0] if up else -heap[0][0]

    def _live(self, entry: tuple[Decimal, int, RuleId]) -> bool:
        return self._generation.get(entry[2]) == entry[1]
