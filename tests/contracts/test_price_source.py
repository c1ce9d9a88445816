"""What every PriceSource keeps to, whatever it is made of."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast, get_args

import pytest

from core.domain.market import TIMEFRAME_S, Candle, Observation, Timeframe
from core.ports import Clock, PriceSource
from core.prices.exchange import ExchangeSource
from core.prices.pyth import PythSource
from core.prices.replay import ReplaySource
from core.prices.simulated import SimulatedSource
from tests.core.prices.clocks import MachineClock, SteppingClock
from tests.emulators.prices.hermes import Hermes
from tests.emulators.prices.hyperliquid import Hyperliquid
from tests.emulators.prices.kraken import Kraken

SOL, BTC, NOBODYS = "SOL-PERP", "BTC-PERP", "NOBODYS-PERP"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A source on its stage, and the clock it goes by."""

    source: Any
    clock: Clock


@asynccontextmanager
async def simulated() -> AsyncIterator[Staged]:
    clock = SteppingClock(NOW)
    yield Staged(source=SimulatedSource(clock, seed=1, epoch=NOW - timedelta(days=3)), clock=clock)


@asynccontextmanager
async def replayed() -> AsyncIterator[Staged]:
    clock = SteppingClock(NOW)
    begin = NOW - timedelta(days=1)
    candles = [
        Candle(
            market=market,
            timeframe="1m",
            start=begin + minute * timedelta(minutes=1),
            open=Decimal(100 + minute % 7),
            high=Decimal(110),
            low=Decimal(90),
            close=Decimal(100 + (minute + 1) % 7),
            volume=Decimal(5),
        )
        for market in (SOL, BTC)
        for minute in range(2 * 1440)
    ]
    yield Staged(source=ReplaySource(candles, clock, began=begin), clock=clock)


@asynccontextmanager
async def exchange() -> AsyncIterator[Staged]:
    pytest.importorskip("ccxt", reason="the extra exchanges is not installed")
    async with (
        Hyperliquid({"SOL": "150", "BTC": "100000"}) as hyperliquid,
        Kraken({"PF_SOLUSD": 150.1, "PF_XBTUSD": 100010.0}, lambda: int(time.time() * 1000)) as kraken,
    ):
        last = int(time.time()) // 60 * 60_000
        hyperliquid.candles["SOL"] = [(last - 60_000 * i, "150", "151", "149", "150", "2") for i in range(90, -1, -1)]

        async def move(number: int) -> None:
            await hyperliquid.tick("SOL", f"150.{number % 10}")
            await kraken.tick("PF_XBTUSD", 100000.0 + number % 10)

        addresses = {"hyperliquid": hyperliquid.address, "kraken": kraken.address}
        clock = MachineClock()
        async with moving(move):
            yield Staged(source=ExchangeSource(clock, addresses=addresses, patience_s=0.1), clock=clock)


@asynccontextmanager
async def pyth() -> AsyncIterator[Staged]:
    async with Hermes({"Crypto.SOL/USD": "aa", "Crypto.BTC/USD": "bb"}, key="key") as hermes:

        async def move(number: int) -> None:
            for symbol in hermes.feeds:
                await hermes.publish(symbol, f"{15_000_000_000 + number}", "5", int(time.time()))

        clock = MachineClock()
        async with moving(move):
            yield Staged(source=PythSource(clock, key="key", url=hermes.url), clock=clock)


