"""What an owner allows the product to do at most; decides denials, never sizes."""

from dataclasses import dataclass
from decimal import Decimal

from core.domain.money import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Per owner: notionals in USD, leverage in times, slippage in basis points of the oracle price."""

    max_order_usd: Decimal = Decimal(25_000)
    max_position_usd: Decimal = Decimal(100_000)
    max_leverage: Decimal = Decimal(10)
    max_slippage_bps: int = 200
    max_orders_a_day: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Our own limit said no: which one, in words that an owner can act on."""

    limit: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """What is checked: an order's notional and slippage, and account figures as they would be after it filled.

    `others_open` = the owner's other open orders are in those figures too.
    """

    notional_usd: Decimal
    reduce_only: bool
    slippage_bps: int | None = None
    position_usd_after: Decimal | None = None
    leverage_after: Decimal | None = None
    orders_today: int = 0
    others_open: bool = False


def check(limits: Limits, order: Weighing) -> Denial | None:
    """The first limit that *order* breaks, or None.

    An exit is measured for slippage alone: a limit on size that kept somebody from closing would lose the money it
    was meant to guard.
    """
    if order.slippage_bps is not None and order.slippage_bps > limits.max_slippage_bps:
        return Denial(
            limit="max_slippage_bps",
            reason=f"slippage of {order.slippage_bps} bps is over your limit of {limits.max_slippage_bps} bps",
        )
    if order.reduce_only:
        return None
    counted = ", with what your open orders may add," if order.others_open else ""
    if order.notional_usd > limits.max_order_usd:
        return Denial(
            limit="max_order_usd",
            reason=f"an order of ${order.notional_usd:,.2f} is over your limit of ${limits.max_order_usd:,.2f} each",
        )
    if order.position_usd_after is not None and order.position_usd_after > limits.max_position_usd:
        return Denial(
            limit="max_position_usd",
            reason=f"a position of ${order.position_usd_after:,.2f}{counted} is over your limit of"
            f" ${limits.max_position_usd:,.2f} a position",
        )
    if order.leverage_after is not None and order.leverage_after > limits.max_leverage:
        return Denial(
            limit="max_leverage",
            reason=f"account leverage of {order.leverage_after:.1f}x{counted} is over your limit of"
            f" {plain(limits.max_leverage)}x",
        )
    if order.orders_today >= limits.max_orders_a_day:
        return Denial(
            limit="max_orders_a_day",
            reason=f"{order.orders_today} orders today reach your limit of {limits.max_orders_a_day} a day",
        )
    return None
