"""What happens to orders and to the attempts at them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from core.domain.event.happened import Happened
from core.domain.ids import OrderId
from core.domain.market import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent(Happened):
    """What every event about an order carries; `base` in base units, prices in quote.

    `side` is None for an exit that ended before it was sized: the position would have decided. `planned` says what it
    was to trade, while it is not sized. `sentry` = it stands at the venue for an armed rule: where that acts is told
    of the rule.
    """

    order_id: OrderId
    market: str
    side: Side | None
    base: Decimal | None = None
    planned: str = ""
    simulated: bool = False
    venue: str = ""
    sentry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDenied(OrderEvent):
    """Our own limits said no."""

    name: ClassVar[str] = "order.denied"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderApprovalRequested(OrderEvent):
    """It waits for its owner's own wallet to sign it, until `until`; nothing is sent before."""

    name: ClassVar[str] = "order.approval_requested"
    until: datetime
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSigned(OrderEvent):
    """Signed and stored, not yet sent."""

    name: ClassVar[str] = "order.signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSent(OrderEvent):
    """Handed to the venue."""

    name: ClassVar[str] = "order.sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted(OrderEvent):
    """The venue has it and it rests there."""

    name: ClassVar[str] = "order.accepted"
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPartiallyFilled(OrderEvent):
    """Some of it traded; `base`, `price` and `fee` are this fill's, `left` what still rests."""

    name: ClassVar[str] = "order.partially_filled"
    side: Side
    price: Decimal
    fee: Decimal
    left: Decimal
    realised_pnl: Decimal | None = None
    reduce_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled(OrderEvent):
    """All of it traded; `base`, `price`, `fee` and `realised_pnl` sum up the order's fills.

    `trigger_price` is what was observed when the rule fired, to tell slippage by; `position_after` is signed.
    """

    name: ClassVar[str] = "order.filled"
    side: Side
    price: Decimal
    fee: Decimal
    realised_pnl: Decimal | None = None
    reduce_only: bool = False
    position_after: Decimal | None = None
    trigger_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRejected(OrderEvent):
    """The venue said no, proven."""

    name: ClassVar[str] = "order.rejected"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(OrderEvent):
    """Taken back; what had filled before stays filled."""

    name: ClassVar[str] = "order.cancelled"
    reason: str
    filled: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLapsed(OrderEvent):
    """Its time ran out at the venue."""

    name: ClassVar[str] = "order.lapsed"
    filled: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnknown(OrderEvent):
    """Nobody knows yet whether the venue has it; we keep asking and send nothing else for it."""

    name: ClassVar[str] = "order.unknown"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRetried(Happened):
    """An attempt failed and will be made again in `in_s` seconds."""

    name: ClassVar[str] = "job.retried"
    order_id: OrderId
    attempt: int
    in_s: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWaiting(Happened):
    """Attempts are used up, but it protects a position: it is tried every `every_s` seconds until the venue answers."""

    name: ClassVar[str] = "job.waiting"
    order_id: OrderId
    every_s: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDeadLettered(Happened):
    """Attempts are used up; it is kept for inspection and does nothing by itself any more."""

    name: ClassVar[str] = "job.dead_lettered"
    order_id: OrderId
    attempts: int
    reason: str
