"""What a surface reads of one owner without changing it: pages of rows, newest first, that take no lock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

from core.domain.equity import Movement
from core.domain.event import Event
from core.domain.ids import DraftId, EventId, OrderId, OwnerId, RuleId
from core.domain.order import Fill, Order, OrderState
from core.domain.owner import Draft
from core.domain.rule import Rule, RuleState
from core.ports.storage import Cursor, Job, JobLog

PnlBy = Literal["day", "market", "rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeFilter:
    """Which fills are wanted; None leaves a field open. `start <= at < end`."""

    market: str | None = None
    rule_id: RuleId | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlLine:
    """What one day, market or rule came to, in quote: realised before fees, fees paid, funding received."""

    key: str
    day: date | None = None
    realised: Decimal
    fees: Decimal
    funding: Decimal
    fills: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An event with the place behind it, and whether that lies behind the place a reader named."""

    event: Event
    place: Cursor
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A rule's way so far: what its job logged and what it traded (the newest where there are many), oldest first."""

    rule: Rule
    log: tuple[JobLog, ...]
    fills: tuple[Fill, ...]


class Journal(Protocol):
    """One owner's rows as they are now; every query is scoped by the owner it is given first."""

    async def revision(self, owner: OwnerId) -> int:
        """A number that grows with every change of the owner's rules and orders."""
        ...

    async def rules(self, owner: OwnerId, states: Collection[RuleState] | None = None, limit: int = 1000) -> list[Rule]:
        """By number, the newest *limit* where there are more."""
        ...

    async def rule(self, owner: OwnerId, rule_id: RuleId) -> Rule | None: ...
    async def drafts(self, owner: OwnerId, now: datetime) -> list[Draft]:
        """Those still open, oldest first."""
        ...

    async def orders(
        self, owner: OwnerId, states: Collection[OrderState] | None, before: OrderId | None, limit: int
    ) -> list[Order]:
        """Newest first, those older than *before* where given."""
        ...

    async def order(self, owner: OwnerId, order_id: OrderId) -> Order | None: ...
    async def trades(
        self, owner: OwnerId, wanted: TradeFilter, before: int | None, limit: int
    ) -> list[tuple[int, Fill]]:
        """Newest first with their numbers, those older than number *before* where given."""
        ...

    async def trade(self, owner: OwnerId, number: int) -> Fill | None: ...
    async def pnl(self, owner: OwnerId, by: PnlBy, timezone: str, wanted: TradeFilter) -> list[PnlLine]: ...
    async def movements(self, owner: OwnerId, since: datetime, seconds: int) -> list[Movement]:
        """What trades, funding and liquidations did from *since* on, summed by market over *seconds* from that on."""
        ...

    async def trail(self, owner: OwnerId, event_id: EventId) -> list[Event]:
        """The event, what caused it, what caused that, and so on back to the sentence."""
        ...

    async def draft(self, owner: OwnerId, draft_id: DraftId) -> Draft | None: ...
    async def version(self, owner: OwnerId, rule_id: RuleId, confirmed: EventId) -> int:
        """The version that the rule had from the confirmation *confirmed* on."""
        ...

    async def jobs(self, owner: OwnerId) -> list[Job]: ...
    async def job_logs(
        self, owner: OwnerId, rule_id: RuleId, before: int | None, limit: int
    ) -> list[tuple[int, JobLog]]:
        """Newest first with their numbers."""
        ...

    async def events(
        self, owner: OwnerId, after: Cursor, limit: int, upto: Cursor | None = None
    ) -> tuple[list[Event], Cursor]:
        """The owner's events, and those of everybody's concern, behind *after* and not behind *upto*; oldest first."""
        ...

    async def latest(self, owner: OwnerId, before: Cursor, limit: int, read: Cursor) -> list[Placed]:
        """As `events`, but newest first and before *before* (the end where empty); fresh is what lies behind *read*."""
        ...
