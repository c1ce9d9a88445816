"""Simulated markets: reproducible, labelled, and the same whether watched or read as candles."""

import time
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.listing import LISTING
from core.domain.market import Candle, Observation
from core.prices.history import CandleBuilder
from core.prices.simulated import SIMULATED_MARKETS, SimulatedSource
from tests.core.prices.clocks import SteppingClock

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SOL = "SOL-PERP"


def source_at(now: datetime, *, seed: int = 7, speed: str = "1", tick_s: float = 0.5) -> SimulatedSource:
    return SimulatedSource(SteppingClock(now), seed=seed, epoch=EPOCH, speed=Decimal(speed), tick_s=tick_s)


async def watch(source: SimulatedSource, seconds: float, *markets: str) -> list[Observation]:
    seen: list[Observation] = []
    async with aclosing(source.observe(markets or [SOL])) as stream:
        async for observation in stream:
            seen.append(observation)
            if observation.at - seen[0].at >= timedelta(seconds=seconds):
                return seen
    raise AssertionError("Expected the stream to go on for ever")


async def test_every_observation_is_labelled_simulated_and_on_the_markets_grid() -> None:
    seen = await watch(source_at(EPOCH), 5, *SIMULATED_MARKETS)
    assert {observation.market for observation in seen} == set(LISTING)
    for observation in seen:
        assert observation.simulated
        assert observation.source == "simulated"
        assert observation.price % LISTING[observation.market].tick == 0


async def test_markets_begin_at_their_start_prices() -> None:
    source = source_at(EPOCH)
    assert {symbol: source.price(symbol, EPOCH) for symbol in LISTING} == {
        symbol: market.start for symbol, market in SIMULATED_MARKETS.items()
    }


async def test_a_price_is_told_each_half_second() -> None:
    seen = await watch(source_at(EPOCH + timedelta(microseconds=300_001)), 3)
    assert [observation.at for observation in seen] == [EPOCH + i * timedelta(seconds=0.5) for i in range(7)]
    assert all(observation.seen_at >= observation.at for observation in seen)


async def test_two_processes_and_a_restart_see_the_same_prices() -> None:
    first = prices(await watch(source_at(EPOCH), 20, "SOL-PERP", "BONK-PERP"))
    second = prices(await watch(source_at(EPOCH), 10, "BONK-PERP", "SOL-PERP"))
    restarted = prices(await watch(source_at(EPOCH + timedelta(seconds=10)), 10))
    assert len(second) == 41
    assert len(restarted) == 21
    assert second.items() <= first.items()
    assert restarted.items() <= first.items()


def prices(seen: list[Observation]) -> dict[tuple[str, datetime], Decimal]:
    return {(observation.market, observation.at): observation.price for observation in seen}


async def test_observed_prices_are_those_of_the_pure_function() -> None:
    source = source_at(EPOCH + timedelta(days=3), speed="60")
    for observation in await watch(source, 10):
        assert observation.price == source.price(SOL, observation.at)


@pytest.mark.parametrize("speed", ["1", "7", "60", "3600", "0.3"])
async def test_a_watched_minute_is_the_candle_of_that_minute(speed: str) -> None:
    begin = EPOCH + timedelta(days=2)
    source = source_at(begin, speed=speed)
    builder = CandleBuilder()
    watched = [candle for o in await watch(source, 181) if (candle := builder.add(o)) is not None]
    candles = await source.candles(SOL, "1m", begin, begin + timedelta(minutes=3))
    assert len(watched) == 3
    # The first tick belongs to a stretch that began before anybody watched, at whatever beat came last.
    assert [shape(candle) for candle in watched[1:]] == [shape(candle) for candle in candles[1:]]
    assert [candle.volume for candle in watched[1:]] == [candle.volume for candle in candles[1:]]
    assert watched[0].low >= candles[0].low
    assert watched[0].high <= candles[0].high


def shape(candle: Candle) -> tuple[Decimal, ...]:
    return candle.open, candle.high, candle.low, candle.close


async def test_larger_candles_are_made_of_minutes() -> None:
    end = EPOCH - timedelta(days=80)
    source = source_at(EPOCH)
    (hour,) = await source.candles(SOL, "1h", end - timedelta(hours=1), end)
    minutes = await source.candles(SOL, "1m", end - timedelta(hours=1), end)
    assert len(minutes) == 60
    assert shape(hour) == (
        minutes[0].open,
        max(minute.high for minute in minutes),
        min(minute.low for minute in minutes),
        minutes[-1].close,
    )
    assert hour.volume == sum(minute.volume or 0 for minute in minutes)


async def test_no_candle_tells_the_future() -> None:
    source = source_at(EPOCH + timedelta(minutes=10, seconds=59))
    candles = await source.candles(SOL, "1m", EPOCH, EPOCH + timedelta(days=1))
    assert candles[-1].start == EPOCH + timedelta(minutes=9)


async def test_after_a_long_sleep_watching_goes_on_from_now_not_from_then() -> None:
    clock = SteppingClock(EPOCH)
    source = SimulatedSource(clock, seed=7, epoch=EPOCH)
    async with aclosing(source.observe([SOL])) as stream:
        await anext(stream)
        clock.set(EPOCH + timedelta(hours=8))
        woken = await anext(stream)
    assert woken.at >= EPOCH + timedelta(hours=8)


async def test_volume_between_ticks_is_counted_once() -> None:
    begin = EPOCH + timedelta(hours=5)
    source = source_at(begin - timedelta(seconds=0.5))
    seen = await watch(source, 3601)
    (hour,) = await source.candles(SOL, "1h", begin, begin + timedelta(hours=1))
    assert sum(o.volume or 0 for o in seen if begin <= o.at < begin + timedelta(hours=1)) == hour.volume


async def test_small_prices_keep_their_precision() -> None:
    source = source_at(EPOCH)
    candles = await source.candles("BONK-PERP", "1h", EPOCH - timedelta(days=10), EPOCH)
    assert len({candle.close for candle in candles}) > 200
    assert all(Decimal("0.000005") < candle.close < Decimal("0.0001") for candle in candles)


async def test_a_faster_market_moves_more_in_the_same_time() -> None:
    begin, end = EPOCH, EPOCH + timedelta(hours=10)
    slow, fast = source_at(end), source_at(end, speed="100")

    async def range_of(source: SimulatedSource) -> Decimal:
        candles = await source.candles(SOL, "1h", begin, end)
        return sum(((candle.high - candle.low) / candle.open for candle in candles), Decimal(0)) / len(candles)

    assert await range_of(fast) > 5 * await range_of(slow)


@pytest.mark.parametrize(("epoch", "speed"), [(datetime(2026, 1, 1), "1"), (EPOCH, "0"), (EPOCH, "-1")])  # noqa: DTZ001
def test_nonsense_is_refused(epoch: datetime, speed: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        SimulatedSource(SteppingClock(EPOCH), seed=1, epoch=epoch, speed=Decimal(speed))


async def test_a_month_of_hours_is_there_in_no_time() -> None:
    source = source_at(EPOCH)
    began = time.process_time()
    candles = await source.candles(SOL, "1h", EPOCH - timedelta(days=30), EPOCH)
    assert len(candles) == 720
    assert time.process_time() - began < 1.0


async def test_the_loop_is_not_held_up_by_a_long_history() -> None:
    clock = SteppingClock(EPOCH)
    await SimulatedSource(clock, seed=1, epoch=EPOCH).candles(SOL, "1d", EPOCH - timedelta(days=30), EPOCH)
    assert clock.slept.count(0) >= 14
