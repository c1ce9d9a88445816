"""Candles out of observations, and the past out of a source: decides what is in a candle, not what it is used for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.domain.market import TIMEFRAME_S, Candle, Observation, Timeframe
from core.ports import PriceSource, Store
from core.prices.frames import start_of

_GRACE = timedelta(seconds=5)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_JOINED_GAP = timedelta(hours=1)


@dataclass(slots=True)
class _Growing:
    """A candle that is not over."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    last_at: datetime
    volume: Decimal | None
    funding_rate: Decimal | None
    source: str
    partial: bool

    def take(self, seen: Observation) -> None:
        self.high = max(self.high, seen.price)
        self.low = min(self.low, seen.price)
        if seen.volume is not None:
            self.volume = seen.volume if self.volume is None else self.volume + seen.volume
        if seen.at >= self.last_at:
            self.close, self.last_at, self.source = seen.price, seen.at, seen.source
            if seen.funding_rate is not None:
                self.funding_rate = seen.funding_rate


class CandleBuilder:
    """Candles of every market it is shown, each handed out once, when it is over.

    A market's first candle is left out where its first seconds were missed, because a part of a minute must not stand
    in the tables as a minute (`keep_first` keeps it). What comes late for a candle already handed out is dropped.
    Volume is the sum of what is known of it; funding the last rate known; both None where nothing is known.
    """

    def __init__(self, timeframe: Timeframe = "1m", *, keep_first: bool = False) -> None:
        self._timeframe: Timeframe = timeframe
        self._length = timedelta(seconds=TIMEFRAME_S[timeframe])
        self._keep_first = keep_first
        self._growing: dict[str, _Growing] = {}
        self._over: dict[str, datetime] = {}

    def add(self, observation: Observation) -> Candle | None:
        """Count *observation* in; the market's candle before it, if that is over now."""
        market, start = observation.market, start_of(observation.at, self._timeframe)
        growing = self._growing.get(market)
        if growing is not None and growing.start == start:
            growing.take(observation)
            return None
        over_until = self._over.get(market)
        if (growing is not None and start < growing.start) or (over_until is not None and start < over_until):
            return None
        finished = self._finish(market) if growing is not None else None
        missed = over_until is None and growing is None and observation.at - start > _GRACE
        self._growing[market] = _Growing(
            start=start,
            open=observation.price,
            high=observation.price,
            low=observation.price,
            close=observation.price,
            last_at=observation.at,
            volume=observation.volume,
            funding_rate=observation.funding_rate,
            source=observation.source,
            partial=missed and not self._keep_first,
        )
        return finished

    def close(self, until: datetime) -> list[Candle]:
        """Every candle that is over at *until*, of markets too that have fallen silent; for a timer and the end."""
        due = [market for market, growing in self._growing.items() if growing.start + self._length <= until]
        finished = [self._finish(market) for market in due]
        return [candle for candle in finished if candle is not None]

    def _finish(self, market: str) -> Candle | None:
        growing = self._growing.pop(market)
        self._over[market] = growing.start + self._length
        if growing.partial:
            return None
        return Candle(
            market=market,
            timeframe=self._timeframe,
            start=growing.start,
            open=growing.open,
            high=growing.high,
            low=growing.low,
            close=growing.close,
            volume=growing.volume,
            funding_rate=growing.funding_rate,
            source=growing.source,
        )


async def backfill(source: PriceSource, store: Store, markets: Sequence[str], until: datetime, days: int) -> int:
    """Save the 1-minute candles of the *days* before *until* that are missing; how many there were.

    Newest days first, since they are asked for first. Where a source has nothing for a whole missing day it has
    nothing older either and is not asked again. What the store has is never replaced. Raises what *source* raises,
    mostly PriceUnavailable; everything saved until then stays saved.
    """
    saved = 0
    end = start_of(until, "1m")
    for market in markets:
        for back in range(days):
            day_end = end - back * _DAY
            day_start = day_end - _DAY
            held = {candle.start for candle in await store.candles(market, "1m", day_start, day_end)}
            found = 0
            for first, last in _missing(held, day_start, day_end):
                wanted = [c for c in await source.candles(market, "1m", first, last) if c.start not in held]
                if wanted:
                    await store.save_candles(wanted)
                found += len(wanted)
            saved += found
            if not held and not found:
                break
    return saved


def _missing(held: set[datetime], start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches without candles, as `[first, last)`; stretches less than an hour apart are asked for as one."""
    first = last = None
    at = start.astimezone(UTC)
    while at < end:
        if at not in held:
            if first is not None and last is not None and at - last > _JOINED_GAP:
                yield first, last
                first = None
            first = at if first is None else first
            last = at + _MINUTE
        at += _MINUTE
    if first is not None and last is not None:
        yield first, last
