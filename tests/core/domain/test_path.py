"""The walk through a candle: what comes first, and that nothing is left out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.market import TIMEFRAME_S, Candle, Timeframe
from core.domain.path import walk

START = datetime(2021, 9, 1, tzinfo=UTC)
PRICES = st.lists(st.integers(1, 10**6), min_size=4, max_size=4).map(sorted)


def candle(opened: str, high: str, low: str, close: str, timeframe: Timeframe = "15m") -> Candle:
    return Candle(
        market="SOL-PERP",
        timeframe=timeframe,
        start=START,
        open=Decimal(opened),
        high=Decimal(high),
        low=Decimal(low),
        close=Decimal(close),
    )


@pytest.mark.parametrize(
    ("prices", "walked"),
    [
        (("100", "110", "99", "105"), ["100", "99", "110", "105"]),
        (("100", "101", "90", "95"), ["100", "101", "90", "95"]),
        (("100", "105", "95", "103"), ["100", "95", "105", "103"]),
        (("100", "105", "95", "97"), ["100", "105", "95", "97"]),
        (("100", "100", "100", "100"), ["100", "100", "100", "100"]),
    ],
    ids=["low is nearer", "high is nearer", "as near, rose", "as near, fell", "nothing moved"],
)
def test_the_nearer_extreme_comes_first(prices: tuple[str, str, str, str], walked: list[str]) -> None:
    assert [price for _, price in walk(candle(*prices))] == [Decimal(price) for price in walked]


@given(prices=PRICES, swap=st.booleans(), timeframe=st.sampled_from(get_args(Timeframe)))
def test_a_walk_stays_inside_its_candle_and_touches_all_of_it(
    prices: list[int], swap: bool, timeframe: Timeframe
) -> None:
    low, one, two, high = map(str, prices)
    opened, close = (one, two) if swap else (two, one)
    walked = candle(opened, high, low, close, timeframe)
    points = walk(walked)
    times = [at for at, _ in points]
    assert times == sorted(set(times))
    assert times[0] == START
    assert times[-1] < START + timedelta(seconds=TIMEFRAME_S[timeframe])
    assert (points[0][1], points[-1][1]) == (walked.open, walked.close)
    assert {points[1][1], points[2][1]} == {walked.low, walked.high}
