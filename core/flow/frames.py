"""Candles of longer timeframes, grown out of those of a replay; decides when one is closed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.condition import CandleClose, Indicator, leaves
from core.domain.market import TIMEFRAME_S, Candle, Timeframe
from core.domain.rule import RuleSet
from core.flow.readings import HISTORY


@dataclass(slots=True)
class _Frame:
    closed: list[Candle] = field(default_factory=list)
    growing: Candle | None = None


class Frames:
    """The closed candles that some rules' candle conditions look at; empty and false where there are none."""

    def __init__(self) -> None:
        self._frames: dict[Timeframe, _Frame] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def want(self, rules: RuleSet) -> None:
        """Keep candles of every timeframe that *rules* speak of."""
        for spec in rules:
            for leaf in leaves(spec.condition):
                if isinstance(leaf, CandleClose | Indicator):
                    self._frames.setdefault(leaf.timeframe, _Frame())

    def grow(self, candle: Candle, end: datetime) -> Iterator[tuple[Timeframe, list[Candle]]]:
        """Count *candle*, over at *end*, in; the timeframes that it closed a candle of, with all closed ones."""
        for timeframe, frame in self._frames.items():
            length = TIMEFRAME_S[timeframe]
            start = datetime.fromtimestamp(candle.start.timestamp() // length * length, candle.start.tzinfo)
            frame.growing = _merged(frame.growing, candle, timeframe, start)
            if end >= start + timedelta(seconds=length):
                frame.closed.append(frame.growing)
                del frame.closed[:-HISTORY]
                frame.growing = None
                yield timeframe, frame.closed

    async def history(self, _market: str, timeframe: Timeframe, _start: datetime, _end: datetime) -> list[Candle]:
        """What has closed so far; the one market of a replay."""
        frame = self._frames.get(timeframe)
        return [] if frame is None else frame.closed


def _merged(growing: Candle | None, candle: Candle, timeframe: Timeframe, start: datetime) -> Candle:
    if growing is None or growing.start != start:
        growing = None
    volume = candle.volume
    if growing is not None and growing.volume is not None:
        volume = growing.volume + (candle.volume or Decimal(0))
    return Candle(
        market=candle.market,
        timeframe=timeframe,
        start=start,
        open=candle.open if growing is None else growing.open,
        high=candle.high if growing is None else max(growing.high, candle.high),
        low=candle.low if growing is None else min(growing.low, candle.low),
        close=candle.close,
        volume=volume,
        source=candle.source,
    )
