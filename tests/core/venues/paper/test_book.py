"""How trades change a position, in worked numbers."""

from decimal import Decimal

import pytest

from core.venues.paper.book import Holding, credit, trade
from tests.core.venues.paper.bench import START, D

TICK = D("0.01")


def after(base: str, entry: str, signed: str, price: str) -> tuple[Holding | None, Decimal | None]:
    holding = Holding(base=D(base), entry=D(entry), funding=D(3), funded_at=START)
    return trade(holding, D(signed), D(price), tick=TICK, at=START)


@pytest.mark.parametrize(
    ("base", "signed", "entry"),
    [
        ("1", "2", "100.66666667"),  # (100 + 2 x 101) / 3 = 100.666…: a long is rounded up
        ("-1", "-2", "100.66666666"),  # and a short down, to a millionth of a tick
    ],
)
def test_a_grown_position_averages_its_entry_against_its_owner(base: str, signed: str, entry: str) -> None:
    held, realised = after(base, "100", signed, "101")
    assert held == Holding(base=D(base) + D(signed), entry=D(entry), funding=D(3), funded_at=START)
    assert realised is None


@pytest.mark.parametrize(("base", "signed", "realised"), [("10", "-4", "8"), ("-10", "4", "-8")])
def test_a_shrunk_position_keeps_its_entry(base: str, signed: str, realised: str) -> None:
    held, profit = after(base, "100", signed, "102")
    assert held == Holding(base=D(base) + D(signed), entry=D(100), funding=D(3), funded_at=START)
    assert profit == D(realised)


def test_a_closed_position_is_gone() -> None:
    assert after("10", "100", "-10", "102") == (None, D(20))


@pytest.mark.parametrize(("base", "signed", "realised"), [("10", "-10.5", "20"), ("-10", "10.5", "-20")])
def test_a_trade_through_zero_realises_the_old_position_alone(base: str, signed: str, realised: str) -> None:
    held, profit = after(base, "100", signed, "102")
    assert held == Holding(base=D(base) + D(signed), entry=D(102), funding=D(0), funded_at=START)
    assert profit == D(realised)


def test_money_is_rounded_against_the_owner() -> None:
    assert credit(D("1.0000019")) == D("1.000001")
    assert credit(D("-1.0000011")) == D("-1.000002")
