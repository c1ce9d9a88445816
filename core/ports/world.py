"""What the core needs of the world: time, words, prices, venues, keys; decides no implementation."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

from core.domain.ids import OwnerId
from core.domain.market import Candle, Market, Observation, Timeframe
from core.domain.order import Fill, OrderIntent
from core.domain.position import Account
from core.domain.reading import ParseContext, ParseResult


class Clock(Protocol):
    """Time, so that tests and replays own it."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds* of this clock's time."""
        ...


class RuleParser(Protocol):
    """Words → ParseResult. Never raises for anything a person can type."""

    name: str

    async def parse(self, text: str, context: ParseContext) -> ParseResult:
        """What *text* says, given *context*."""
        ...


class PriceSource(Protocol):
    """Prices of perpetual markets from one place."""

    name: str
    simulated: bool

    def observe(self, markets: Sequence[str]) -> AsyncIterator[Observation]:
        """Observations as they come, reconnecting for ever; ends only when its iterator is closed."""
        ...

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        """Closed candles with `start <= candle.start < end`, oldest first; empty where the source has no history."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Why one market takes no orders while its venue is open, in words; `exits` = it still takes reduce-only ones."""

    reason: str
    exits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueStatus:
    """Whether the venue takes orders; `reason` in words for people when it does not.

    `halted` are its markets that take none by themselves, and those that are only left.
    """

    state: Literal["open", "paused", "lost"]
    reason: str = ""
    halted: Mapping[str, Halt] = field(default_factory=dict)

    def refusal(self, market: str, *, is_exit: bool) -> str | None:
        """Why an order in *market* (`*`: in whichever is held) is not taken now; None where it is."""
        if self.state != "open":
            return self.reason
        halt = self.halted.get(market)
        return None if halt is None or (is_exit and halt.exits) else halt.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An intent made ready to send: stored before it is sent, and the only bytes that may be sent again.

    `signature` identifies it at the venue; after `valid_until` (venue time) it can no longer take effect.
    """

    signature: str
    raw: bytes
    valid_until: datetime


class Finding(StrEnum):
    """What a venue proves about an order."""

    ABSENT = "absent"
    """It is not there *now*; it may still land while the prepared bytes are valid."""
    DEAD = "dead"
    """It never took effect and never can: proven on the venue's own terms."""
    LIVE = "live"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """All that a venue knows of one order: every fill it ever had, in order."""

    finding: Finding
    fills: tuple[Fill, ...] = ()
    reason: str = ""
    triggered: bool = False
    """Whether a trigger order's price is proven to have come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something a venue did to an account by itself, numbered per account from 1."""

    number: int
    kind: Literal["funding", "liquidation"]
    market: str
    at: datetime
    amount: Decimal
    """Funding received (+) or paid (-); a liquidation's fee, in quote."""
    rate: Decimal = Decimal(0)
    base_before: Decimal = Decimal(0)
    base_after: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    taken: Decimal | None = None
    """Base that a liquidation took away, signed as the position was, where the venue does not tell what was held."""
    realised: Decimal | None = None
    """What a liquidation realised before its fee, in quote; None where the venue does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """An owner's account at a venue is not what it was; `permitted` = we may still trade it."""

    owner: OwnerId
    permitted: bool = True


class Venue(Protocol):
    """Where orders go. No method withdraws or transfers.

    Every method may raise VenueUnknown (time-out, disconnect, 5xx: nothing is proven) or VenuePaused.
    """

    name: str
    simulated: bool
    holds_protective_orders: bool
    """Whether a trigger order resting here guards a position better than our own watching does."""

    async def markets(self) -> Mapping[str, Market]:
        """Tradable markets by symbol."""
        ...

    async def status(self) -> VenueStatus:
        """Whether it takes orders now."""
        ...

    async def mark(self, market: str) -> Observation:
        """The price that the venue itself triggers and liquidates on. Raises PriceUnavailable when stale."""
        ...

    async def account(self, owner: OwnerId) -> Account:
        """The owner's account as it is now."""
        ...

    async def prepare(self, intent: OrderIntent) -> Prepared:
        """Sign *intent*; touches nothing at the venue. Raises VenueRejected if it could never be valid.

        Raises ApprovalNeeded where only the owner's own wallet may sign.
        An order that *replaces* another takes effect only if that one is still open then, and ends it.
        """
        ...

    async def send(self, prepared: Prepared) -> None:
        """Hand the bytes over; sending them twice takes effect once. Raises VenueRejected only if proven."""
        ...

    async def lookup(self, owner: OwnerId, signature: str) -> OrderReport:
        """What the venue knows of the order that was prepared under *signature*."""
        ...

    async def cancel(self, owner: OwnerId, signature: str) -> None:
        """Ask for a resting order to be taken off; `lookup` tells what became of it. Idempotent.

        Raises ApprovalNeeded where only the owner's own wallet may take it off.
        """
        ...

    async def activity(self, owner: OwnerId, after: int) -> Sequence[Activity]:
        """What the venue did to the account by itself after activity number *after*, at most 500."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    """In whose name we trade on chain: the wallet whose account it is, and the key that signs (base58).

    `by_hand` = that key is the owner's own wallet, which is asked each time.
    """

    authority: str
    signer: str
    by_hand: bool = False


class Traders(Protocol):
    """Which account and which key are an owner's."""

    async def of(self, owner: OwnerId) -> Trader | None:
        """None while the owner has no wallet linked, or no key to trade with."""
        ...


class Keyring(Protocol):
    """The only thing that sees a private key; lives in the process that signs."""

    async def sign(self, address: str, message: bytes) -> bytes:
        """The ed25519 signature of *message* by the key of *address*.

        Raises VenueUnknown where this process does not sign, NotFound for a key that is not kept.
        """
        ...
