"""What rules do over candles, worked out the slow and plain way, sharing no code with the product's replay."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

HISTORY = Path(__file__).resolve().parents[4] / "shared" / "data" / "sol-perp-15m.csv"
QUARTER = timedelta(minutes=15)
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Bar:
    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@cache
def _history() -> list[Bar]:
    with HISTORY.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Bar(datetime.fromisoformat(row["time"]), *(Decimal(row[name]) for name in ("open", "high", "low", "close")))
        for row in rows
    ]


def read_bars(start: datetime, end: datetime) -> list[Bar]:
    return [bar for bar in _history() if start <= bar.start < end]


def segments(bars: list[Bar]) -> Iterator[tuple[Bar, Decimal, Decimal, bool]]:
    """`(bar, from, to, jumped)`: a jump to each open, then open → nearer of low and high → the other → close."""
    price = bars[0].open
    for bar in bars:
        yield bar, price, bar.open, True
        nearer_low = (bar.open - bar.low, bar.close < bar.open) < (bar.high - bar.open, bar.close >= bar.open)
        first, second = (bar.low, bar.high) if nearer_low else (bar.high, bar.low)
        for begin, end in ((bar.open, first), (first, second), (second, bar.close)):
            yield bar, begin, end, False
        price = bar.close


@dataclass
class Level:
    """Fires where the price is at `price` or beyond it."""

    name: str
    side: Literal["up", "down"]
    price: Decimal
    armed: bool = True
    kills: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()

    def touched(self, begin: Decimal, end: Decimal) -> Decimal | None:
        """Where on the way from *begin* to *end* it fires first."""
        if (begin >= self.price) if self.side == "up" else (begin <= self.price):
            return begin
        return self.price if ((end >= self.price) if self.side == "up" else (end <= self.price)) else None

    def moved(self, price: Decimal) -> None:
        """Take in that the price was there."""

    def fired(self, price: Decimal) -> None:
        self.armed = False


@dataclass
class Trail(Level):
    """A level that follows the highest price seen, `percent` below it."""

    percent: Decimal = Decimal(0)
    peak: Decimal = Decimal(0)

    def moved(self, price: Decimal) -> None:
        self.peak = max(self.peak, price)
        self.price = self.peak * (1 - self.percent / HUNDRED)


@dataclass
class Again(Level):
    """A level below where it last fired, by `percent`, so often."""

    percent: Decimal = Decimal(0)
    times: int = 1

    def fired(self, price: Decimal) -> None:
        self.times -= 1
        self.armed = self.times > 0
        self.price = price * (1 - self.percent / HUNDRED)


@dataclass
class BruteForce:
    """Every rule looked at on every stretch of the path; the one touched first fires, and it goes on from there."""

    bars: list[Bar]
    rules: list[Level]
    fired: list[tuple[str, datetime, Decimal]] = field(default_factory=list)

    def run(self) -> list[tuple[str, datetime, Decimal]]:
        for bar, begin, end, jumped in segments(self.bars):
            here = end if jumped else begin
            self._see(here)
            while True:
                touched = [
                    (abs(at - here), number, at)
                    for number, rule in enumerate(self.rules)
                    if rule.armed and (at := rule.touched(here, end)) is not None
                ]
                if not touched:
                    break
                _, number, here = min(touched)
                self._see(here)
                self._fire(self.rules[number], bar, here)
            self._see(end)
        return self.fired

    def _see(self, price: Decimal) -> None:
        for rule in self.rules:
            if rule.armed:
                rule.moved(price)

    def _fire(self, rule: Level, bar: Bar, price: Decimal) -> None:
        self.fired.append((rule.name, bar.start, price))
        rule.fired(price)
        for other in self.rules:
            if other.name in rule.kills:
                other.armed = False
            if other.name in rule.arms:
                other.armed = True


def grouped(bars: list[Bar], length: timedelta) -> Iterator[tuple[datetime, Decimal]]:
    """`(end, close)` of each whole longer candle."""
    size = int(length / QUARTER)
    for number, bar in enumerate(bars):
        end = bar.start + QUARTER
        whole = number >= size - 1 and bars[number - size + 1].start == end - length
        if whole and int(end.timestamp()) % int(length.total_seconds()) == 0:
            yield end, bar.close


def rsi(closes: list[Decimal], period: int) -> list[float | None]:
    """Wilder's RSI: the first average is a plain one, each later one takes 1/period of the newest change."""
    values: list[float | None] = [None] * min(period, len(closes))
    changes = [float(b - a) for a, b in pairwise(closes)]
    up = sum(max(change, 0) for change in changes[:period]) / period
    down = sum(max(-change, 0) for change in changes[:period]) / period
    for number in range(period, len(closes)):
        if number > period:
            up = (up * (period - 1) + max(changes[number - 1], 0)) / period
            down = (down * (period - 1) + max(-changes[number - 1], 0)) / period
        values.append(100 - 100 / (1 + up / down) if down else 100)
    return values
