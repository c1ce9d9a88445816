"""What to do once a condition held: pure data, one class a `type` of the rule language."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from core.domain.money import HUNDRED

DEFAULT_SLIPPAGE_BPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketOrder:
    """Fill now; give up what would trade beyond `max_slippage_bps` of the oracle price."""

    type: Literal["market"] = "market"
    max_slippage_bps: int = DEFAULT_SLIPPAGE_BPS


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOrder:
    """Rest at `price` (quote) or better, for `ttl_s` seconds where given; `post_only` never takes."""

    type: Literal["limit"] = "limit"
    price: Decimal
    post_only: bool = False
    ttl_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TwapOrder:
    """Equal market slices spread evenly over `over_s` seconds."""

    type: Literal["twap"] = "twap"
    over_s: int
    slices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderOrder:
    """`orders` equal limit orders at even distances from `from_price` to `to_price`."""

    type: Literal["ladder"] = "ladder"
    orders: int
    from_price: Decimal
    to_price: Decimal


OrderKind = MarketOrder | LimitOrder | TwapOrder | LadderOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A `buy` or `sell` of exactly one size.

    Sizes: `amount_percent` of the live position when `reduce_only`, else of free collateral; `amount_base` in base;
    `amount_usd` notional; `margin_usd` own money, times `leverage` = notional.
    """

    type: Literal["buy", "sell"]
    market: str
    amount_percent: Decimal | None = None
    amount_base: Decimal | None = None
    amount_usd: Decimal | None = None
    margin_usd: Decimal | None = None
    reduce_only: bool
    order: OrderKind = MarketOrder()
    leverage: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Exit whichever side is open, by `amount_percent` of it; `*` is every position."""

    type: Literal["close"] = "close"
    market: str
    amount_percent: Decimal = Decimal(100)
    order: OrderKind = MarketOrder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse:
    """Close, then open the same size on the other side."""

    type: Literal["reverse"] = "reverse"
    market: str
    order: OrderKind = MarketOrder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction:
    """Take something of the owner's back: open orders or rules, on a market or `*`; never money."""

    type: Literal["cancel_orders", "cancel_rules", "pause_rules"]
    market: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveStop:
    """Move the market's stop to the position's entry price, or to a price (quote)."""

    type: Literal["move_stop"] = "move_stop"
    market: str
    to: Literal["entry_price"] | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Tell, trade nothing."""

    type: Literal["alert"] = "alert"
    message: str | None = None


Action = Trade | Close | Reverse | Retraction | MoveStop | Alert


def is_exit(action: Action) -> bool:
    """Whether the action can only shrink positions."""
    return isinstance(action, Close) or (isinstance(action, Trade) and action.reduce_only)


def trades(action: Action) -> bool:
    """Whether the action sends orders."""
    return isinstance(action, Trade | Close | Reverse)


def leaves_the_rest_armed(action: Action) -> bool:
    """Whether firing leaves the rules of its `oco_group` armed: a partial reduce-only exit does."""
    match action:
        case Close(amount_percent=percent):
            return percent < HUNDRED
        case Trade(reduce_only=True, amount_percent=percent):
            return percent is None or percent < HUNDRED
        case _:
            return False
