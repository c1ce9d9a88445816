"""What happens to positions, prices, venues, accounts, deliveries and the engine itself."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from core.domain.event.happened import Happened


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionEventHappened(Happened):
    """What every event about a position carries; `base` is what is held after it, signed."""

    market: str
    base: Decimal
    simulated: bool = False
    venue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionOpened(PositionEventHappened):
    """There was none."""

    name: ClassVar[str] = "position.opened"
    entry_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionChanged(PositionEventHappened):
    """It grew, shrank or turned; `was` is what was held before."""

    name: ClassVar[str] = "position.changed"
    was: Decimal
    entry_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionClosed(PositionEventHappened):
    """Nothing is left of it."""

    name: ClassVar[str] = "position.closed"
    was: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionEndangered(PositionEventHappened):
    """The mark is within `distance_percent` of the liquidation price."""

    name: ClassVar[str] = "position.endangered"
    liquidation_price: Decimal
    distance_percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionLiquidated(PositionEventHappened):
    """The venue closed it, or part of it, for lack of margin, at `price` (quote).

    `realised_pnl` is before `fee`, and None where the venue does not tell.
    """

    name: ClassVar[str] = "position.liquidated"
    was: Decimal
    price: Decimal
    fee: Decimal
    realised_pnl: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionFundingPaid(PositionEventHappened):
    """Funding was exchanged: `amount` > 0 came in, < 0 went out, in quote."""

    name: ClassVar[str] = "position.funding_paid"
    amount: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStale(Happened):
    """A market has no price that may fire anything; `why`: stale, wide, jumped, unconfirmed or disagreeing."""

    name: ClassVar[str] = "price.stale"
    market: str
    why: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRecovered(Happened):
    """Prices of the market are trusted again; `blind_s` is how long they were not."""

    name: ClassVar[str] = "price.recovered"
    market: str
    blind_s: int
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueLost(Happened):
    """The venue does not answer."""

    name: ClassVar[str] = "venue.lost"
    venue: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePaused(Happened):
    """The venue takes no orders; only those of one `market` where it is named."""

    name: ClassVar[str] = "venue.paused"
    venue: str
    reason: str
    market: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRecovered(Happened):
    """The venue takes orders again, or those of one `market` where it is named."""

    name: ClassVar[str] = "venue.recovered"
    venue: str
    market: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailed(Happened):
    """A card could not be brought to a channel."""

    name: ClassVar[str] = "delivery.failed"
    channel: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLinked(Happened):
    """A channel or wallet now speaks for this owner."""

    name: ClassVar[str] = "account.linked"
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLinkRequested(Happened):
    """Somebody at a channel's address entered a code of this owner's and waits for the owner to agree."""

    name: ClassVar[str] = "account.link_requested"
    channel: str
    address: str
    claim_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLimitChanged(Happened):
    """A limit was changed."""

    name: ClassVar[str] = "account.limit_changed"
    limit: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDrawdownReached(Happened):
    """Losses reached the owner's bound; `percent` of the day's starting equity."""

    name: ClassVar[str] = "account.drawdown_reached"
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKilled(Happened):
    """Everything was paused and open orders cancelled at the owner's word; positions stay as listed."""

    name: ClassVar[str] = "account.killed"
    rules_paused: int
    orders_cancelled: int
    positions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDelegateRevoked(Happened):
    """Our key may no longer trade for the owner."""

    name: ClassVar[str] = "account.delegate_revoked"
    venue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountApprovalRequested(Happened):
    """Something waits for the owner's wallet signature."""

    name: ClassVar[str] = "account.approval_requested"
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAnnounced(Happened):
    """Whoever runs this SayWhen has something to say to everybody."""

    name: ClassVar[str] = "account.announced"
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRanLow(Happened):
    """A key that pays network fees at a venue has fewer `lamports` left than it should, `minimum`; for operators."""

    name: ClassVar[str] = "key.ran_low"
    venue: str
    key: str
    lamports: int
    minimum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRefilled(Happened):
    """A key that had run low has enough to pay network fees again; for operators."""

    name: ClassVar[str] = "key.refilled"
    venue: str
    key: str
    lamports: int
    minimum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineBlind(Happened):
    """Nobody watched from `since` on: a restart or a lost partition."""

    name: ClassVar[str] = "engine.blind"
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRecovered(Happened):
    """Watching again; what was found is told in `found`."""

    name: ClassVar[str] = "engine.recovered"
    blind_s: int
    found: tuple[str, ...] = ()