@asynccontextmanager
async def moving(move: Callable[[int], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Keep a loopback market moving."""

    async def run() -> None:
        number = 0
        while True:
            number += 1
            await move(number)
            await asyncio.sleep(0.02)

    runner = asyncio.create_task(run())
    try:
        yield
    finally:
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)


STAGES = {"simulated": simulated, "replay": replayed, "exchange": exchange, "pyth": pyth}


@pytest.fixture(params=STAGES)
async def staged(request: pytest.FixtureRequest) -> AsyncIterator[Staged]:
    async with AsyncExitStack() as stack:
        staged = await stack.enter_async_context(STAGES[request.param]())
        yield staged
        await staged.source.close()


async def watch(source: PriceSource, count: int, *markets: str) -> list[Observation]:
    async with asyncio.timeout(30), aclosing(cast(Any, source.observe(markets))) as stream:
        return [await anext(stream) for _ in range(count)]


async def test_observations_are_sound(staged: Staged) -> None:
    seen = await watch(staged.source, 20, SOL, BTC)
    assert {observation.market for observation in seen} == {SOL, BTC}
    for observation in seen:
        assert observation.price > 0
        assert observation.at.utcoffset() == observation.seen_at.utcoffset() == timedelta(0)
        assert observation.at <= observation.seen_at <= staged.clock.now()
        assert observation.simulated is staged.source.simulated
        assert observation.source
        assert observation.sources >= 1
        assert observation.confidence is None or observation.confidence >= 0
        assert observation.volume is None or observation.volume >= 0


async def test_the_times_of_a_market_never_run_backwards(staged: Staged) -> None:
    seen = await watch(staged.source, 20, SOL, BTC)
    for market in (SOL, BTC):
        times = [observation.at for observation in seen if observation.market == market]
        assert times == sorted(times)


async def test_only_what_was_asked_for_is_told(staged: Staged) -> None:
    assert {observation.market for observation in await watch(staged.source, 6, SOL, SOL)} == {SOL}


async def test_a_market_that_is_not_there_disturbs_nobody(staged: Staged) -> None:
    assert {observation.market for observation in await watch(staged.source, 6, NOBODYS, SOL)} == {SOL}
    assert staged.source.trouble(NOBODYS) == "unlisted"
    assert staged.source.trouble(SOL) is None


async def test_watching_can_begin_again_and_twice_at_once(staged: Staged) -> None:
    await watch(staged.source, 1, SOL)
    one, two = await asyncio.gather(watch(staged.source, 3, SOL), watch(staged.source, 3, SOL))
    assert len(one) == len(two) == 3


async def test_a_watch_that_is_cancelled_leaves_nothing_running(staged: Staged) -> None:
    before = asyncio.all_tasks()

    async def forever() -> None:
        async with aclosing(cast(Any, staged.source.observe([SOL]))) as stream:
            async for _ in stream:
                started.set()

    started = asyncio.Event()
    watching = asyncio.create_task(forever())
    async with asyncio.timeout(30):
        await started.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    left = {task for task in asyncio.all_tasks() - before if not _is_of_a_server(task)}
    assert not left


def _is_of_a_server(task: "asyncio.Task[Any]") -> bool:
    """Whether a task serves a loopback connection that has not noticed its end yet."""
    return "web_protocol" in repr(task.get_coro()) or "RequestHandler" in repr(task)


async def test_candles_are_closed_sound_and_in_order(staged: Staged) -> None:
    for timeframe in get_args(Timeframe):
        await check_candles(staged, timeframe)


async def check_candles(staged: Staged, timeframe: Timeframe) -> None:
    now = staged.clock.now()
    start, end = now - timedelta(hours=1), now + timedelta(days=2)
    candles = await staged.source.candles(SOL, timeframe, start, end)
    length = timedelta(seconds=TIMEFRAME_S[timeframe])
    assert [candle.start for candle in candles] == sorted({candle.start for candle in candles})
    for candle in candles:
        assert start <= candle.start < end
        assert candle.start + length <= staged.clock.now()
        assert candle.start.timestamp() % length.total_seconds() == 0
        assert candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
        assert (candle.market, candle.timeframe) == (SOL, timeframe)
        assert candle.source


async def test_history_is_there_unless_the_source_has_none(staged: Staged) -> None:
    now = staged.clock.now()
    candles = await staged.source.candles(SOL, "1m", now - timedelta(hours=1), now)
    assert len(candles) in ({0} if staged.source.name == "pyth" else {59, 60})


async def test_there_is_no_history_of_what_is_not_there(staged: Staged) -> None:
    now = staged.clock.now()
    assert await staged.source.candles(NOBODYS, "1m", now - timedelta(hours=1), now) == []


async def test_closing_twice_does_no_harm(staged: Staged) -> None:
    await staged.source.close()
    await staged.source.close()
