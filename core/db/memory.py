"""The Store in memory, for replays and tests; decides the same as the PostgreSQL one, and keeps nothing.

Values are frozen, so books hold them as they are and a transaction remembers only what it replaced. One owner's
transactions run one after another, like PostgreSQL's; what reads across owners sees what open ones have written.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from types import TracebackType

from core.db.memory_log import MemoryEventLog
from core.db.memory_queue import MemoryQueue
from core.db.memory_transaction import Books, MemoryTransaction
from core.domain.event import Event
from core.domain.ids import DraftId, OrderId, OwnerId, RuleId
from core.domain.market import TIMEFRAME_S, Candle, Timeframe
from core.domain.order import IN_FLIGHT, OrderState
from core.domain.owner import Draft, DraftState, Owner
from core.domain.rule import LIVE, Rule, RuleState
from core.ports.storage import Fence, Look, Memories, Transaction
from core.ports.world import VenueStatus

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WATCHABLE_BATCH = 1000


class MemoryStore:
    """The Store in memory, with the event log and the queue that its transactions write to."""

    def __init__(self) -> None:
        self.event_log = MemoryEventLog()
        self.queue = MemoryQueue()
        self.leases: dict[str, Fence] = {}
        self.links: dict[tuple[str, str], OwnerId] = {}
        self._books: dict[OwnerId, Books] = {}
        self._fill_ids: set[tuple[str, str]] = set()
        self._signatures: dict[tuple[str, str], OrderId] = {}
        self._candles: defaultdict[str, defaultdict[int, _Series]] = defaultdict(lambda: defaultdict(_Series))
        self._beats: dict[str, datetime] = {}
        self._standings: dict[str, VenueStatus] = {}

    def begin(self, owner: OwnerId) -> AbstractAsyncContextManager[Transaction]:
        return _Begun(self, self._books_of(owner))

    async def owner_of(self, channel: str, address: str) -> OwnerId | None:
        return self.links.get((channel, address))

    async def owner(self, owner: OwnerId) -> Owner:
        """Raises NotFound."""
        return await self._reading(owner).read_owner()

    async def open_drafts(self, owner: OwnerId, channel: str) -> list[Draft]:
        return await self._reading(owner).open_drafts(channel)

    async def draft(self, owner: OwnerId, draft_id: DraftId) -> Draft | None:
        return await self._reading(owner).draft(draft_id)

    async def add_draft(self, draft: Draft, said: Event) -> Draft:
        async with self.begin(draft.owner) as tx:
            known = replace(draft, event_id=await tx.append(said))
            await tx.add_draft(known)
        return known

    async def drop_draft(self, dropped: Draft, *, was: DraftState, revision: int) -> bool:
        async with self.begin(dropped.owner) as tx:
            saved = await tx.save_draft(dropped, was=was, revision=revision)
            for draft in await tx.open_drafts(dropped.channel) if saved else ():
                if draft.created_at <= dropped.created_at:
                    await tx.save_draft(replace(draft, channel=""), was=draft.state, revision=draft.revision)
        return saved

    async def rules(self, owner: OwnerId, states: Collection[RuleState]) -> list[Rule]:
        return await self._reading(owner).rules(states)

    async def create_owner(self, channel: str, address: str, at: datetime) -> OwnerId:
        linked = self.links.get((channel, address))
        if linked is None:
            linked = OwnerId(len(self.links) + 1)
            self.links[channel, address] = linked
            self._books_of(linked).owner = Owner(id=linked, created_at=at)
        return linked

    async def owners(self) -> list[OwnerId]:
        return [owner for owner, books in self._books.items() if books.owner is not None]

    async def engaged(self) -> list[OwnerId]:
        return [
            owner
            for owner, books in self._books.items()
            if books.open_orders or any(rule.state in LIVE for rule in books.rules.values())
        ]

    async def holdings(self) -> Mapping[OwnerId, Collection[str]]:
        held: dict[OwnerId, dict[str, Decimal]] = {}
        for owner, books in self._books.items():
            for fill in books.fills:
                signed = fill.base if fill.side == "buy" else -fill.base
                held.setdefault(owner, defaultdict(Decimal))[fill.market] += signed
        found = {owner: {market for market, base in of.items() if base} for owner, of in held.items()}
        return {owner: markets for owner, markets in found.items() if markets}

    async def standing(self, venue: str) -> VenueStatus | None:
        return self._standings.get(venue)

    async def save_standing(self, venue: str, status: VenueStatus) -> None:
        self._standings[venue] = status

    async def watchable(self, owners: Collection[OwnerId] | None = None) -> AsyncIterator[Sequence[Rule]]:
        armed = [
            rule
            for owner, books in self._books.items()
            if owners is None or owner in owners
            for rule in books.rules.values()
            if rule.state is RuleState.ARMED
        ]
        for begin in range(0, len(armed), _WATCHABLE_BATCH):
            yield armed[begin : begin + _WATCHABLE_BATCH]

    async def orders_to_settle(
        self, due: datetime, limit: int = 500, *, resting: bool = True
    ) -> list[tuple[OwnerId, OrderId, OrderState]]:
        asked = IN_FLIGHT if resting else IN_FLIGHT - {OrderState.ACCEPTED}
        found = [
            order
            for books in self._books.values()
            for order in books.open_orders.values()
            if order.state in asked
            or (order.cancel_asked and order.state in IN_FLIGHT)
            or (order.state is OrderState.PLANNED and order.due_at <= due)
        ]
        found.sort(key=lambda order: (order.state is OrderState.ACCEPTED, order.created_at, order.id))
        return [(order.owner, order.id, order.state) for order in found[:limit]]

    async def save_memories(self, memories: Memories, fences: Mapping[RuleId, Fence]) -> None:
        void = {rule_id for rule_id, fence in fences.items() if self.leases.get(fence.partition) != fence}
        for books in self._books.values():
            for (rule_id, version), memory in memories.items():
                rule = None if rule_id in void else books.rules.get(rule_id)
                if rule is not None and rule.version == version and rule.state is RuleState.ARMED:
                    books.rules[rule_id] = replace(rule, memory=memory)

    async def save_looks(self, looks: Sequence[Look]) -> set[RuleId]:
        saved = set()
        for look in looks:
            books = self._books.get(look.owner)
            job = None if books is None else books.jobs.get(look.rule_id)
            if books is None or job is None:
                continue
            saved.add(look.rule_id)
            checks = job.checks + look.checks
            books.jobs[look.rule_id] = replace(job, checks=checks, last_check_at=look.at, last_price=look.price)
            if (line := look.entry()) is not None:
                books.job_logs.setdefault(look.rule_id, []).append(line)
        return saved

    async def save_candles(self, candles: Sequence[Candle]) -> None:
        """Of any size: a replay knows no smaller ones than its file has."""
        for candle in candles:
            self._candles[candle.market][TIMEFRAME_S[candle.timeframe]].put(candle)

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        """Built from the largest candles stored that are not larger than *timeframe*."""
        size = TIMEFRAME_S[timeframe]
        series = self._candles[market]
        grain = max((seconds for seconds in series if seconds <= size), default=None)
        if grain is None:
            return []
        if grain == size:
            return series[grain].between(start, end)
        step = timedelta(seconds=size)
        parts = series[grain].between(_rounded_up(start, step), _rounded_up(end, step))
        return [
            _merged(list(group), timeframe, at)
            for at, group in groupby(parts, lambda candle: _EPOCH + (candle.start - _EPOCH) // step * step)
        ]

    async def heard(self, name: str) -> datetime | None:
        return self._beats.get(name)

    async def beat(self, name: str, at: datetime) -> None:
        self._beats[name] = max(at, self._beats.get(name, at))

    def _reading(self, owner: OwnerId) -> MemoryTransaction:
        return MemoryTransaction(self._books_of(owner), self.event_log.next_id, self.leases)

    def _books_of(self, owner: OwnerId) -> Books:
        books = self._books.get(owner)
        if books is None:
            books = self._books[owner] = Books(owner, self._fill_ids, self._signatures)
        return books


class _Series:
    """Candles of one market and size by their start; a replay reads the last few again and again."""

    def __init__(self) -> None:
        self._by_start: dict[datetime, Candle] = {}
        self._starts: list[datetime] = []

    def put(self, candle: Candle) -> None:
        if candle.start not in self._by_start:
            insort(self._starts, candle.start)
        self._by_start[candle.start] = candle

    def between(self, start: datetime, end: datetime) -> list[Candle]:
        """Those with `start <= candle.start < end`, oldest first."""
        starts = self._starts[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        return [self._by_start[at] for at in starts]


class _Begun:
    """One transaction as a block; a class, because a generator costs twice the time in a replay."""

    __slots__ = ("_books", "_store", "_transaction")

    def __init__(self, store: MemoryStore, books: Books) -> None:
        self._store = store
        self._books = books
        self._transaction = MemoryTransaction(books, store.event_log.next_id, store.leases)

    async def __aenter__(self) -> Transaction:
        await self._books.lock.acquire()
        return self._transaction

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is not None:
                self._transaction.undo()
                return
            self._store.event_log.extend(self._transaction.events)
            for order_id, priority in self._transaction.wakes:
                self._store.queue.put(self._books.id, order_id, priority)
        finally:
            self._books.lock.release()


class MemoryLease:
    """The Lease in memory: nothing expires, because nobody can be paused apart from the others."""

    def __init__(self, store: MemoryStore, holder: str) -> None:
        self._leases = store.leases
        self._holder = holder

    async def acquire(self, partitions: Collection[str]) -> list[Fence]:
        taken = []
        for name in sorted(set(partitions)):
            held = self._leases.get(name)
            if held is None or not held.holder:
                epoch = 1 if held is None else held.epoch + 1
                held = self._leases[name] = Fence(partition=name, holder=self._holder, epoch=epoch)
            if held.holder == self._holder:
                taken.append(held)
        return taken

    async def renew(self) -> list[Fence]:
        return [fence for fence in self._leases.values() if fence.holder == self._holder]

    async def release(self) -> None:
        for fence in await self.renew():
            self._leases[fence.partition] = replace(fence, holder="")


def _rounded_up(at: datetime, step: timedelta) -> datetime:
    return _EPOCH - (_EPOCH - at) // step * step


def _merged(parts: Sequence[Candle], timeframe: Timeframe, start: datetime) -> Candle:
    volumes = [candle.volume for candle in parts if candle.volume is not None]
    rates = [candle.funding_rate for candle in parts if candle.funding_rate is not None]
    return Candle(
        market=parts[0].market,
        timeframe=timeframe,
        start=start,
        open=parts[0].open,
        high=max(candle.high for candle in parts),
        low=min(candle.low for candle in parts),
        close=parts[-1].close,
        volume=sum(volumes, Decimal(0)) if volumes else None,
        funding_rate=sum(rates, Decimal(0)) / len(rates) if rates else None,
        source=parts[-1].source,
    )
