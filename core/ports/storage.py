"""What the core needs of storage: one owner's transaction, the event log, the queue, leases; decides no database."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NewType, Protocol

from core.domain.event import Event
from core.domain.ids import DraftId, EventId, OrderId, OwnerId, RuleId
from core.domain.market import Candle, Timeframe
from core.domain.order import Fill, Order, OrderState
from core.domain.owner import Draft, DraftState, Owner
from core.domain.rule import Rule, RuleState
from core.ports.world import VenueStatus

Cursor = NewType("Cursor", str)
"""An opaque place in the event log; "" is its beginning."""
Memories = Mapping[tuple[RuleId, int], Mapping[str, Any]]
"""What watching must not forget, by rule and version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The row that shows one armed rule being watched: its state, checks and failures."""

    rule_id: RuleId
    owner: OwnerId
    kind: Literal["price_monitor", "position_monitor", "time_based"]
    state: Literal["active", "idle", "done", "failed"]
    checks: int = 0
    last_check_at: datetime | None = None
    last_price: Decimal | None = None
    failures: int = 0
    next_run_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLog:
    """One line of a job's history: armed, checked, triggered, retried, failed, dead-lettered."""

    rule_id: RuleId
    owner: OwnerId
    at: datetime
    what: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """Proof of holding a partition; a firing that carries a stale one changes nothing."""

    partition: str
    holder: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """That a watched rule was looked at: how often since it was told last, when last, and at which price.

    `line` is how many looks a line of the job's log is to tell of, where one is due; `detail` is more for that line.
    """

    rule_id: RuleId
    owner: OwnerId
    checks: int
    at: datetime
    price: Decimal | None = None
    line: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False

    def entry(self) -> JobLog | None:
        """The line of the job's log, where one is due."""
        if self.line is None:
            return None
        told = {"price": self.price, "checks": self.line, **self.detail}
        return JobLog(rule_id=self.rule_id, owner=self.owner, at=self.at, what="checked", detail=told)


class Transaction(Protocol):
    """One owner's rows in one database transaction; every read and write is scoped to `owner`.

    The owner's lock is taken before anything else, so one owner's transactions run one after another and their events
    keep their order. `was` guards a write: it happens only if the row is still in that state, and says whether it did.
    """

    owner: OwnerId

    async def read_owner(self) -> Owner: ...
    async def save_owner(self, owner: Owner) -> None: ...

    async def draft(self, draft_id: DraftId) -> Draft | None: ...
    async def open_drafts(self, channel: str | None = None) -> list[Draft]:
        """Oldest first; of one channel where given."""
        ...

    async def add_draft(self, draft: Draft) -> None: ...
    async def save_draft(self, draft: Draft, *, was: DraftState, revision: int) -> bool: ...

    async def rule(self, rule_id: RuleId) -> Rule | None: ...
    async def rules(self, states: Collection[RuleState] | None = None) -> list[Rule]: ...
    async def next_rule_number(self) -> int: ...
    async def add_rule(self, rule: Rule) -> None: ...
    async def save_rule(self, rule: Rule, *, was: RuleState, version: int) -> bool: ...

    async def order(self, order_id: OrderId) -> Order | None: ...
    async def orders(
        self,
        *,
        states: Collection[OrderState] | None = None,
        rule_id: RuleId | None = None,
        trigger_no: int | None = None,
        since: datetime | None = None,
        limit: int = 1000,
    ) -> list[Order]:
        """Orders, oldest first; `since` is of `created_at`; the newest *limit* where there are more."""
        ...

    async def add_order(self, order: Order) -> None:
        """Raises Conflict if the trigger's leg is planned already."""
        ...

    async def save_order(self, order: Order, *, was: OrderState) -> bool: ...

    async def add_fill(self, fill: Fill) -> bool:
        """Record a fill; False if it is known already."""
        ...

    async def fills(self, *, order_id: OrderId | None = None, limit: int = 1000) -> list[Fill]:
        """Oldest first; the newest *limit* where there are more."""
        ...

    async def job(self, rule_id: RuleId) -> Job | None: ...
    async def save_job(self, job: Job) -> None:
        """Keep the job; of one that is there its looks stay, for `save_looks` alone counts them."""
        ...

    async def log_job(self, line: JobLog) -> None: ...
    async def job_logs(self, rule_id: RuleId, limit: int = 100) -> list[JobLog]: ...

    async def append(self, event: Event) -> EventId:
        """Add *event* to the log in this transaction; readers see it once the transaction is over."""
        ...

    async def enqueue(self, order_id: OrderId, *, priority: int = 0) -> None:
        """Wake a worker for the order once this transaction is over; waking twice does no harm."""
        ...

    async def fenced(self, fence: Fence) -> bool:
        """Whether *fence* still holds; keeps it so until this transaction is over."""
        ...

    async def activity_cursor(self, venue: str) -> int: ...
    async def save_activity_cursor(self, venue: str, number: int) -> None: ...


