"""The heaps of fixed prices: what a price reaches, in which order, and that the dead leave."""

from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import RuleId
from core.domain.level import Levels
from core.watchlist.levels import LevelBook
from tests.core.watchlist.world import D

A, B, C = RuleId("a"), RuleId("b"), RuleId("c")


def test_an_exact_hit_reaches_both_ways() -> None:
    book = LevelBook()
    book.add(A, Levels(upper=D(105)))
    book.add(B, Levels(lower=D(95)))
    assert book.reached(D("104.99")) == []
    assert book.reached(D(105)) == [A]
    assert book.reached(D(95)) == [B]
    assert book.reached(D(95)) == []


def test_what_one_price_reaches_comes_in_the_order_of_arming() -> None:
    book = LevelBook()
    for rule_id, level in ((C, 103), (A, 105), (B, 101)):
        book.add(rule_id, Levels(upper=D(level)))
    assert book.reached(D(110)) == [C, A, B]


def test_a_rule_with_two_levels_fires_once() -> None:
    book = LevelBook()
    book.add(A, Levels(lower=D(95), upper=D(105)))
    assert book.reached(D(105)) == [A]
    assert book.reached(D(95)) == []
    assert book.nearest(up=False) is None


def test_levels_moved_are_reached_where_they_are_now() -> None:
    book = LevelBook()
    book.add(A, Levels(upper=D(105)))
    book.add(A, Levels(upper=D(107)))
    assert book.reached(D(106)) == []
    assert book.nearest(up=True) == D(107)
    assert book.reached(D(107)) == [A]


def test_a_removed_rule_is_never_named_again() -> None:
    book = LevelBook()
    book.add(A, Levels(upper=D(105)))
    book.add(B, Levels(upper=D(106)))
    book.remove(A)
    book.remove(A)
    assert book.nearest(up=True) == D(106)
    assert book.reached(D(110)) == [B]


def test_arming_and_disarming_for_ever_keeps_the_heaps_small() -> None:
    book = LevelBook()
    for number in range(10_000):
        book.add(A, Levels(upper=D(200 + number), lower=D(10)))
    assert len(book._upper) + len(book._lower) <= 128


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(90, 110), st.booleans(), st.booleans()), max_size=60))
def test_the_heaps_say_what_a_table_says(told: list[tuple[str, int, bool, bool]]) -> None:
    book, table = LevelBook(), dict[RuleId, Levels]()
    for name, price, is_tick, up in told:
        rule_id, at = RuleId(name), D(price)
        if is_tick:
            expected = {known for known, levels in table.items() if levels.reached(at)}
            found = book.reached(at)
            assert set(found) == expected
            assert len(found) == len(expected)
            for gone in expected:
                del table[gone]
        elif rule_id in table:
            book.remove(rule_id)
            del table[rule_id]
        else:
            table[rule_id] = Levels(upper=at) if up else Levels(lower=at)
            book.add(rule_id, table[rule_id])
        uppers = [levels.upper for levels in table.values() if levels.upper is not None]
        lowers = [levels.lower for levels in table.values() if levels.lower is not None]
        assert book.nearest(up=True) == min(uppers, default=None)
        assert book.nearest(up=False) == max(lowers, default=None)
