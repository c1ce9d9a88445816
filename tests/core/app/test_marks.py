"""Marks between two looks of the venue: the lowest, the highest and the last, oldest first, each once."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.app.marks import Marks
from core.domain.market import Observation
from tests.clock import START


def seen(second: int, price: int, market: str = "SOL-PERP") -> Observation:
    at = START + timedelta(seconds=second)
    return Observation(market=market, price=Decimal(price), at=at, seen_at=at, source="test")


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30))
def test_the_extremes_and_the_last_are_kept(prices: list[int]) -> None:
    marks = Marks()
    for second, price in enumerate(prices):
        marks.add(seen(second, price))
    taken = marks.take()
    assert {int(mark.price) for mark in taken} == {min(prices), max(prices), prices[-1]}
    assert taken[-1] == seen(len(prices) - 1, prices[-1])
    assert [mark.at for mark in taken] == sorted({mark.at for mark in taken})
    assert marks.take() == []


def test_markets_are_kept_apart() -> None:
    marks = Marks()
    marks.add(seen(0, 5))
    marks.add(seen(1, 3000, "ETH-PERP"))
    assert [mark.market for mark in marks.take()] == ["SOL-PERP", "ETH-PERP"]
