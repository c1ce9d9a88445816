"""What can be traded and what was seen of it; decides nothing about orders."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Side = Literal["buy", "sell"]
Timeframe = Literal["1m", "5m", "15m", "1h", "4h", "1d"]

TIMEFRAME_S: dict[Timeframe, int] = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "1d": 86400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One perpetual future as its venue lists it.

    Prices in quote (USD) per base; `tick`, `step` and `min_base` in quote, base and base units;
    margins as fractions of notional (0.05 = 20x); fees in basis points of notional (negative = rebate).
    """

    symbol: str
    base: str
    name: str
    tick: Decimal
    step: Decimal
    min_base: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    taker_fee_bps: Decimal
    maker_fee_bps: Decimal

    @property
    def max_leverage(self) -> Decimal:
        """Greatest notional per unit of collateral that may be opened."""
        return 1 / self.initial_margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One market seen at an instant.

    `at` is when the source says the price held, `seen_at` when we received it; their distance to now is the age.
    `confidence` is a half-width in quote; `funding_rate` is percent per hour, positive = longs pay; `volume` is base
    traded since the last observation of this market. `sources` counts the independent readings that agreed.
    """

    market: str
    price: Decimal
    at: datetime
    seen_at: datetime
    source: str
    simulated: bool = False
    sources: int = 1
    confidence: Decimal | None = None
    funding_rate: Decimal | None = None
    volume: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """Prices of one market over `[start, start + timeframe)`; volume in base, funding in percent per hour."""

    market: str
    timeframe: Timeframe
    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None = None
    funding_rate: Decimal | None = None
    source: str = ""
