"""What exchanges say, as readings: units, times, and nonsense left out."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.prices.dialects import HYPERLIQUID, KRAKEN, Dialect, Instrument

NOW = datetime(2026, 3, 2, 12, 34, 56, 789, tzinfo=UTC)
WHOLE = Instrument(symbol="SOL/USD:USD", scale=1)


def test_the_mark_is_preferred_and_funding_is_in_percent_per_hour() -> None:
    info: dict[str, Any] = {"markPx": "150.5", "midPx": "151", "funding": "0.0000125"}
    read = HYPERLIQUID.read("SOL-PERP", WHOLE, {"info": info}, NOW)
    assert read is not None
    assert (read.price, read.at, read.funding_rate) == (Decimal("150.5"), NOW, Decimal("0.00125"))
    info = {"markPrice": 150.5, "last": 151.0, "time": 1_700_000_000_123, "relative_funding_rate": 1.5e-05}
    read = KRAKEN.read("SOL-PERP", WHOLE, {"info": info}, NOW)
    assert read is not None
    assert (read.price, read.funding_rate) == (Decimal("150.5"), Decimal("0.0015"))
    assert read.at == datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)


def test_a_price_for_a_thousand_is_a_price_for_one() -> None:
    listed: dict[str, Any] = {"KBONK/USDC:USDC": {"active": True}}
    instrument = HYPERLIQUID.find("BONK", listed)
    assert instrument is not None
    read = HYPERLIQUID.read("BONK-PERP", instrument, {"info": {"markPx": "0.02213"}}, NOW)
    assert read is not None
    assert read.price == Decimal("0.00002213")


def test_a_market_that_was_closed_is_not_found() -> None:
    assert KRAKEN.find("SOL", {"SOL/USD:USD": {"active": False}}) is None
    assert KRAKEN.find("SOL", {}) is None
    assert KRAKEN.is_delisted("SOL", {"SOL/USD:USD": {"active": False}})
    assert not KRAKEN.is_delisted("SOL", {"SOL/USD:USD": {"active": True}})
    assert not KRAKEN.is_delisted("SOL", {})


@pytest.mark.parametrize(
    ("dialect", "ticker"),
    [
        (KRAKEN, {}),
        (KRAKEN, {"info": "text"}),
        (KRAKEN, {"info": {"markPrice": None, "last": None}}),
        (KRAKEN, {"info": {"markPrice": 150.0, "time": "soon"}}),
        (KRAKEN, {"info": {"markPrice": 150.0, "time": 10**30}}),
        (KRAKEN, {"info": {"markPrice": 150.0, "time": (NOW.timestamp() + 60) * 1000}}),
        (KRAKEN, {"info": {"markPrice": 150.0, "suspended": True}}),
        (HYPERLIQUID, {"info": {"markPx": "NaN"}}),
        (HYPERLIQUID, {"info": {"markPx": "-1"}}),
        (HYPERLIQUID, {"info": {"markPx": "Infinity"}}),
        (HYPERLIQUID, {"info": {"markPx": "0"}}),
    ],
)
def test_nonsense_is_not_a_reading(dialect: Dialect, ticker: dict[str, Any]) -> None:
    assert dialect.read("SOL-PERP", WHOLE, ticker, NOW) is None
