"""A market's highest and lowest price since any moment of the recent past; decides no firing."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.condition import PriceChange, leaves
from core.domain.rule import Rule

_Point = tuple[datetime, Decimal]


class Extremes:
    """Highs and lows since any time within `span`.

    Two staircases: a later price that beats earlier ones makes them irrelevant for every question that still includes
    it, so each keeps a strictly falling (rising) row of prices, and a question is one binary search.
    """

    def __init__(self, span: timedelta) -> None:
        self.span = span
        self._highs: list[_Point] = []
        self._lows: list[_Point] = []

    def add(self, at: datetime, price: Decimal) -> None:
        """Take in *price*; an instant before the last one's counts as that."""
        at = at if self.last is None else max(at, self.last)
        while self._highs and self._highs[-1][1] <= price:
            self._highs.pop()
        while self._lows and self._lows[-1][1] >= price:
            self._lows.pop()
        self._highs.append((at, price))
        self._lows.append((at, price))
        old = at - self.span
        for row in (self._highs, self._lows):
            if row[0][0] < old:
                del row[: bisect_left(row, old, key=lambda point: point[0])]

    def recall(self, points: Iterable[_Point]) -> None:
        """Take in what `steps` gave earlier, also what lies before anything known."""
        known = sorted({*points, *self._highs, *self._lows})
        self._highs, self._lows = [], []
        for at, price in known:
            self.add(at, price)

    @property
    def last(self) -> datetime | None:
        """When the last price was taken in."""
        return self._highs[-1][0] if self._highs else None

    def steps(self, since: datetime) -> list[_Point]:
        """What must be added again, in order, for the same answers about any time from *since* on."""
        return sorted({point for row in (self._highs, self._lows) for point in row if point[0] >= since})

    def high(self, since: datetime) -> Decimal | None:
        """The highest price at or after *since*, or None if there was none."""
        return _first(self._highs, since)

    def low(self, since: datetime) -> Decimal | None:
        """The lowest price at or after *since*, or None if there was none."""
        return _first(self._lows, since)


def steps_of(rule: Rule, extremes: Mapping[str, Extremes]) -> dict[str, Any]:
    """What *rule* must remember of the *extremes* by market that its windows look at, by key of its memory."""
    steps = {}
    for leaf in leaves(rule.spec.condition):
        seen = extremes.get(getattr(leaf, "market", ""))
        if isinstance(leaf, PriceChange) and leaf.reference == "window" and seen is not None and seen.last is not None:
            since = max(rule.armed_at or seen.last, seen.last - timedelta(seconds=leaf.window_s or 0))
            steps[f"seen.{leaf.market}"] = [[at.isoformat(), str(price)] for at, price in seen.steps(since)]
    return steps


def _first(row: list[_Point], since: datetime) -> Decimal | None:
    place = bisect_left(row, since, key=lambda point: point[0])
    return row[place][1] if place < len(row) else None
