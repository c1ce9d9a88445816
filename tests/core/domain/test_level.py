"""The prices at which conditions begin to hold."""

from decimal import Decimal
from typing import Any, Literal

import pytest

from core.domain.condition import CandleClose, Condition, Now, PriceChange, PriceLevel, Trailing
from core.domain.level import Levels, levels, moved, stop_of

D = Decimal
SOL = "SOL-PERP"


def change(direction: Literal["up", "down", "either"], threshold: str, **more: Any) -> PriceChange:
    settings: dict[str, Any] = {"market": SOL, "unit": "usd", "reference": "current_price"}
    return PriceChange(direction=direction, threshold=D(threshold), **(settings | more))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (PriceLevel(market=SOL, operator=">=", price=D(160)), Levels(upper=D(160))),
        (PriceLevel(market=SOL, operator="<=", price=D(130)), Levels(lower=D(130))),
        (change("down", "0.1"), Levels(lower=D("149.9"))),
        (change("up", "0.2"), Levels(upper=D("150.2"))),
        (change("down", "10", unit="percent"), Levels(lower=D(135))),
        (change("up", "20", unit="percent"), Levels(upper=D(180))),
        (change("either", "1"), Levels(lower=D(149), upper=D(151))),
        (change("down", "2", unit="percent", reference="entry_price"), Levels(lower=D(98))),
    ],
)
def test_fixed_prices(condition: Condition, expected: Levels) -> None:
    assert levels(condition, references={SOL: D(150)}, entries={SOL: D(100)}) == expected


@pytest.mark.parametrize(
    "condition",
    [
        Now(),
        PriceLevel(market=SOL, operator=">=", price=D(160), for_s=60),
        change("down", "1", reference="window", window_s=60),
        Trailing(market=SOL, direction="down", distance=D(1), unit="usd"),
        CandleClose(market=SOL, timeframe="1h", operator=">=", price=D(1)),
    ],
)
def test_what_is_no_fixed_price_has_none(condition: Condition) -> None:
    assert levels(condition, references={SOL: D(150)}, entries={}) is None


def test_a_change_from_what_is_not_known_holds_nowhere() -> None:
    nowhere = levels(change("either", "1"), references={}, entries={})
    assert nowhere == Levels()
    assert not Levels().reached(D(0))


def test_reaching_a_level_is_enough() -> None:
    both = Levels(lower=D(95), upper=D(105))
    assert [both.reached(D(price)) for price in ("94.9", "95", "95.1", "104.9", "105", "105.1")] == [
        True, True, False, False, True, True,
    ]  # fmt: skip


def test_moved_by_dollars_and_by_percent() -> None:
    assert moved(D(50), D(5), "usd", up=True) == 55
    assert moved(D(50), D(5), "percent", up=False) == D("47.5")


def test_a_trailing_stop_lies_below_a_peak_or_above_a_trough() -> None:
    falling = Trailing(market=SOL, direction="down", distance=D(10), unit="percent")
    rising = Trailing(market=SOL, direction="up", distance=D(10), unit="usd")
    assert stop_of(falling, D(200)) == 180
    assert stop_of(rising, D(200)) == 210
