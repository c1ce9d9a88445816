"""Constructions put in the place of others: only where every place fits, and within a bounded number of passes."""

from decimal import Decimal

import pytest

from core.parse.grammar.items import Amount, Item
from core.parse.grammar.recasting import Recaster, construction


def _items(*kinds: str) -> list[Item]:
    return [Item(kind=kind, text=kind.lower(), value=_TEN if kind == "NUM" else None) for kind in kinds]


_TEN = Amount(value=Decimal(10), unit="percent")


def _recast(said: str, read: str, *kinds: str) -> list[str]:
    return [item.kind for item in Recaster((construction(said, read),)).recast(_items(*kinds))]


def test_places_may_lack_repeat_or_be_of_several_kinds() -> None:
    assert _recast("SET? BUY|SELL ORDERS* FOR", "2", "SELL", "ORDERS", "ORDERS", "FOR", "NUM") == ["SELL", "NUM"]
    assert _recast("SET? BUY|SELL ORDERS+ FOR", "2", "SET", "BUY", "FOR") == ["SET", "BUY", "FOR"]


def test_what_stands_beside_decides_and_stays() -> None:
    assert _recast("<END|COMMA TO >BUY", "", "TO", "BUY") == ["BUY"]
    assert _recast("<END|COMMA TO >BUY", "", "NUM", "TO", "BUY") == ["NUM", "TO", "BUY"]
    assert _recast("<!NUM BUY OF", "2", "NUM", "BUY", "OF") == ["NUM", "BUY", "OF"]


def test_a_number_fits_only_with_its_unit_and_a_word_only_as_written() -> None:
    assert _recast("TAKE NUM% PROFIT", "1 2", "TAKE", "NUM", "PROFIT") == ["TAKE", "NUM"]
    assert _recast("TAKE NUM$ PROFIT", "1 2", "TAKE", "NUM", "PROFIT") == ["TAKE", "NUM", "PROFIT"]
    assert _recast('"take|book" NUM', "SELL:sell 2", "TAKE", "NUM") == ["SELL", "NUM"]


def test_a_construction_that_makes_itself_again_ends() -> None:
    assert _recast("BUY", "BUY BUY", "BUY") == ["BUY"] * 8


@pytest.mark.parametrize("said", ["buy", "SET?", "<END", 'BUY|"sell"'])
def test_what_is_no_construction_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="Expected a"):
        construction(said, "1")