class Store(Protocol):
    """Where everything is kept."""

    def begin(self, owner: OwnerId) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that commits at the end of the block and rolls back on any exception."""
        ...

    async def owner_of(self, channel: str, address: str) -> OwnerId | None:
        """Who is linked to an address of a channel."""
        ...

    async def owner(self, owner: OwnerId) -> Owner:
        """The owner as last committed, read without their lock. Raises NotFound."""
        ...

    async def open_drafts(self, owner: OwnerId, channel: str) -> list[Draft]:
        """What a transaction's `open_drafts` gives, as last committed, read without the owner's lock."""
        ...

    async def draft(self, owner: OwnerId, draft_id: DraftId) -> Draft | None:
        """What a transaction's `draft` gives, read so."""
        ...

    async def add_draft(self, draft: Draft, said: Event) -> Draft:
        """As a transaction of its own: append what was *said*, add the *draft* of it; it, knowing its event.

        Raises Conflict if its id is taken; then nothing was said, either.
        """
        ...

    async def drop_draft(self, dropped: Draft, *, was: DraftState, revision: int) -> bool:
        """As a transaction of its own: `save_draft`; if it was, older open ones of its channel lose theirs."""
        ...

    async def rules(self, owner: OwnerId, states: Collection[RuleState]) -> list[Rule]:
        """What a transaction's `rules` gives, read so."""
        ...

    async def create_owner(self, channel: str, address: str, at: datetime) -> OwnerId:
        """The owner linked to this address, made if there is none; two at once make one."""
        ...

    async def owners(self) -> list[OwnerId]: ...

    async def engaged(self) -> list[OwnerId]:
        """Owners with a rule that may still act, or an order that may still trade."""
        ...

    async def holdings(self) -> Mapping[OwnerId, Collection[str]]:
        """Markets in which owners hold a position, as far as their fills tell; who holds none is left out."""
        ...

    async def standing(self, venue: str) -> VenueStatus | None:
        """What people were last told of a venue's taking orders."""
        ...

    async def save_standing(self, venue: str, status: VenueStatus) -> None: ...

    def watchable(self, owners: Collection[OwnerId] | None = None) -> AsyncIterator[Sequence[Rule]]:
        """Every ARMED rule, in batches: `async for rules in store.watchable()`."""
        ...

    async def orders_to_settle(
        self, due: datetime, limit: int = 500, *, resting: bool = True
    ) -> list[tuple[OwnerId, OrderId, OrderState]]:
        """Orders of all owners that are in flight, or planned and due by *due*: what rests last, else oldest first.

        Without *resting*, those that are proven to rest and that nobody wants back are left out: of a venue that tells
        what it does by itself they need no asking.
        """
        ...

    async def save_memories(self, memories: Memories, fences: Mapping[RuleId, Fence]) -> None:
        """Keep what watching must not forget, for rules still armed as that version whose fence, if any, holds."""
        ...

    async def save_looks(self, looks: Sequence[Look]) -> set[RuleId]:
        """Count looks in their jobs, with the lines that are due; which were. Rows that are being changed are not."""
        ...

    async def save_candles(self, candles: Sequence[Candle]) -> None:
        """Insert or replace candles in `price_snapshots`."""
        ...

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        """Stored candles with `start <= candle.start < end`, built from 1-minute ones where larger, oldest first."""
        ...

    async def heard(self, name: str) -> datetime | None:
        """When the named part of the engine was last known to work (its heartbeat)."""
        ...

    async def beat(self, name: str, at: datetime) -> None:
        """Record that the named part of the engine works at *at*."""
        ...


class EventLog(Protocol):
    """All events in an order in which nothing is ever skipped."""

    async def read(self, after: Cursor, limit: int = 500) -> tuple[list[Event], Cursor]:
        """Events behind *after* whose order is final, and the place behind the last one."""
        ...

    async def end(self) -> Cursor:
        """The place behind the last event that `read` would give."""
        ...

    def bell(self) -> AbstractAsyncContextManager["Bell"]:
        """Wakes a reader early; a reader that never hears it still works, on its timer."""
        ...


class Bell(Protocol):
    """Rings when something was appended."""

    async def wait(self, seconds: float) -> bool:
        """True as soon as it rang, False after *seconds*."""
        ...


class Queue(Protocol):
    """Wake-ups for workers; `orders` is the truth, a lost or doubled wake-up costs time only."""

    async def work(self, step: "Step") -> None:
        """Run *step* for each wake-up until cancelled; retries with backoff what raises `Again`."""
        ...

    async def dead_letters(self, owner: OwnerId | None = None) -> list["DeadLetter"]:
        """Newest first, at most 100; of one owner where given."""
        ...

    async def discard(self, letter_id: int) -> bool: ...


class Again(Exception):
    """Raised by a Step that wants to be woken once more, in `in_s` seconds (None = the queue's own backoff).

    Whatever else a Step raises makes its wake-up a dead letter, StorageUnavailable excepted: that is tried again too.
    """

    def __init__(self, reason: str, in_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.in_s = in_s


class Step(Protocol):
    """What a worker does with one wake-up; `attempt` counts from 1."""

    async def __call__(self, owner: OwnerId, order_id: OrderId, attempt: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A wake-up whose attempts are used up."""

    id: int
    owner: OwnerId
    order_id: OrderId
    attempts: int
    reason: str
    at: datetime


class Lease(Protocol):
    """Who may watch what: rows with an epoch."""

    async def acquire(self, partitions: Collection[str]) -> list[Fence]:
        """Take every one of *partitions* that nobody holds; also what we hold already."""
        ...

    async def renew(self) -> list[Fence]:
        """Prolong what we hold; what is missing from the answer is lost."""
        ...

    async def release(self) -> None:
        """Give everything back at once."""
        ...
