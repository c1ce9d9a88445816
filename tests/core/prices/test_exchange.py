"""Live prices through the unmodified ccxt, from loopback servers that behave badly."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.errors import PriceUnavailable
from core.domain.market import Observation
from core.prices.dialects import Address
from core.prices.exchange import ExchangeSource
from tests.core.prices.clocks import MachineClock
from tests.emulators.prices.hyperliquid import Hyperliquid
from tests.emulators.prices.kraken import Kraken

SOL = "SOL-PERP"
pytest.importorskip("ccxt", reason="the extra exchanges is not installed")


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.fixture
async def hyperliquid() -> AsyncIterator[Hyperliquid]:
    async with Hyperliquid({"SOL": "150.1", "BTC": "100000", "kBONK": "0.022"}) as server:
        yield server


@pytest.fixture
async def kraken() -> AsyncIterator[Kraken]:
    async with Kraken({"PF_SOLUSD": 150.2, "PF_XBTUSD": 100001.0}, now_ms) as server:
        yield server


@pytest.fixture
async def source(hyperliquid: Hyperliquid, kraken: Kraken) -> AsyncIterator[ExchangeSource]:
    source = ExchangeSource(
        MachineClock(),
        addresses={"hyperliquid": hyperliquid.address, "kraken": kraken.address},
        patience_s=0.5,
        silence_s=1.0,
        first_pause_s=0.02,
    )
    yield source
    await source.close()


@asynccontextmanager
async def watched(source: ExchangeSource, *markets: str) -> AsyncIterator[AsyncGenerator[Observation]]:
    async with aclosing(source.observe(markets or (SOL,))) as stream:
        yield stream


async def until(stream: AsyncGenerator[Observation], *, sources: int, market: str = SOL) -> Observation:
    async for observation in stream:
        if observation.sources == sources and observation.market == market:
            return observation
    raise AssertionError("Expected the stream to go on for ever")


async def test_two_exchanges_that_agree_are_one_price(
    source: ExchangeSource, hyperliquid: Hyperliquid, kraken: Kraken
) -> None:
    async with watched(source) as stream:
        both = await until(stream, sources=2)
        assert both.price == Decimal("150.15")
        assert both.source == "hyperliquid+kraken"
        assert both.funding_rate == Decimal("0.00125")
        assert not both.simulated
        await hyperliquid.tick("SOL", "150.4")
        assert (await anext(stream)).price == Decimal("150.3")
        await kraken.tick("PF_SOLUSD", 150.5)
        assert (await anext(stream)).price == Decimal("150.45")
        assert source.trouble(SOL) is None


async def test_one_exchange_alone_is_marked_so(
    source: ExchangeSource, hyperliquid: Hyperliquid, kraken: Kraken
) -> None:
    kraken.refusing = True
    async with watched(source) as stream:
        alone = await until(stream, sources=1)
        assert (alone.price, alone.source) == (Decimal("150.1"), "hyperliquid")
        kraken.refusing = False
        assert (await until(stream, sources=2)).price == Decimal("150.15")


async def test_exchanges_that_disagree_tell_nothing_and_say_so(
    source: ExchangeSource, hyperliquid: Hyperliquid, kraken: Kraken
) -> None:
    async with watched(source) as stream:
        await until(stream, sources=2)
        await hyperliquid.tick("SOL", "160")
        await hyperliquid.tick("BTC", "100002")
        await kraken.tick("PF_SOLUSD", 160.1)
        met = await until(stream, sources=2)
        assert met.price == Decimal("160.05")
        await kraken.tick("PF_SOLUSD", 170)
        await kraken.until(lambda: True)
        await hyperliquid.tick("SOL", "170.1")
        assert (await until(stream, sources=2)).price == Decimal("170.05")


async def test_disagreement_is_named(source: ExchangeSource, hyperliquid: Hyperliquid, kraken: Kraken) -> None:
    hyperliquid.marks["SOL"] = "140"
    async with watched(source, SOL, "BTC-PERP") as stream:
        await until(stream, sources=2, market="BTC-PERP")
        assert source.trouble(SOL) == "disagreeing"
        assert source.trouble("BTC-PERP") is None
        await hyperliquid.tick("SOL", "150.2")
        assert (await until(stream, sources=2)).price == Decimal("150.2")
        assert source.trouble(SOL) is None


BROKEN = {
    "garbage": "<html>502 Bad Gateway</html>",
    "broken json": '{"channel": "activeAssetCtx", "data": {',
    "wrong shape": '{"channel": "activeAssetCtx", "feed": "ticker", "product_id": 5, "data": [1]}',
}


@pytest.mark.parametrize("kind", ["cut", "closed", *BROKEN])
async def test_a_broken_connection_is_made_again(
    source: ExchangeSource, hyperliquid: Hyperliquid, kraken: Kraken, kind: str
) -> None:
    async with watched(source) as stream:
        await until(stream, sources=2)
        for server in (hyperliquid, kraken):
            if kind == "cut":
                await server.drop()
            elif kind == "closed":
                await server.close_politely()
            else:
                await server.say(BROKEN[kind])
        hyperliquid.marks["SOL"], kraken.marks["PF_SOLUSD"] = "155.1", 155.3
        async for observation in stream:
            if observation.sources == 2 and observation.price == Decimal("155.2"):
                break
            await hyperliquid.tick("SOL", "155.1")
            await kraken.tick("PF_SOLUSD", 155.3)


async def test_an_exchange_down_for_a_while_is_asked_at_growing_intervals(
    hyperliquid: Hyperliquid, kraken: Kraken
) -> None:
    clock = MachineClock(pace=0.01)
    kraken.refusing = True
    source = ExchangeSource(
        clock,
        addresses={"hyperliquid": hyperliquid.address, "kraken": kraken.address},
        patience_s=0,
        first_pause_s=1,
    )
    async with watched(source) as stream:
        await until(stream, sources=1)
        while len(clock.slept) < 6:
            await hyperliquid.tick("SOL", "150.3")
            await anext(stream)
    pauses = clock.slept[1:6]  # the first is the patience that a lone exchange is met with
    assert all(2**i / 2 <= pause <= 2**i for i, pause in enumerate(pauses))


async def test_times_that_run_backwards_are_not_believed(
    source: ExchangeSource, hyperliquid: Hyperliquid, kraken: Kraken
) -> None:
    async with watched(source) as stream:
        await until(stream, sources=2)
        await kraken.tick("PF_SOLUSD", 150.0, at_ms=now_ms() - 2000)
        await kraken.tick("PF_SOLUSD", 150.3)
        assert (await anext(stream)).price == Decimal("150.2")


async def test_a_suspended_market_has_no_price(
    source: ExchangeSource, hyperliquid: Hyperliquid, kraken: Kraken
) -> None:
    async with watched(source) as stream:
        await until(stream, sources=2)
        await kraken.tick("PF_SOLUSD", 150.0, suspended=True)
        await hyperliquid.tick("SOL", "150.3")
        assert (await anext(stream)).price == Decimal("150.25")


async def test_a_market_whose_exchange_halted_it_is_told_as_that(
    hyperliquid: Hyperliquid, kraken: Kraken, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = MachineClock()
    addresses = {"hyperliquid": hyperliquid.address, "kraken": kraken.address}
    source = ExchangeSource(clock, addresses=addresses, patience_s=0)
    async with watched(source) as stream:
        await until(stream, sources=2)
        await kraken.tick("PF_SOLUSD", 150.0, suspended=True)
        await hyperliquid.tick("SOL", "150.3")  # what the other exchange shows goes on
        await until(stream, sources=2)
        assert source.trouble(SOL) is None
        later = datetime.now(UTC) + timedelta(minutes=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        while source.trouble(SOL) != "halted":  # noqa: ASYNC110 - a reader of tickers rings no bell
            await asyncio.sleep(0.02)
        monkeypatch.undo()
        await kraken.tick("PF_SOLUSD", 150.3)
        await until(stream, sources=2)
        assert source.trouble(SOL) is None
    await source.close()


async def test_markets_listed_by_the_thousand_or_under_an_old_name_are_found(source: ExchangeSource) -> None:
    async with watched(source, "BONK-PERP", "BTC-PERP") as stream:
        assert (await until(stream, sources=2, market="BTC-PERP")).price == Decimal("100000.5")
        bonk = await until(stream, sources=1, market="BONK-PERP")
        assert bonk.price == Decimal("0.000022")


async def test_a_market_that_nobody_lists_is_named_as_such(source: ExchangeSource) -> None:
    assert source.trouble(SOL) == "unreachable"
    async with watched(source, SOL, "PEPE-PERP") as stream:
        await until(stream, sources=2)
        assert source.trouble("PEPE-PERP") == "unlisted"


# --- history -----------------------------------------------------------------------------------------------------

END = datetime(2026, 3, 2, tzinfo=UTC)


def rows(count: int, price: str) -> list[tuple[int, str, str, str, str, str]]:
    last = int(END.timestamp() * 1000)
    return [(last - 60_000 * i, price, price, price, price, "2.5") for i in range(count, 0, -1)]


async def test_history_is_fetched_page_by_page(source: ExchangeSource, hyperliquid: Hyperliquid) -> None:
    hyperliquid.candles["SOL"] = rows(2500, "150.25")
    begin = END - timedelta(minutes=2200)
    candles = await source.candles(SOL, "1m", begin, END)
    assert [candle.start for candle in candles] == [begin + i * timedelta(minutes=1) for i in range(2200)]
    assert {(c.close, c.volume, c.source) for c in candles} == {(Decimal("150.25"), Decimal("2.5"), "hyperliquid")}
    assert len([question for question in hyperliquid.asked if question["type"] == "candleSnapshot"]) == 3


async def test_a_hole_in_the_history_does_not_end_it(source: ExchangeSource, hyperliquid: Hyperliquid) -> None:
    kept = rows(3000, "150.25")
    hyperliquid.candles["SOL"] = kept[:200] + kept[-200:]
    assert len(await source.candles(SOL, "1m", END - timedelta(minutes=3000), END)) == 400


async def test_the_second_exchange_knows_what_the_first_does_not(
    source: ExchangeSource, hyperliquid: Hyperliquid, kraken: Kraken
) -> None:
    kraken.candles["PF_SOLUSD"] = rows(10, "150")
    candles = await source.candles(SOL, "1m", END - timedelta(minutes=5), END)
    assert [candle.source for candle in candles] == ["kraken"] * 5
    hyperliquid.refusing = True
    assert len(await source.candles(SOL, "1m", END - timedelta(minutes=5), END)) == 5


async def test_history_of_a_coin_listed_by_the_thousand_is_of_one(
    source: ExchangeSource, hyperliquid: Hyperliquid
) -> None:
    hyperliquid.candles["kBONK"] = rows(1, "0.022")
    (candle,) = await source.candles("BONK-PERP", "1m", END - timedelta(minutes=1), END)
    assert (candle.close, candle.volume) == (Decimal("0.000022"), Decimal(2500))


async def test_nobody_answering_is_not_an_empty_history(
    source: ExchangeSource, hyperliquid: Hyperliquid, kraken: Kraken
) -> None:
    hyperliquid.refusing = kraken.refusing = True
    with pytest.raises(PriceUnavailable, match=r"hyperliquid: .*kraken: "):
        await source.candles(SOL, "1m", END - timedelta(minutes=5), END)
    assert not source._asked


async def test_knocking_tells_whether_anybody_is_there(source: ExchangeSource) -> None:
    assert await source.is_reachable()
    nobody = Address(rest="http://127.0.0.1:9", ws="ws://127.0.0.1:9")
    assert not await ExchangeSource(MachineClock(), addresses={"hyperliquid": nobody, "kraken": nobody}).is_reachable()
