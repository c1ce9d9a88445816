"""Candle files: read exactly or refused with the line, and told again in their order and time."""

import time
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from core.domain.errors import BadInput
from core.domain.market import Candle, Observation
from core.domain.path import walk
from core.prices.replay import ReplaySource, market_of, read_candles
from tests.core.prices.clocks import SteppingClock

HEADER = "time,open,high,low,close,volume\n"
ROWS = (
    "2021-09-01T00:00:00Z,108.349,109.2,108.1,109,1200\n"
    "2021-09-01T00:15:00Z,109,109.5,107.25,107.5,800.5\n"
    "2021-09-01T01:00:00+00:00,107.5,107.5,107.5,107.5,0\n"
)
START = datetime(2021, 9, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"
YEAR = SHARED / "sol-perp-15m.csv"

Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(text: str) -> Path:
        path = tmp_path / "sol-perp-15m.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_is_read_as_it_is_written(written: Written) -> None:
    candles = read_candles(written(HEADER + ROWS), "SOL-PERP")
    assert [candle.start for candle in candles] == [START, START + timedelta(minutes=15), START + timedelta(hours=1)]
    assert candles[1] == Candle(
        market="SOL-PERP",
        timeframe="15m",
        start=START + timedelta(minutes=15),
        open=Decimal(109),
        high=Decimal("109.5"),
        low=Decimal("107.25"),
        close=Decimal("107.5"),
        volume=Decimal("800.5"),
        source="replay",
    )


@pytest.mark.parametrize(
    "text", ["\ufeff" + HEADER + ROWS, (HEADER + ROWS).replace("\n", "\r\n"), HEADER + ROWS + "\n\n"]
)
def test_what_spreadsheets_do_to_a_file_does_no_harm(written: Written, text: str) -> None:
    assert read_candles(written(text), "SOL-PERP") == read_candles(written(HEADER + ROWS), "SOL-PERP")


def test_only_the_wanted_time_is_given(written: Written) -> None:
    path = written(HEADER + ROWS)
    second = START + timedelta(minutes=15)
    assert [c.start for c in read_candles(path, "SOL-PERP", start=second)] == [second, START + timedelta(hours=1)]
    assert [c.start for c in read_candles(path, "SOL-PERP", end=second)] == [START]
    assert read_candles(path, "SOL-PERP", start=START + timedelta(minutes=1), end=second) == []


def test_a_time_in_another_zone_is_the_same_instant(written: Written) -> None:
    path = written(HEADER + ROWS.replace("00:00:00Z", "02:00:00+02:00"))
    assert read_candles(path, "SOL-PERP")[0].start == START


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        (HEADER, "has no candles"),
        ("time,price\n1,2\n", "line 1: Expected time,open,high,low,close,volume"),
        (HEADER + ROWS.splitlines()[0], "does not say how long"),
        (HEADER + ROWS + "yesterday,1,1,1,1,1", "line 5: Expected an ISO time, was 'yesterday"),
        (HEADER + ROWS.replace("00:15:00Z", "00:15:00"), "line 3: Expected a time with a zone"),
        (HEADER + ROWS + ROWS, "line 5: Expected times to rise by 15m"),
        (HEADER + ROWS + "2021-09-01T01:15:00Z,1,1,1,1", "line 5: Expected a time and five numbers"),
        (HEADER + ROWS + "2021-09-01T01:15:00Z,1,1,1,1,1,1", "line 5: Expected a time and five numbers"),
        (HEADER + ROWS + "2021-09-01T01:15:00Z,1,x,1,1,1", "line 5: Expected a time and five numbers"),
        (HEADER + ROWS + "2021-09-01T01:15:00Z,NaN,NaN,NaN,NaN,1", "line 5: Expected"),
        (HEADER + ROWS + "2021-09-01T01:15:00Z,1,Infinity,1,1,1", "line 5: Expected 0 < low"),
        (HEADER + ROWS + "2021-09-01T01:15:00Z,1,1,0,1,1", "line 5: Expected 0 < low"),
        (HEADER + ROWS + "2021-09-01T01:15:00Z,3,2,1,1,1", "line 5: Expected 0 < low"),
        (HEADER + ROWS + "2021-09-01T01:15:00Z,1,2,1,3,1", "line 5: Expected 0 < low"),
        (HEADER + ROWS + "2021-09-01T01:15:00Z,1,1,1,1,-1", "line 5: Expected 0 < low"),
        (HEADER + ROWS + f"2021-09-01T01:15:00Z,1,1,1,1,{'1' * 10**6}", "line 5: Expected"),
        (HEADER + "2021-09-01T00:00:00Z,1,1,1,1,1\n2021-09-01T00:07:00Z,1,1,1,1,1", "was one each 0:07:00"),
        (
            HEADER + ROWS + "2021-09-01T01:20:00Z,1,1,1,1,1\n2021-09-01T01:35:00Z,1,1,1,1,1",
            "line 5: Expected times to rise by 15m",
        ),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_line(written: Written, text: str, complaint: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_candles(written(text), "SOL-PERP")
    assert str(refused.value).startswith("sol-perp-15m.csv")
    assert complaint in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bad", None])
def test_what_is_not_a_text_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=r"x\.csv (cannot be read|is not text)"):
        read_candles(path, "SOL-PERP")


@pytest.mark.parametrize(
    ("name", "market"),
    [
        ("sol-perp-15m.csv", "SOL-PERP"),
        ("BTC_PERP.csv", "BTC-PERP"),
        ("1mbonk-perp.csv", "1MBONK-PERP"),
        ("prices.csv", None),
        ("sol-perpetual.csv", None),
    ],
)
def test_a_file_name_may_say_the_market(name: str, market: str | None) -> None:
    assert market_of(Path("somewhere") / name) == market


@pytest.mark.skipif(not YEAR.exists(), reason="the shared market history is not here")
def test_a_year_of_real_history_is_read_in_a_quarter_second() -> None:
    year = (datetime(2021, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC))
    taken = []
    candles: list[Candle] = []
    for _ in range(3):
        began = time.process_time()
        candles = read_candles(YEAR, "SOL-PERP", start=year[0], end=year[1])
        taken.append(time.process_time() - began)
    assert len(candles) == 35_040
    assert min(taken) < 0.4  # 0.2 on the machine it was written on


@pytest.mark.skipif(not YEAR.exists(), reason="the shared market history is not here")
@pytest.mark.parametrize(
    ("name", "timeframe"), [("sol-perp-1h.csv", "1h"), ("sol-perp-15m.csv", "15m"), ("btc-perp-1m-2022-01.csv", "1m")]
)
def test_the_shared_history_reads_without_complaint(name: str, timeframe: str) -> None:
    candles = read_candles(SHARED / name, "SOL-PERP")
    assert candles[0].timeframe == timeframe


def history(written: Written) -> list[Candle]:
    return read_candles(written(HEADER + ROWS), "SOL-PERP")


async def take(source: ReplaySource, count: int) -> list[Observation]:
    async with aclosing(source.observe(["SOL-PERP"])) as stream:
        return [await anext(stream) for _ in range(count)]


async def test_at_its_own_time_a_file_is_told_as_it_was(written: Written) -> None:
    candles = history(written)
    points = [point for candle in candles for point in walk(candle)]
    seen = []
    async with aclosing(ReplaySource(candles, SteppingClock(START), began=START).observe(["SOL-PERP"])) as stream:
        async for observation in stream:
            seen.append(observation)
            if observation.at == points[-1][0]:
                break
    told = {o.at: o.price for o in seen}
    assert dict(points).items() <= told.items()
    assert all(o.simulated and o.source == "replay" and o.seen_at >= o.at for o in seen)
    assert sum(o.volume or 0 for o in seen) == sum(c.volume or 0 for c in candles)


async def test_between_two_points_the_price_is_on_its_way_each_half_second(written: Written) -> None:
    candle = history(written)[0]
    seen = await take(ReplaySource([candle], SteppingClock(START), speed=Decimal(60)), 31)
    (begin, opened), (turned, low), *_ = walk(candle)
    assert [o.at - begin for o in seen[:11]] == [i * timedelta(seconds=0.5) for i in range(11)]
    assert turned - begin == 60 * timedelta(seconds=5)
    assert [o.price for o in seen[:11]] == [(opened + (low - opened) * i / 10).quantize(opened) for i in range(11)]
    assert all(candle.low <= o.price <= candle.high for o in seen)


async def test_in_a_gap_of_the_file_nothing_is_told(written: Written) -> None:
    seen = await take(ReplaySource(history(written), SteppingClock(START), speed=Decimal(60)), 63)
    waits = [later.at - earlier.at for earlier, later in pairwise(seen)]
    assert timedelta(seconds=30) < max(waits) < timedelta(seconds=31)
    assert sorted(waits)[-2] <= timedelta(seconds=0.5)


async def test_a_reader_that_was_away_is_not_told_all_it_missed(written: Written) -> None:
    clock = SteppingClock(START)
    async with aclosing(ReplaySource(history(written), clock).observe(["SOL-PERP"])) as stream:
        await anext(stream)
        clock.set(START + timedelta(minutes=29))
        missed = [await anext(stream) for _ in range(8)]
    assert missed[-1].at >= START + timedelta(minutes=28)


async def test_a_replay_begins_now_and_passes_as_fast_as_asked(written: Written) -> None:
    seen = await take(ReplaySource(history(written), SteppingClock(NOW), speed=Decimal(9000)), 12)
    assert [o.at - NOW for o in seen][::4] == [timedelta(0), timedelta(seconds=0.1), timedelta(seconds=0.4)]


async def test_watching_late_goes_on_in_the_middle(written: Written) -> None:
    clock = SteppingClock(START)
    source = ReplaySource(history(written), clock)
    clock.set(START + timedelta(minutes=11))
    assert (await take(source, 1))[0].at == START + timedelta(minutes=14, seconds=59)


async def test_a_file_that_ended_has_no_price_any_more(written: Written) -> None:
    clock = SteppingClock(START)
    source = ReplaySource(history(written), clock)
    assert source.trouble("SOL-PERP") is None
    clock.set(START + timedelta(days=1))
    assert source.trouble("SOL-PERP") == "ended"


async def test_candles_are_what_was_told_until_now(written: Written) -> None:
    candles = history(written)
    clock = SteppingClock(START)
    source = ReplaySource(candles, clock)
    clock.set(START + timedelta(minutes=50))
    assert await source.candles("SOL-PERP", "15m", START, NOW) == candles[:2]
    (hour,) = await ReplaySource(candles, SteppingClock(START + timedelta(hours=1)), began=START).candles(
        "SOL-PERP", "1h", START, NOW
    )
    assert (hour.open, hour.high, hour.low, hour.close) == (
        candles[0].open,
        candles[1].high,
        candles[1].low,
        candles[1].close,
    )
    assert hour.volume == Decimal("2000.5")


async def test_candles_of_a_fast_replay_are_in_the_clocks_time(written: Written) -> None:
    clock = SteppingClock(NOW)
    source = ReplaySource(history(written), clock, speed=Decimal(60))
    clock.set(NOW + timedelta(minutes=1))
    (minute,) = await source.candles("SOL-PERP", "1m", NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert (minute.start, minute.open, minute.close) == (NOW, Decimal("108.349"), Decimal("107.5"))


async def test_two_markets_are_told_in_one_order_of_time(written: Written) -> None:
    sol = history(written)
    btc = read_candles(written(HEADER + ROWS), "BTC-PERP")
    source = ReplaySource([*sol, *btc], SteppingClock(START))
    async with aclosing(source.observe(["BTC-PERP", "SOL-PERP"])) as stream:
        times = [(await anext(stream)).at for _ in range(24)]
    assert times == sorted(times)


def test_nothing_to_replay_is_refused() -> None:
    with pytest.raises(BadInput, match="no candle"):
        ReplaySource([], SteppingClock(NOW))
