"""Trailing rules in groups: peaks that merge, stops that are met, and that quiet is quiet."""

from decimal import Decimal
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.condition import Trailing
from core.domain.ids import RuleId
from core.watchlist.trailing import TrailingBook
from tests.core.watchlist.world import SOL, D

_Direction = Literal["down", "up"]


def trailing(direction: _Direction, distance: str, unit: Literal["usd", "percent"] = "usd") -> Trailing:
    return Trailing(market=SOL, direction=direction, distance=D(distance), unit=unit)


def test_a_new_peak_swallows_the_lower_ones() -> None:
    book = TrailingBook("down")
    for name, peak in (("a", 100), ("b", 95), ("c", 105)):
        book.add(RuleId(name), trailing("down", "20"), D(peak))
    book.reached(D(101))
    assert sorted(book.extremes()) == [("a", D(101)), ("b", D(101)), ("c", D(105))]
    assert len(book._groups) == 2


def test_the_nearest_stop_is_that_of_the_tightest_distance_in_whatever_unit() -> None:
    book = TrailingBook("down")
    book.add(RuleId("wide"), trailing("down", "5"), D(200))
    book.add(RuleId("tight"), trailing("down", "2", "percent"), D(200))
    assert book.nearest() == D(196)
    assert book.reached(D(196)) == [("tight", D(200))]
    assert book.nearest() == D(195)


def test_a_peak_raised_and_a_stop_met_by_two_prices_in_a_row() -> None:
    book = TrailingBook("up")
    book.add(RuleId("a"), trailing("up", "10", "percent"), D(100))
    assert book.reached(D(50)) == []
    assert book.reached(D("54.9")) == []
    assert book.reached(D(55)) == [("a", D(50))]
    assert len(book) == 0


def test_an_empty_book_names_no_stop_and_is_quiet() -> None:
    book = TrailingBook("down")
    assert book.nearest() is None
    assert book.is_quiet(D(1), D(1000))
    assert book.reached(D(100)) == []


def test_extremes_tell_when_they_moved() -> None:
    book = TrailingBook("down")
    book.add(RuleId("a"), trailing("down", "10"), D(100))
    book.moved = False
    book.reached(D(99))
    assert not book.moved
    book.reached(D(101))
    assert book.moved


def test_ten_thousand_ticks_leave_no_trail_of_dead_stops() -> None:
    book = TrailingBook("down")
    book.add(RuleId("a"), trailing("down", "10"), D(100))
    for price in range(10_000):
        book.reached(D(100 + price))
    assert len(book._groups) == 1
    assert len(book._stops) < 100


steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "tick", "tick", "tick"]),
        st.sampled_from("abcdefgh"),
        st.integers(160, 240).map(lambda half: Decimal(half) / 2),
        st.sampled_from([D("0.5"), D(2), D(5), D(20)]),
        st.sampled_from(["usd", "percent"]),
    ),
    max_size=60,
)


@pytest.mark.parametrize("direction", ["down", "up"])
@given(told=steps)
def test_the_groups_say_what_a_table_of_extremes_says(
    direction: _Direction, told: list[tuple[str, str, Decimal, Decimal, Literal["usd", "percent"]]]
) -> None:
    book = TrailingBook(direction)
    table: dict[RuleId, tuple[Trailing, Decimal]] = {}

    def stop(condition: Trailing, extreme: Decimal) -> Decimal:
        step = condition.distance if condition.unit == "usd" else extreme * condition.distance / 100
        return extreme - step if direction == "down" else extreme + step

    for what, name, price, distance, unit in told:
        rule_id = RuleId(name)
        if what == "tick":
            quiet = book.is_quiet(price, price)
            before = dict(table)
            for known, (condition, extreme) in before.items():
                table[known] = condition, max(extreme, price) if direction == "down" else min(extreme, price)
            moved = table != before
            expected = {
                (known, extreme)
                for known, (condition, extreme) in table.items()
                if (price <= stop(condition, extreme) if direction == "down" else price >= stop(condition, extreme))
            }
            assert set(book.reached(price)) == expected
            assert not (quiet and (moved or expected))
            for known, _ in expected:
                del table[known]
        elif what == "remove":
            book.remove(rule_id)
            table.pop(rule_id, None)
        elif rule_id not in table:
            condition = trailing(direction, str(distance), unit)
            if stop(condition, price) > 0:
                book.add(rule_id, condition, price)
                table[rule_id] = condition, price
        assert dict(book.extremes()) == {known: extreme for known, (_, extreme) in table.items()}
        stops = [stop(condition, extreme) for condition, extreme in table.values()]
        nearest = None if not stops else max(stops) if direction == "down" else min(stops)
        assert book.nearest() == nearest
