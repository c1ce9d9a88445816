"""One owner's books in memory and a transaction on them; decides the same as the PostgreSQL one, with an undo list."""

import asyncio
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from core.domain.errors import Conflict, NotFound
from core.domain.event import Event
from core.domain.ids import DraftId, EventId, OrderId, OwnerId, RuleId
from core.domain.order import ENDED, IN_FLIGHT, Fill, Order, OrderState
from core.domain.owner import OPEN_DRAFTS, Draft, DraftState, Owner
from core.domain.rule import Rule, RuleState
from core.ports.storage import Fence, Job, JobLog

K = TypeVar("K")
V = TypeVar("V")

_Age = tuple[datetime, int, int, OrderId]


class Books:
    """Everything of one owner; fill ids and signatures are everybody's, for they are unique across owners."""

    def __init__(
        self, owner: OwnerId, fill_ids: set[tuple[str, str]], signatures: dict[tuple[str, str], OrderId]
    ) -> None:
        self.id = owner
        self.lock = asyncio.Lock()
        self.owner: Owner | None = None
        self.drafts: dict[DraftId, Draft] = {}
        self.rules: dict[RuleId, Rule] = {}
        self.orders: dict[OrderId, Order] = {}
        self.open_orders: dict[OrderId, Order] = {}
        self.orders_by_age: list[_Age] = []
        self.legs: dict[RuleId, dict[tuple[int, int], OrderId]] = {}
        self.signatures = signatures
        self.fills: list[Fill] = []
        self.fills_by_order: dict[OrderId, list[Fill]] = {}
        self.fill_ids = fill_ids
        self.jobs: dict[RuleId, Job] = {}
        self.job_logs: dict[RuleId, list[JobLog]] = {}
        self.activity: dict[str, int] = {}


