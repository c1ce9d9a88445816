"""What is wanted of a venue and what is known of it: intents, orders, fills, and how an order's state may move."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from core.domain.ids import EventId, OrderId, OwnerId, RuleId
from core.domain.market import Side
from core.domain.money import ZERO

OrderType = Literal["market", "limit", "trigger_market", "trigger_limit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """An order as wanted, sized and priced, before the venue hears of it.

    `base` in base units (> 0, on the step); prices in quote. `oracle_price` is the mark that it was sized at;
    `max_slippage_bps` bounds a market order's worst price from it. `expires_at` ends a resting order. A limit order has
    a `price`, or an `oracle_offset` (quote) by which its price follows the mark; with `immediate_or_cancel` it takes
    what there is and never rests. `replaces` is the venue's signature of a live order of the same type whose place it
    takes: both happen, or neither.
    """

    order_id: OrderId
    owner: OwnerId
    market: str
    side: Side
    base: Decimal
    type: OrderType = "market"
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    trigger_when: Literal[">=", "<="] | None = None
    post_only: bool = False
    immediate_or_cancel: bool = False
    oracle_offset: Decimal | None = None
    reduce_only: bool
    max_slippage_bps: int | None = None
    oracle_price: Decimal
    expires_at: datetime | None = None
    replaces: str | None = None


class OrderState(StrEnum):
    """Where an order stands; UNKNOWN means that nobody can prove either way, and never that it failed."""

    PLANNED = "planned"
    DENIED = "denied"
    SIGNED = "signed"
    SENT = "sent"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


_S = OrderState
_ENDS = frozenset({_S.FILLED, _S.REJECTED, _S.CANCELLED, _S.LAPSED})
# Nothing leads back to PLANNED: an order whose signed bytes are proven dead has lapsed, and its rule decides anew.
TRANSITIONS: Mapping[OrderState, frozenset[OrderState]] = {
    _S.PLANNED: frozenset({_S.DENIED, _S.SIGNED, _S.CANCELLED}),
    _S.DENIED: frozenset(),
    _S.SIGNED: _ENDS | {_S.SENT, _S.UNKNOWN, _S.ACCEPTED, _S.PARTIALLY_FILLED},
    _S.SENT: _ENDS | {_S.UNKNOWN, _S.ACCEPTED, _S.PARTIALLY_FILLED},
    _S.UNKNOWN: _ENDS | {_S.SENT, _S.ACCEPTED, _S.PARTIALLY_FILLED},
    _S.ACCEPTED: _ENDS | {_S.PARTIALLY_FILLED},
    _S.PARTIALLY_FILLED: _ENDS | {_S.PARTIALLY_FILLED},
    _S.FILLED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.LAPSED: frozenset(),
}
ENDED = frozenset(state for state, nexts in TRANSITIONS.items() if not nexts)
IN_FLIGHT = frozenset({_S.SIGNED, _S.SENT, _S.UNKNOWN, _S.ACCEPTED, _S.PARTIALLY_FILLED})
"""States in which the venue has the order, or may have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One leg of a trigger, from plan to end; the row behind it is the truth, whatever a queue says.

    `due_at` is when the leg may be sent (TWAP slices lie in the future). `approval_until`, where the owner's own wallet
    must sign, is until when it is asked to; `raw` of a planned leg is what it was shown last. `signature`, `raw` and
    `valid_until` of others are what was signed, stored before it was sent; `attempts` counts starts, `proof` says what
    proved the present state.
    A sentry is the leg of the rule's *next* trigger, placed ahead of it; `replaces` is the sentry whose place it takes.
    """

    id: OrderId
    owner: OwnerId
    rule_id: RuleId
    trigger_no: int
    leg_no: int
    market: str
    state: OrderState = OrderState.PLANNED
    due_at: datetime
    created_at: datetime
    venue: str
    share: Decimal = Decimal(1)
    """This leg's share of the trigger's whole size, 0 < share ≤ 1, taken of what is left for percent sizes."""
    step: Literal["trade", "reverse_open", "sentry"] = "trade"
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    """What was observed when the rule fired, in quote; what a fill's slippage is told against."""
    intent: OrderIntent | None = None
    signature: str | None = None
    raw: bytes | None = None
    valid_until: datetime | None = None
    approval_until: datetime | None = None
    attempts: int = 0
    cancel_asked: bool = False
    replaces: OrderId | None = None
    filled_base: Decimal = ZERO
    filled_quote: Decimal = ZERO
    reason: str | None = None
    proof: str | None = None
    ended_at: datetime | None = None
    cause: EventId | None = None

    @property
    def average_price(self) -> Decimal | None:
        """Average fill price in quote, or None before the first fill."""
        return None if self.filled_base == 0 else self.filled_quote / self.filled_base


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What actually traded: `base` > 0; `price` and `fee` (negative = rebate) in quote."""

    venue_fill_id: str
    order_id: OrderId
    owner: OwnerId
    rule_id: RuleId
    market: str
    side: Side
    base: Decimal
    price: Decimal
    fee: Decimal
    at: datetime
    venue: str
    simulated: bool = False
    realised_pnl: Decimal | None = None
    maker: bool = False
