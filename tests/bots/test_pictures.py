"""Pictures: right size and quick, marked where they must be, and never in the way of words."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from bots.chart import HEIGHT, WIDTH, draw_chart
from bots.pictures import Pictures
from core.domain.market import Candle, Observation, Timeframe
from core.feed.card import Chart, ChartLine, ChartMark
from tests.clock import START, FakeClock

D = Decimal
RED, GREEN, AMBER = (246, 70, 93), (46, 189, 133), (240, 185, 11)
CANDLES = [
    Candle(
        market="SOL-PERP", timeframe="5m", start=START + timedelta(minutes=5 * n), open=D(150) + n % 7,
        high=D(152) + n % 7, low=D(149) + n % 7, close=D(150) + (n + 1) % 7, volume=D(1),
    )
    for n in range(72)
]  # fmt: skip


class Market:
    """Candles that come at once, or never."""

    def __init__(self, candles: Sequence[Candle] = CANDLES) -> None:
        self.given = list(candles)
        self.asked = 0
        self.hangs = False

    async def candles(self, market: str, timeframe: Timeframe, start: datetime) -> list[Candle]:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        return self.given

    def latest(self, markets: Sequence[str] | None = None) -> list[Observation]:
        return []


def near(png: bytes, colour: tuple[int, int, int], box: tuple[int, int, int, int]) -> int:
    """How many pixels of about *colour* lie in *box*."""
    part = Image.open(BytesIO(png)).convert("RGB").crop(box)
    return sum(
        all(abs(a - b) < 30 for a, b in zip(part.getpixel((x, y)), colour, strict=True))  # type: ignore[arg-type]
        for x in range(part.width)
        for y in range(part.height)
    )


def test_the_trigger_lines_and_the_fill_are_drawn_and_simulation_is_said() -> None:
    plain = draw_chart(Chart(market="SOL-PERP"), CANDLES, D(151))
    chart = Chart(
        market="SOL-PERP",
        lines=(ChartLine(price=D(148), label="r1", tone="bad"), ChartLine(price=D(500), label="r2", tone="good")),
        marks=(ChartMark(at=CANDLES[40].start, price=D(151), side="buy"),),
        simulated=True,
    )
    png = draw_chart(chart, CANDLES, D(151))
    picture = Image.open(BytesIO(png))
    assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
    labels = (WIDTH - 120, 60, WIDTH, HEIGHT)
    assert near(png, RED, labels) > 1_000 > near(plain, RED, labels)
    assert near(png, GREEN, labels) > 1_000 > near(plain, GREEN, labels)
    corner = (WIDTH - 140, 15, WIDTH, 48)
    assert near(png, AMBER, corner) > 100 > near(plain, AMBER, corner)
    assert len(png) < 60_000


@pytest.mark.parametrize("price", ["0.000022", "1", "100000"])
def test_prices_of_every_size_are_drawn(price: str) -> None:
    scale = D(price)
    candles = [
        Candle(market="X-PERP", timeframe="5m", start=START + timedelta(minutes=5 * n), open=scale, high=scale,
               low=scale, close=scale, volume=D(0))
        for n in range(2)
    ]  # fmt: skip
    assert draw_chart(Chart(market="X-PERP", lines=(ChartLine(price=scale / 2, label="r1"),)), candles, None)


def test_a_picture_takes_less_than_150_ms_of_this_process() -> None:
    draw_chart(Chart(market="SOL-PERP"), CANDLES, D(151))  # the first one loads the font
    began = time.process_time()
    draw_chart(Chart(market="SOL-PERP", simulated=True), CANDLES, D(151))
    assert time.process_time() - began < 0.15


async def test_the_same_picture_is_drawn_once_in_a_while() -> None:
    market, clock = Market(), FakeClock()
    pictures = Pictures(market, clock)
    chart = Chart(market="SOL-PERP")
    assert await pictures.of(chart) == await pictures.of(chart)
    assert market.asked == 1
    await clock.advance(60)
    await pictures.of(chart)
    assert market.asked == 2


async def test_a_card_never_waits_for_more_than_two_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.pictures.WITHIN_S", 0.05)
    market = Market()
    market.hangs = True
    pictures = Pictures(market, FakeClock())
    charts = [Chart(market=f"M{number}-PERP") for number in range(5)]
    assert await asyncio.gather(*(pictures.of(chart) for chart in charts)) == [None] * 5
    assert market.asked == 2


async def test_without_candles_there_is_no_picture() -> None:
    assert await Pictures(Market([]), FakeClock()).of(Chart(market="SOL-PERP")) is None


async def test_a_crowd_gets_a_second_of_drawing_and_a_tenth_of_a_core_after_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bots.pictures._timed", lambda *_: (b"png", 0.3))
    clock = FakeClock()
    pictures = Pictures(Market(), clock)

    async def shown(number: int) -> bool:
        lines = (ChartLine(price=D(100 + number), label="", tone="plain"),)
        return await pictures.of(Chart(market="SOL-PERP", lines=lines)) is not None

    assert [await shown(number) for number in range(6)] == [True] * 4 + [False] * 2
    await clock.advance(3)
    assert [await shown(number) for number in range(6, 8)] == [True, False]
