"""Indicators against published numbers and against formulas written another way."""

import math
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.condition import IndicatorName
from core.domain.market import Candle
from core.watchlist.indicators import Lines, indicator
from tests.core.watchlist.world import SOL, START

NAMES: list[tuple[IndicatorName, int | None]] = [
    ("price", None),
    ("rsi", 14),
    ("rsi", 3),
    ("sma", 5),
    ("ema", 5),
    ("macd", None),
    ("macd_signal", None),
    ("bollinger_upper", 5),
    ("bollinger_lower", 5),
    ("atr", 4),
    ("volume", None),
    ("volume", 3),
]


def candles(closes: Sequence[float | str], *, spread: str = "0", first: int = 0) -> list[Candle]:
    """Hourly candles that open and close where told, *spread* wide on both sides."""
    made = []
    for number, close in enumerate(closes, first):
        price, wide = Decimal(str(close)), Decimal(spread)
        made.append(
            Candle(
                market=SOL,
                timeframe="1h",
                start=START + timedelta(hours=number),
                open=price,
                high=price + wide,
                low=price - wide,
                close=price,
                volume=Decimal(number),
            )
        )
    return made


def numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]


# J. Welles Wilder's method on the closes of StockCharts' published worksheet (cs-rsi.xls).
RSI_CLOSES = numbers(
    """
    44.3389 44.0902 44.1497 43.6124 44.3278 44.8264 45.0955 45.4245 45.8433 46.0826 45.8931 46.0328 45.6140 46.2820
    46.2820 46.0028 46.0328 46.4116 46.2222 45.6439 46.2122 46.2521 45.7137 46.4515 45.7835 45.3548 44.0288 44.1783
    44.2181 44.5672 43.4205 42.6628 43.1314
    """
)
RSI_PUBLISHED = numbers(
    """
    70.53 66.32 66.55 69.41 66.36 57.97 62.93 63.26 56.06 62.38 54.71 50.42 39.99 41.46
    41.87 45.46 37.30 33.08 37.77
    """
)


def test_rsi_is_wilders_to_the_published_digit() -> None:
    line = indicator("rsi", 14, candles(RSI_CLOSES))
    assert line[:14] == [None] * 14
    assert [round(value, 2) for value in line[14:] if value is not None] == pytest.approx(RSI_PUBLISHED, abs=0.011)


def test_rsi_of_a_market_that_only_rises_falls_or_stands() -> None:
    assert indicator("rsi", 3, candles([1, 2, 3, 4, 5]))[-1] == 100.0
    assert indicator("rsi", 3, candles([5, 4, 3, 2, 1]))[-1] == 0.0
    assert indicator("rsi", 3, candles([5, 5, 5, 5, 5]))[-1] == 50.0


# StockCharts' published worksheet of moving averages (cs-movavg.xls), 10 periods.
EMA_CLOSES = numbers(
    """
    22.2734 22.1940 22.0847 22.1741 22.1840 22.1344 22.2337 22.4323 22.2436 22.2933 22.1542 22.3926 22.3816 22.6109
    23.3558 24.0519 23.7530 23.8324 23.9516 23.6338
    """
)
EMA_PUBLISHED = numbers(
    """
    22.22 22.21 22.24 22.27 22.33 22.52 22.80 22.97 23.13 23.28 23.34
    """
)
SMA_PUBLISHED = numbers(
    """
    22.22 22.21 22.23 22.26 22.31 22.42 22.61 22.77 22.91 23.08 23.21
    """
)


@pytest.mark.parametrize(("name", "published"), [("ema", EMA_PUBLISHED), ("sma", SMA_PUBLISHED)])
def test_moving_averages_are_those_published(name: IndicatorName, published: list[float]) -> None:
    line = indicator(name, 10, candles(EMA_CLOSES))
    assert line[:9] == [None] * 9
    assert [value for value in line[9:] if value is not None] == pytest.approx(published, abs=0.0051)


def test_bollinger_bands_stand_two_population_deviations_off() -> None:
    closes = [2, 4, 4, 4, 5, 5, 7, 9]  # mean 5, deviation 2: the textbook example
    assert indicator("bollinger_upper", 8, candles(closes))[-1] == 9.0
    assert indicator("bollinger_lower", 8, candles(closes))[-1] == 1.0