class MemoryTransaction:
    """A Transaction on books whose lock its block holds; `events` and `wakes` are handed on when it is over."""

    __slots__ = ("_books", "_leases", "_next_id", "_undo", "events", "owner", "wakes")

    def __init__(self, books: Books, next_id: Callable[[], EventId], leases: Mapping[str, Fence]) -> None:
        self.owner = books.id
        self.events: list[Event] = []
        self.wakes: list[tuple[OrderId, int]] = []
        self._books = books
        self._next_id = next_id
        self._leases = leases
        self._undo: list[Callable[[], None]] = []

    def undo(self) -> None:
        """Put everything back as it was."""
        for step in reversed(self._undo):
            step()

    async def read_owner(self) -> Owner:
        """Raises NotFound."""
        if self._books.owner is None:
            raise NotFound(f"Expected owner {self.owner}, was not found.")
        return self._books.owner

    async def save_owner(self, owner: Owner) -> None:
        self._check(owner.id)
        before = self._books.owner
        if before is not None:
            self._undo.append(lambda: setattr(self._books, "owner", before))
            self._books.owner = replace(owner, created_at=before.created_at)

    async def draft(self, draft_id: DraftId) -> Draft | None:
        return self._books.drafts.get(draft_id)

    async def open_drafts(self, channel: str | None = None) -> list[Draft]:
        found = [draft for draft in self._books.drafts.values() if draft.state in OPEN_DRAFTS]
        found = [draft for draft in found if channel in (None, draft.channel)]
        return sorted(found, key=lambda draft: (draft.created_at, draft.id))

    async def add_draft(self, draft: Draft) -> None:
        """Raises Conflict if the id is taken."""
        self._check(draft.owner)
        if draft.id in self._books.drafts:
            raise Conflict(f"Expected a new draft, was {draft.id}, which exists.")
        self._put(self._books.drafts, draft.id, draft)

    async def save_draft(self, draft: Draft, *, was: DraftState, revision: int) -> bool:
        self._check(draft.owner)
        before = self._books.drafts.get(draft.id)
        if before is None or before.state is not was or before.revision != revision:
            return False
        self._put(self._books.drafts, draft.id, draft)
        return True

    async def rule(self, rule_id: RuleId) -> Rule | None:
        return self._books.rules.get(rule_id)

    async def rules(self, states: Collection[RuleState] | None = None) -> list[Rule]:
        found = [rule for rule in self._books.rules.values() if states is None or rule.state in states]
        return sorted(found, key=lambda rule: rule.number)

    async def next_rule_number(self) -> int:
        return max((rule.number for rule in self._books.rules.values()), default=0) + 1

    async def add_rule(self, rule: Rule) -> None:
        """Raises Conflict if its id or number is taken."""
        self._check(rule.owner)
        rules = self._books.rules
        if rule.id in rules or any(rule.number == other.number for other in rules.values()):
            raise Conflict(f"Expected a new rule, was {rule.label} ({rule.id}), which exists.")
        self._put(rules, rule.id, rule)

    async def save_rule(self, rule: Rule, *, was: RuleState, version: int) -> bool:
        self._check(rule.owner)
        before = self._books.rules.get(rule.id)
        if before is None or before.state is not was or before.version != version:
            return False
        self._put(self._books.rules, rule.id, rule)
        return True

    async def order(self, order_id: OrderId) -> Order | None:
        return self._books.orders.get(order_id)

    async def orders(
        self,
        *,
        states: Collection[OrderState] | None = None,
        rule_id: RuleId | None = None,
        trigger_no: int | None = None,
        since: datetime | None = None,
        limit: int = 1000,
    ) -> list[Order]:
        books = self._books
        # The smallest set that holds all that is asked for: a replay of thousands of triggers asks at each.
        if rule_id is not None:
            ids: Collection[OrderId] = books.legs.get(rule_id, {}).values()
            found = [books.orders[id_] for id_ in ids]
        elif states is not None and ENDED.isdisjoint(states):
            found = list(books.open_orders.values())
        else:
            begin = 0 if since is None else bisect_left(books.orders_by_age, since, key=lambda age: age[0])
            found = [books.orders[age[-1]] for age in books.orders_by_age[begin:]]
        found = [
            order
            for order in found
            if (states is None or order.state in states)
            and (trigger_no is None or order.trigger_no == trigger_no)
            and (since is None or order.created_at >= since)
        ]
        found.sort(key=_age)
        return found[-limit:]

    async def add_order(self, order: Order) -> None:
        self._check(order.owner)
        leg = order.trigger_no, order.leg_no
        legs = self._books.legs.setdefault(order.rule_id, {})
        if leg in legs or order.id in self._books.orders or not self._signs(order):
            raise Conflict(
                f"Expected a leg that nobody planned, was leg {order.leg_no} of trigger {order.trigger_no}"
                f" of rule {order.rule_id}, which has its order."
            )
        self._put(legs, leg, order.id)
        insort(self._books.orders_by_age, _age(order))
        self._undo.append(lambda: self._books.orders_by_age.remove(_age(order)))
        self._keep(order)

    async def save_order(self, order: Order, *, was: OrderState) -> bool:
        self._check(order.owner)
        before = self._books.orders.get(order.id)
        if before is None or before.state is not was:
            return False
        if not self._signs(order):
            raise Conflict(f"Expected a signature of its own for order {order.id}, was another order's.")
        self._keep(order)
        return True

    async def add_fill(self, fill: Fill) -> bool:
        self._check(fill.owner)
        books = self._books
        key = fill.venue, fill.venue_fill_id
        if key in books.fill_ids:
            return False
        if fill.order_id not in books.orders:
            raise ValueError(f"Expected a fill of a known order, was of {fill.order_id}")
        books.fill_ids.add(key)
        self._undo.append(lambda: books.fill_ids.discard(key))
        self._add(books.fills, fill)
        self._add(books.fills_by_order.setdefault(fill.order_id, []), fill)
        return True

    async def fills(self, *, order_id: OrderId | None = None, limit: int = 1000) -> list[Fill]:
        books = self._books
        found = books.fills if order_id is None else books.fills_by_order.get(order_id, [])
        return sorted(found, key=lambda fill: fill.at)[-limit:]

    async def job(self, rule_id: RuleId) -> Job | None:
        return self._books.jobs.get(rule_id)

    async def save_job(self, job: Job) -> None:
        self._check(job.owner)
        known = self._books.jobs.get(job.rule_id)
        if known is not None:
            job = replace(job, checks=known.checks, last_check_at=known.last_check_at, last_price=known.last_price)
        self._put(self._books.jobs, job.rule_id, job)

    async def log_job(self, line: JobLog) -> None:
        self._check(line.owner)
        self._add(self._books.job_logs.setdefault(line.rule_id, []), line)

    async def job_logs(self, rule_id: RuleId, limit: int = 100) -> list[JobLog]:
        """Oldest first; the newest *limit* where there are more."""
        return self._books.job_logs.get(rule_id, [])[-limit:]

    async def append(self, event: Event) -> EventId:
        if event.owner is not None:
            self._check(event.owner)
        event_id = self._next_id()
        self.events.append(replace(event, id=event_id))
        return event_id

    async def enqueue(self, order_id: OrderId, *, priority: int = 0) -> None:
        self.wakes.append((order_id, priority))

    async def fenced(self, fence: Fence) -> bool:
        return self._leases.get(fence.partition) == fence

    async def activity_cursor(self, venue: str) -> int:
        return self._books.activity.get(venue, 0)

    async def save_activity_cursor(self, venue: str, number: int) -> None:
        self._put(self._books.activity, venue, number)

    def _check(self, owner: OwnerId) -> None:
        if owner != self.owner:
            raise ValueError(f"Expected something of owner {self.owner}, was of owner {owner}")

    def _signs(self, order: Order) -> bool:
        """Whether its signature is no other order's. Raises ValueError where one is missing, as the table would."""
        if order.state in IN_FLIGHT and (order.signature is None or order.raw is None or order.valid_until is None):
            raise ValueError(f"Expected signed bytes stored before order {order.id} is {order.state}, were none")
        if order.signature is None:
            return True
        return self._books.signatures.get((order.venue, order.signature), order.id) == order.id

    def _keep(self, order: Order) -> None:
        books = self._books
        before = books.orders.get(order.id)
        if order.signature is not None:
            self._put(books.signatures, (order.venue, order.signature), order.id)
        if before is not None and before.signature is not None and before.signature != order.signature:
            self._remove(books.signatures, (before.venue, before.signature))
        self._put(books.orders, order.id, order)
        if order.state in ENDED:
            self._remove(books.open_orders, order.id)
        else:
            self._put(books.open_orders, order.id, order)

    def _put(self, book: dict[K, V], key: K, value: V) -> None:
        before = book.get(key)
        if before is None:
            self._undo.append(lambda: _drop(book, key))
        else:
            self._undo.append(lambda: book.__setitem__(key, before))
        book[key] = value

    def _remove(self, book: dict[K, V], key: K) -> None:
        before = book.pop(key, None)
        if before is not None:
            self._undo.append(lambda: book.__setitem__(key, before))

    def _add(self, book: list[V], value: V) -> None:
        book.append(value)
        self._undo.append(lambda: _drop_last(book))


def _drop(book: dict[Any, Any], key: object) -> None:
    del book[key]


def _drop_last(book: list[Any]) -> None:
    book.pop()


def _age(order: Order) -> _Age:
    return order.created_at, order.trigger_no, order.leg_no, order.id
