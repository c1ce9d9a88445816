"""Pyth's oracle prices through the unmodified aiohttp, from a loopback Hermes that behaves badly."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.domain.errors import NotConfigured
from core.domain.market import Observation
from core.prices.pyth import PythSource
from tests.core.prices.clocks import MachineClock
from tests.emulators.prices.hermes import Hermes

KEY = "pyth-5ecret-k3y"
SOL, BTC = "SOL-PERP", "BTC-PERP"
FEEDS = {
    "Crypto.JUPSOL/USD": "cc" * 32,
    "Crypto.SOL/USD": "aa" * 32,
    "Crypto.SOL/EUR": "dd" * 32,
    "Crypto.BTC/USD": "bb" * 32,
}


@pytest.fixture
async def hermes() -> AsyncIterator[Hermes]:
    async with Hermes(FEEDS, key=KEY) as server:
        yield server


@pytest.fixture
def clock() -> MachineClock:
    return MachineClock(pace=0.001)


@asynccontextmanager
async def watched(
    hermes: Hermes, clock: MachineClock, *markets: str, key: str = KEY, silence_s: float = 15.0
) -> AsyncIterator[tuple[PythSource, AsyncGenerator[Observation]]]:
    source = PythSource(clock, key=key, url=hermes.url, silence_s=silence_s)
    async with aclosing(source.observe(markets or (SOL,))) as stream:
        yield source, stream
    await source.close()


async def next_of(hermes: Hermes, stream: AsyncGenerator[Observation], price: str, **quoted: int) -> Observation:
    """The next observation, after publishing *price* to a stream that is there."""

    async def publish() -> None:
        connected = hermes.connected
        await hermes.until(lambda: bool(hermes._open) or hermes.connected > connected)
        await hermes.publish("Crypto.SOL/USD", price, "7500000", quoted.pop("at", int(time.time())), **quoted)

    publishing = asyncio.create_task(publish())
    observation = await anext(stream)
    await publishing
    return observation


async def test_price_confidence_and_time_are_those_published(hermes: Hermes, clock: MachineClock) -> None:
    at = int(time.time()) - 2
    async with watched(hermes, clock) as (source, stream):
        seen = await next_of(hermes, stream, "15012345678", at=at)
        assert source.trouble(SOL) is None
    assert (seen.price, seen.confidence) == (Decimal("150.12345678"), Decimal("0.075"))
    assert seen.at == datetime.fromtimestamp(at, UTC)
    assert seen.seen_at - seen.at >= timedelta(seconds=1)
    assert (seen.source, seen.simulated, seen.market) == ("pyth", False, SOL)


async def test_small_prices_keep_their_precision(hermes: Hermes, clock: MachineClock) -> None:
    async with watched(hermes, clock) as (_, stream):
        assert (await next_of(hermes, stream, "220012", expo=-10)).price == Decimal("0.0000220012")
        assert (await next_of(hermes, stream, "15", expo=1)).price == Decimal(150)


async def test_only_the_coin_in_dollars_is_asked_for(hermes: Hermes, clock: MachineClock) -> None:
    async with watched(hermes, clock, SOL, BTC, "FOO-PERP") as (source, stream):
        await next_of(hermes, stream, "15000000000")
        assert source.trouble("FOO-PERP") == "unlisted"
    asked = hermes.requests[-1].query
    assert asked.getall("ids[]") == [FEEDS["Crypto.SOL/USD"], FEEDS["Crypto.BTC/USD"]]
    assert asked["parsed"] == "true"


@pytest.mark.parametrize("how", ["dropped", "ended"])
async def test_a_stream_that_stops_is_opened_again_without_asking_for_ids(
    hermes: Hermes, clock: MachineClock, how: str
) -> None:
    async with watched(hermes, clock) as (_, stream):
        await next_of(hermes, stream, "15000000000")
        await (hermes.drop() if how == "dropped" else hermes.end())
        assert (await next_of(hermes, stream, "15100000000")).price == 151
    assert [request.path for request in hermes.requests].count("/v2/price_feeds") == 1
    assert hermes.connected == 2


async def test_a_silent_stream_is_opened_again(hermes: Hermes, clock: MachineClock) -> None:
    async with watched(hermes, clock, silence_s=0.2) as (_, stream):
        await next_of(hermes, stream, "15000000000")
        pending = hermes.connected

        async def speak() -> None:
            await hermes.until(lambda: hermes.connected > pending)
            await hermes.publish("Crypto.SOL/USD", "15200000000", "1", int(time.time()))

        speaking = asyncio.create_task(speak())
        assert (await anext(stream)).price == 152
        await speaking


async def test_a_refused_key_is_said_and_tried_again_after_a_minute(hermes: Hermes, clock: MachineClock) -> None:
    hermes.answers.append((403, {}))
    async with watched(hermes, clock) as (source, stream):
        first = asyncio.create_task(anext(stream))
        await hermes.until(lambda: len(hermes.requests) == 1)
        await hermes.until(lambda: bool(hermes._open))
        assert source.trouble(SOL) == "refused"
        assert clock.slept == [60.0]
        await hermes.publish("Crypto.SOL/USD", "15000000000", "1", int(time.time()))
        assert (await first).price == 150
        assert source.trouble(SOL) is None


@pytest.mark.parametrize(
    ("headers", "pause"), [({"Retry-After": "30"}, 30.0), ({}, 60.0), ({"Retry-After": "∞"}, 60.0)]
)
async def test_a_rate_limit_is_respected(
    hermes: Hermes, clock: MachineClock, headers: dict[str, str], pause: float
) -> None:
    hermes.answers.append((429, {} if "∞" in headers.values() else headers))
    async with watched(hermes, clock) as (_, stream):
        await next_of(hermes, stream, "15000000000")
    assert clock.slept == [pause]


async def test_a_server_error_is_tried_again_with_growing_pauses(hermes: Hermes, clock: MachineClock) -> None:
    hermes.answers.extend([(502, {})] * 4)
    async with watched(hermes, clock) as (_, stream):
        await next_of(hermes, stream, "15000000000")
    assert all(2**i / 4 <= pause <= 2**i / 2 for i, pause in enumerate(clock.slept))
    assert len(clock.slept) == 4


GOOD = {"id": "aa" * 32, "price": {"price": "1", "conf": "1", "expo": 0, "publish_time": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "data:not json\n\n",
        "data:[]\n\n",
        'data:{"parsed": 5}\n\n',
        'data:{"parsed": [5, null, "x"]}\n\n',
        "event: ping\nretry: 5\n: comment\n\n",
        *(
            f"data:{json.dumps({'parsed': [GOOD | {'price': GOOD['price'] | change}]})}\n\n"  # type: ignore[operator]
            for change in (
                {"price": "-1"},
                {"price": "0"},
                {"price": "1.5"},
                {"price": "1" * 5000},
                {"conf": "-1"},
                {"conf": None},
                {"expo": 99},
                {"expo": "NaN"},
                {"publish_time": 10**20},
                {"publish_time": 4_000_000_000},
            )
        ),
        f"data:{json.dumps({'parsed': [GOOD | {'id': 'ee' * 32}]})}\n\n",
    ],
)
async def test_nonsense_in_the_stream_is_passed_over(hermes: Hermes, clock: MachineClock, text: str) -> None:
    async with watched(hermes, clock) as (_, stream):
        await next_of(hermes, stream, "15000000000")
        await hermes.say(text)
        assert (await next_of(hermes, stream, "15100000000")).price == 151
    assert hermes.connected == 1


async def test_time_does_not_run_backwards(hermes: Hermes, clock: MachineClock) -> None:
    at = int(time.time())
    async with watched(hermes, clock) as (_, stream):
        await next_of(hermes, stream, "15000000000", at=at, slot=10)
        await hermes.publish("Crypto.SOL/USD", "14000000000", "1", at - 1, slot=9)
        await hermes.publish("Crypto.SOL/USD", "14000000000", "1", at, slot=9)
        assert (await next_of(hermes, stream, "15100000000", at=at, slot=11)).price == 151


async def test_the_key_is_in_one_header_and_nowhere_else(
    hermes: Hermes, clock: MachineClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hermes.answers.extend([(500, {}), (401, {}), (302, {"Location": f"{hermes.url}/elsewhere"})])
    async with watched(hermes, clock) as (source, stream):
        await next_of(hermes, stream, "15000000000")
        assert KEY not in repr(source)
    assert {request.headers["Authorization"] for request in hermes.requests} == {f"Bearer {KEY}"}
    assert not any(KEY in str(request.rel_url) for request in hermes.requests)
    assert not any(request.path == "/elsewhere" for request in hermes.requests)
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", ["", "  ", "two words", "new\nline", "schlüssel"])
def test_what_cannot_be_a_key_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(NotConfigured, match="PYTH_API_KEY is not a key") as refused:
        PythSource(MachineClock(), key=key)
    assert not key.strip() or key not in str(refused.value)


@pytest.mark.parametrize("url", ["http://hermes.example", "hermes.example", "ftp://x", ""])
def test_a_key_is_not_sent_in_the_open(url: str) -> None:
    with pytest.raises(NotConfigured, match="https"):
        PythSource(MachineClock(), key=KEY, url=url)


async def test_there_is_no_history() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert await PythSource(MachineClock(), key=KEY).candles(SOL, "1m", now - timedelta(days=1), now) == []
