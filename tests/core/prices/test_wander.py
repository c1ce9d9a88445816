"""A simulated path: that any part of it agrees with any other, and that it moves like a market."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.prices.wander import HOUR, MINUTE, Wander

DAY = 24 * HOUR


def path(seed: int = 1, start: float = 1_500_000, volatility: float = 0.8) -> Wander:
    return Wander(seed, "SOL-PERP", start=start, volatility=volatility, hourly_volume=25_000_000)


SHARED = path()
PINNED = [1790123, 1516942, 1624611, 1649996]
PINNED_VOLUME = 43401843


@settings(max_examples=25)
@given(minute=st.integers(-(10**6), 10**6), start=st.sampled_from([1_500_000, 22, 1]))
def test_a_minute_is_exactly_what_its_beats_show(minute: int, start: float) -> None:
    wander = path(start=start)
    begin = minute * MINUTE
    beats = [wander.price(beat) for beat in range(begin, begin + MINUTE)]
    span = wander.span(begin, begin + MINUTE)
    assert (span.open, span.high, span.low, span.close) == (beats[0], max(beats), min(beats), beats[-1])


@settings(max_examples=25)
@given(first=st.integers(-(10**7), 10**7), length=st.integers(1, 3 * HOUR), cut=st.floats(0, 1))
def test_a_span_is_the_sum_of_any_two_parts(first: int, length: int, cut: float) -> None:
    middle, end = first + int(cut * length), first + length
    whole = SHARED.span(first, end)
    parts = [SHARED.span(a, b) for a, b in ((first, middle), (middle, end)) if b > a]
    assert whole.open == parts[0].open
    assert whole.close == parts[-1].close
    assert whole.high == max(part.high for part in parts)
    assert whole.low == min(part.low for part in parts)
    assert whole.volume == sum(part.volume for part in parts)


@settings(max_examples=25)
@given(first=st.integers(-(10**7), 10**7), length=st.integers(1, 20 * MINUTE))
def test_turns_show_the_extremes_and_the_end_of_a_span(first: int, length: int) -> None:
    turns = SHARED.turns(first, first + length)
    span = SHARED.span(first, first + length)
    prices = [SHARED.price(turn) for turn in turns]
    assert turns == sorted(set(turns))
    assert first <= turns[0]
    assert turns[-1] == first + length - 1
    assert (max(prices), min(prices), prices[-1]) == (span.high, span.low, span.close)


@given(hour=st.integers(-(10**6), 10**6))
def test_hours_join_without_a_gap(hour: int) -> None:
    before, after = SHARED.span((hour - 1) * HOUR, hour * HOUR), SHARED.span(hour * HOUR, (hour + 1) * HOUR)
    assert before.close == after.open


def test_the_path_begins_at_its_start_price() -> None:
    assert path().price(0) == 1_500_000


def test_a_path_asked_backwards_is_the_same_path() -> None:
    beats = range(-DAY, DAY, 997)
    forwards, backwards = path(), path()
    assert [forwards.price(beat) for beat in beats] == [backwards.price(beat) for beat in reversed(beats)][::-1]


def test_another_seed_or_market_is_another_path() -> None:
    other = Wander(1, "ETH-PERP", start=1_500_000, volatility=0.8, hourly_volume=1)
    prices = {wander.price(DAY) for wander in (path(), path(seed=2), other)}
    assert len(prices) == 3


def test_the_path_of_a_seed_is_the_same_in_every_version() -> None:
    """Stored markets go on where they were: a change of the path is a break, to be told in the changelog."""
    assert [path().price(day * DAY) for day in (-90, -1, 1, 90)] == PINNED
    assert path().span(0, HOUR).volume == PINNED_VOLUME


def test_volatility_is_what_was_asked_for() -> None:
    hours = [SHARED.span(hour * HOUR, (hour + 1) * HOUR) for hour in range(-24 * 180, 0)]
    moves = [math.log(hour.close / hour.open) for hour in hours]
    assert math.sqrt(sum(move**2 for move in moves) / len(moves) * 24 * 365) == pytest.approx(0.8, rel=0.2)


def test_minutes_have_heavier_tails_than_a_normal_distribution() -> None:
    closes = [SHARED.span(minute * MINUTE, (minute + 1) * MINUTE).close for minute in range(60 * 24 * 20)]
    moves = [math.log(b / a) for a, b in pairwise(closes)]
    variance = sum(move**2 for move in moves) / len(moves)
    assert sum(move**4 for move in moves) / len(moves) / variance**2 > 5


def test_a_market_left_alone_for_decades_stays_in_sight_of_its_start() -> None:
    years = [path().price(year * 365 * DAY) for year in range(0, 60, 2)]
    assert 150_000 < min(years) < max(years) < 15_000_000


def test_funding_is_small_mean_reverting_and_mostly_paid_by_longs() -> None:
    rates = [SHARED.funding(hour * HOUR) for hour in range(24 * 60)]
    assert max(map(abs, rates)) <= 0.05
    assert 0 < sum(rates) / len(rates) < 0.005
    assert min(rates) < 0


def test_an_empty_span_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one beat"):
        SHARED.span(5, 5)
