"""What must hold before a rule acts: pure data, one class a `type` of the rule language."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from core.domain.market import Timeframe

Operator = Literal[">=", "<="]
Unit = Literal["usd", "percent"]
IndicatorName = Literal[
    "price",
    "rsi",
    "sma",
    "ema",
    "macd",
    "macd_signal",
    "bollinger_upper",
    "bollinger_lower",
    "atr",
    "volume",
]
ALL_MARKETS = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """At once, on confirmation."""

    type: Literal["now"] = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLevel:
    """The price is at or beyond `price` (quote), for `for_s` seconds without a break where given."""

    type: Literal["price_level"] = "price_level"
    market: str
    operator: Operator
    price: Decimal
    for_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """The price moved by `threshold` from its reference; `window` from its high (down) or low (up)."""

    type: Literal["price_change"] = "price_change"
    market: str
    direction: Literal["up", "down", "either"]
    threshold: Decimal
    unit: Unit
    reference: Literal["current_price", "entry_price", "window"]
    window_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailing:
    """The price fell `distance` below its peak (`down`) or rose it above its trough (`up`), once activated."""

    type: Literal["trailing"] = "trailing"
    market: str
    direction: Literal["down", "up"]
    distance: Decimal
    unit: Unit
    activation_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleClose:
    """A candle closed at or beyond `price`."""

    type: Literal["candle_close"] = "candle_close"
    market: str
    timeframe: Timeframe
    operator: Operator
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherIndicator:
    """The second line of an indicator comparison."""

    name: IndicatorName
    period: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """An indicator on closed candles compares to `value` or to `other`; exactly one of the two is given."""

    type: Literal["indicator"] = "indicator"
    market: str
    timeframe: Timeframe
    name: IndicatorName
    period: int | None = None
    operator: Literal[">=", "<=", "crosses_above", "crosses_below"]
    value: Decimal | None = None
    other: OtherIndicator | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionPnl:
    """Unrealised profit and loss of a position (`*`: the sum), in USD or percent of entry notional; signed."""

    type: Literal["position_pnl"] = "position_pnl"
    market: str
    operator: Operator
    threshold: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionEvent:
    """Something happened to a position."""

    type: Literal["position_event"] = "position_event"
    market: str
    event: Literal["opened", "closed", "increased", "decreased", "liquidated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLevel:
    """An account metric: health and margin_ratio in percent, leverage in times, free collateral in USD."""

    type: Literal["account"] = "account"
    metric: Literal["health", "leverage", "free_collateral", "margin_ratio"]
    operator: Operator
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRate:
    """Funding in percent per hour, signed: positive = longs pay."""

    type: Literal["funding_rate"] = "funding_rate"
    market: str
    operator: Operator
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTime:
    """One instant."""

    type: Literal["time"] = "time"
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Again and again: every `every_s` seconds, or by a five-field `cron` in `timezone`; exactly one of the two."""

    type: Literal["schedule"] = "schedule"
    every_s: int | None = None
    cron: str | None = None
    timezone: str | None = None
    start_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Every one of the conditions holds at the same time."""

    type: Literal["all"] = "all"
    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one of the conditions holds."""

    type: Literal["any"] = "any"
    conditions: "tuple[Condition, ...]"


Condition = (
    Now
    | PriceLevel
    | PriceChange
    | Trailing
    | CandleClose
    | Indicator
    | PositionPnl
    | PositionEvent
    | AccountLevel
    | FundingRate
    | AtTime
    | Schedule
    | AllOf
    | AnyOf
)


def leaves(condition: Condition) -> Iterator[Condition]:
    """The condition's parts that are no `all` or `any`, from left to right."""
    match condition:
        case AllOf(conditions=parts) | AnyOf(conditions=parts):
            for part in parts:
                yield from leaves(part)
        case _:
            yield condition


def markets_of(condition: Condition) -> frozenset[str]:
    """Every market a condition names; `*` among them where it speaks of all."""
    return frozenset(name for leaf in leaves(condition) if (name := getattr(leaf, "market", None)) is not None)


def needs_account(condition: Condition) -> bool:
    """Whether the condition looks at its owner's account."""
    return any(
        isinstance(leaf, PositionPnl | PositionEvent | AccountLevel)
        or (isinstance(leaf, PriceChange) and leaf.reference == "entry_price")
        for leaf in leaves(condition)
    )


def entry_markets(condition: Condition) -> frozenset[str]:
    """The markets whose entry prices the condition's levels are measured from."""
    return frozenset(
        leaf.market for leaf in leaves(condition) if isinstance(leaf, PriceChange) and leaf.reference == "entry_price"
    )


def candles_of(condition: Condition) -> list[tuple[str, Timeframe]]:
    """The candles that the condition looks at, by market and timeframe."""
    return [(leaf.market, leaf.timeframe) for leaf in leaves(condition) if isinstance(leaf, CandleClose | Indicator)]