def test_atr_counts_the_gap_from_the_close_before() -> None:
    # True ranges: 2 (its own), 2, then a gap of 10 up: max(22+1, 12) - min(22-1, 12) = 11, then 2.
    line = indicator("atr", 3, candles([12, 12, 22, 22], spread="1"))
    assert line[:2] == [None, None]
    assert line[2] == pytest.approx(5.0)
    assert line[3] == pytest.approx((5 * 2 + 2) / 3)


def test_macd_begins_with_the_slow_average_and_its_signal_nine_later() -> None:
    closes = [100 + (number % 7) for number in range(60)]
    macd, signal = indicator("macd", None, candles(closes)), indicator("macd_signal", None, candles(closes))
    assert [value is None for value in macd].index(False) == 25
    assert [value is None for value in signal].index(False) == 33
    assert signal[33] == pytest.approx(sum(value for value in macd[25:34] if value is not None) / 9)


prices = st.lists(st.integers(500, 2000).map(lambda cents: cents / 10), min_size=1, max_size=60)


def exact_ema(values: Sequence[Fraction], length: int, weight: Fraction) -> list[Fraction | None]:
    """The closed form: the seed and every later value, weighted by how long ago they were."""
    line: list[Fraction | None] = []
    for here in range(len(values)):
        if here + 1 < length:
            line.append(None)
            continue
        seed = sum(values[:length], Fraction(0)) / length
        age = here + 1 - length
        later = sum((weight * (1 - weight) ** back * values[here - back] for back in range(age)), Fraction(0))
        line.append((1 - weight) ** age * seed + later)
    return line


@given(prices, st.integers(1, 20))
def test_ema_equals_its_closed_form(closes: list[float], length: int) -> None:
    exact = exact_ema([Fraction(str(close)) for close in closes], length, Fraction(2, length + 1))
    for value, wanted in zip(indicator("ema", length, candles(closes)), exact, strict=True):
        assert (value is None) == (wanted is None)
        if value is not None and wanted is not None:
            assert value == pytest.approx(float(wanted), rel=1e-9)


@given(prices, st.integers(1, 20))
def test_rsi_equals_the_exact_ratio(closes: list[float], length: int) -> None:
    values = [Fraction(str(close)) for close in closes]
    changes = [after - before for before, after in pairwise(values)]
    gains = exact_ema([max(change, Fraction(0)) for change in changes], length, Fraction(1, length))
    losses = exact_ema([max(-change, Fraction(0)) for change in changes], length, Fraction(1, length))
    for value, gain, loss in zip(indicator("rsi", length, candles(closes))[1:], gains, losses, strict=True):
        if value is None or gain is None or loss is None:
            assert (value, gain, loss) == (None, None, None)
        elif gain + loss == 0:
            assert value == 50.0
        else:
            assert value == pytest.approx(float(100 * gain / (gain + loss)), abs=1e-6)


@given(prices, st.integers(2, 30), st.sampled_from(NAMES))
def test_a_line_carried_on_candle_by_candle_ends_where_one_drawn_anew_does(
    closes: list[float], kept: int, what: tuple[IndicatorName, int | None]
) -> None:
    whole, lines = candles(closes, spread="3"), Lines()
    drawn = indicator(*what, whole)
    for number in range(len(whole)):
        shown = whole[max(0, number + 1 - kept) : number + 1] if number >= kept else whole[: number + 1]
        before, here = lines.ends(*what, shown)
        assert _same(here, drawn[number])
        assert _same(before, drawn[number - 1] if number > 0 else None)


def test_a_candle_that_was_corrected_has_the_line_drawn_anew() -> None:
    lines = Lines()
    lines.ends("sma", 2, candles([1, 2, 3]))
    assert lines.ends("sma", 2, candles([1, 2, 5])) == (1.5, 3.5)
    assert lines.ends("sma", 2, candles([1, 2, 5, 7])) == (3.5, 6.0)
    assert lines.ends("sma", 2, candles([7, 9, 11], first=50)) == (8.0, 10.0)


def _same(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else math.isclose(one, other, rel_tol=1e-12)
