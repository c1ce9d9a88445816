"""Candles out of observations, and the past filled in: nothing invented, nothing replaced, nothing asked twice."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from core.domain.errors import PriceUnavailable
from core.domain.market import Candle, Observation, Timeframe
from core.ports import Store
from core.prices.history import CandleBuilder, backfill
from core.prices.simulated import SimulatedSource
from tests.core.prices.clocks import SteppingClock

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def seen(seconds: float, price: str, *, volume: str | None = None, funding: str | None = None) -> Observation:
    at = START + timedelta(seconds=seconds)
    return Observation(
        market="SOL-PERP",
        price=Decimal(price),
        at=at,
        seen_at=at,
        source="exchange",
        volume=None if volume is None else Decimal(volume),
        funding_rate=None if funding is None else Decimal(funding),
    )


def built(*observations: Observation) -> list[Candle]:
    builder = CandleBuilder()
    return [candle for o in observations if (candle := builder.add(o)) is not None] + builder.close(START + DAY)


def test_a_minute_is_handed_out_once_it_is_over() -> None:
    builder = CandleBuilder()
    prices = ["10", "12", "9", "11"]
    assert [builder.add(seen(15 * i, price, volume="2", funding="0.01")) for i, price in enumerate(prices)] == [
        None
    ] * 4
    assert builder.add(seen(60, "50")) == Candle(
        market="SOL-PERP",
        timeframe="1m",
        start=START,
        open=Decimal(10),
        high=Decimal(12),
        low=Decimal(9),
        close=Decimal(11),
        volume=Decimal(8),
        funding_rate=Decimal("0.01"),
        source="exchange",
    )


def test_a_silent_market_is_closed_by_the_timer() -> None:
    builder = CandleBuilder()
    builder.add(seen(0, "10"))
    assert builder.close(START + timedelta(seconds=59)) == []
    assert [candle.close for candle in builder.close(START + MINUTE)] == [Decimal(10)]
    assert builder.close(START + DAY) == []


def test_what_comes_late_changes_no_candle_already_handed_out() -> None:
    builder = CandleBuilder()
    builder.add(seen(0, "10"))
    assert len(builder.close(START + MINUTE)) == 1
    assert builder.add(seen(59, "99")) is None
    assert builder.close(START + DAY) == []
    builder.add(seen(70, "11"))
    assert builder.add(seen(30, "99")) is None
    assert [(candle.high, candle.start) for candle in builder.close(START + DAY)] == [(Decimal(11), START + MINUTE)]


def test_out_of_order_within_a_minute_widens_it_but_is_not_its_close() -> None:
    (candle,) = built(seen(0, "10"), seen(30, "11"), seen(20, "15"))
    assert (candle.high, candle.close) == (Decimal(15), Decimal(11))


def test_a_minute_joined_in_its_middle_is_left_out() -> None:
    assert [candle.start for candle in built(seen(20, "10"), seen(61, "11"))] == [START + MINUTE]
    kept = CandleBuilder(keep_first=True)
    kept.add(seen(20, "10"))
    assert len(kept.close(START + DAY)) == 1


def test_unknown_volume_and_funding_stay_unknown() -> None:
    (candle,) = built(seen(0, "10"), seen(30, "11"))
    assert candle.volume is None
    assert candle.funding_rate is None


def test_no_minute_is_invented_where_nothing_was_seen() -> None:
    assert [candle.start for candle in built(seen(0, "10"), seen(600, "11"))] == [START, START + 10 * MINUTE]


class Kept:
    """A store that keeps candles and what was saved."""

    def __init__(self, held: Sequence[Candle] = ()) -> None:
        self.held = {(candle.market, candle.start): candle for candle in held}
        self.saved: list[Candle] = []

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        assert timeframe == "1m"
        return [candle for (m, at), candle in sorted(self.held.items()) if m == market and start <= at < end]

    async def save_candles(self, candles: Sequence[Candle]) -> None:
        assert not {(candle.market, candle.start) for candle in candles} & set(self.held)
        self.saved += candles
        self.held |= {(candle.market, candle.start): candle for candle in candles}


class Past:
    """A source of simulated history that remembers what it was asked; it knows nothing before `since`."""

    name = "past"
    simulated = True

    def __init__(self, since: datetime = START - 30 * DAY) -> None:
        self.asked: list[tuple[datetime, datetime]] = []
        self.since = since
        self._source = SimulatedSource(SteppingClock(START + DAY), seed=1, epoch=START)

    def observe(self, markets: Sequence[str]) -> Any:
        raise NotImplementedError

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        self.asked.append((start, end))
        if end <= self.since:
            return []
        return await self._source.candles(market, timeframe, max(start, self.since), end)

    async def close(self) -> None:
        """Nothing is held."""


async def fill(source: Past, store: Kept, days: int = 3) -> int:
    return await backfill(source, cast(Store, store), ["SOL-PERP"], START, days)


async def test_an_empty_store_is_filled_newest_day_first() -> None:
    source, store = Past(), Kept()
    assert await fill(source, store) == 3 * 1440
    assert source.asked == [(START - (day + 1) * DAY, START - day * DAY) for day in range(3)]
    starts = sorted(candle.start for candle in store.saved)
    assert starts == [START - 3 * DAY + i * MINUTE for i in range(3 * 1440)]


async def test_a_full_store_asks_for_nothing() -> None:
    source, store = Past(), Kept()
    await fill(source, store)
    source.asked.clear()
    assert await fill(source, store) == 0
    assert source.asked == []


async def test_only_holes_are_asked_for() -> None:
    source, store = Past(), Kept()
    await fill(source, store, 1)
    holes = [START - 10 * timedelta(hours=1), START - 10 * timedelta(hours=1) + 5 * MINUTE, START - MINUTE]
    for hole in holes:
        del store.held["SOL-PERP", hole]
    source.asked.clear()
    store.saved.clear()
    assert await fill(source, store, 1) == 3
    assert source.asked == [(holes[0], holes[1] + MINUTE), (holes[2], START)]
    assert [candle.start for candle in store.saved] == holes


async def test_a_source_without_older_history_is_not_asked_on_and_on() -> None:
    source = Past(since=START - timedelta(hours=30))
    assert await fill(source, Kept(), 20) == 30 * 60
    assert len(source.asked) == 3


async def test_a_source_that_fails_keeps_what_was_saved() -> None:
    class Failing(Past):
        async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
            if self.asked:
                raise PriceUnavailable("No history")
            return await super().candles(market, timeframe, start, end)

    store = Kept()
    with pytest.raises(PriceUnavailable):
        await fill(Failing(), store)
    assert len(store.saved) == 1440
