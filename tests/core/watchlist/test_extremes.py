"""Highs and lows since any moment: the staircases against the plain maximum."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.watchlist.extremes import Extremes
from tests.core.watchlist.world import START, D

SPAN = timedelta(seconds=60)
points = st.lists(st.tuples(st.integers(0, 20), st.integers(90, 110).map(Decimal)), min_size=1, max_size=40)


@given(points, st.integers(0, 60))
def test_highs_and_lows_are_those_of_every_price_since(seen: list[tuple[int, Decimal]], back: int) -> None:
    extremes, told, now = Extremes(SPAN), [], START
    for pause, price in seen:
        now += timedelta(seconds=pause)
        extremes.add(now, price)
        told.append((now, price))
    since = now - timedelta(seconds=back)
    inside = [price for at, price in told if at >= since]
    assert extremes.high(since) == max(inside)
    assert extremes.low(since) == min(inside)


@given(points, points, st.integers(0, 60))
def test_what_was_recalled_answers_like_what_was_seen(
    before: list[tuple[int, Decimal]], after: list[tuple[int, Decimal]], back: int
) -> None:
    whole, first, second, now = Extremes(SPAN), Extremes(SPAN), Extremes(SPAN), START
    for pause, price in before:
        now += timedelta(seconds=pause)
        whole.add(now, price)
        first.add(now, price)
    stored = first.steps(now - SPAN)
    for number, (pause, price) in enumerate(after):
        now += timedelta(seconds=pause)
        whole.add(now, price)
        second.add(now, price)
        if number == 0:
            second.recall(stored)
    since = now - timedelta(seconds=back)
    assert (second.high(since), second.low(since)) == (whole.high(since), whole.low(since))


def test_nothing_was_ever_high_before_the_first_price() -> None:
    extremes = Extremes(SPAN)
    assert extremes.last is None
    assert extremes.high(START) is None
    assert extremes.low(START) is None


def test_a_price_that_comes_out_of_turn_counts_as_of_the_last_instant() -> None:
    extremes = Extremes(SPAN)
    extremes.add(START, D(100))
    extremes.add(START - timedelta(seconds=5), D(120))
    assert extremes.last == START
    assert extremes.high(START) == D(120)
