"""One owner's rows in one PostgreSQL transaction; decides the statements, each scoped to the owner and guarded."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, Table, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from core.codec import event_to_json
from core.db import queue, rows
from core.db.event_log import BELL
from core.db.tables import (
    activity_cursors,
    drafts,
    events,
    job_logs,
    jobs,
    leases,
    limits,
    orders,
    trades,
    trading_rules,
    users,
)
from core.domain.errors import Conflict, NotFound
from core.domain.event import Event
from core.domain.ids import DraftId, EventId, OrderId, OwnerId, RuleId
from core.domain.order import Fill, Order, OrderState
from core.domain.owner import OPEN_DRAFTS, Draft, DraftState, Owner
from core.domain.rule import Rule, RuleState
from core.ports.storage import Fence, Job, JobLog

_LOOKS = frozenset({"checks", "last_check_at", "last_price"})
"""Columns of a job that `save_looks` alone changes."""


class PostgresTransaction:
    """A Transaction on a connection that holds the owner's lock already."""

    def __init__(self, connection: AsyncConnection, owner: OwnerId) -> None:
        self.owner = owner
        self._connection = connection
        self._rung = False

    @property
    def connection(self) -> AsyncConnection:
        """For what core.db itself stores in the same transaction."""
        return self._connection

    async def read_owner(self) -> Owner:
        """Raises NotFound."""
        found = await self._one(
            select(users, limits).join(limits, limits.c.owner == users.c.id).where(users.c.id == self.owner)
        )
        if found is None:
            raise NotFound(f"Expected owner {self.owner}, was not found.")
        return rows.owner_of(found)

    async def save_owner(self, owner: Owner) -> None:
        self._check(owner.id)
        await self._connection.execute(update(users).where(users.c.id == self.owner).values(rows.user_row(owner)))
        await self._connection.execute(
            update(limits).where(limits.c.owner == self.owner).values(rows.limits_row(owner.limits))
        )

    async def draft(self, draft_id: DraftId) -> Draft | None:
        found = await self._one(self._mine(drafts).where(drafts.c.id == draft_id))
        return None if found is None else rows.draft_of(found)

    async def open_drafts(self, channel: str | None = None) -> list[Draft]:
        query = self._mine(drafts).where(drafts.c.state.in_(OPEN_DRAFTS)).order_by(drafts.c.created_at, drafts.c.id)
        if channel is not None:
            query = query.where(drafts.c.channel == channel)
        return [rows.draft_of(row) for row in await self._all(query)]

    async def add_draft(self, draft: Draft) -> None:
        """Raises Conflict if the id is taken."""
        self._check(draft.owner)
        if not await self._insert(drafts, rows.draft_row(draft)):
            raise Conflict(f"Expected a new draft, was {draft.id}, which exists.")

    async def save_draft(self, draft: Draft, *, was: DraftState, revision: int) -> bool:
        self._check(draft.owner)
        return await self._update(drafts, rows.draft_row(draft), drafts.c.state == was, drafts.c.revision == revision)

    async def rule(self, rule_id: RuleId) -> Rule | None:
        found = await self._one(self._mine(trading_rules).where(trading_rules.c.id == rule_id))
        return None if found is None else rows.rule_of(found)

    async def rules(self, states: Collection[RuleState] | None = None) -> list[Rule]:
        query = self._mine(trading_rules).order_by(trading_rules.c.number)
        if states is not None:
            query = query.where(trading_rules.c.state.in_(states))
        return [rows.rule_of(row) for row in await self._all(query)]

    async def next_rule_number(self) -> int:
        highest = select(func.max(trading_rules.c.number)).where(trading_rules.c.owner == self.owner)
        return ((await self._connection.execute(highest)).scalar() or 0) + 1

    async def add_rule(self, rule: Rule) -> None:
        """Raises Conflict if its id or number is taken."""
        self._check(rule.owner)
        if not await self._insert(trading_rules, rows.rule_row(rule)):
            raise Conflict(f"Expected a new rule, was {rule.label} ({rule.id}), which exists.")

    async def save_rule(self, rule: Rule, *, was: RuleState, version: int) -> bool:
        self._check(rule.owner)
        return await self._update(
            trading_rules,
            rows.rule_row(rule),
            trading_rules.c.state == was,
            trading_rules.c.version == version,
        )

    async def order(self, order_id: OrderId) -> Order | None:
        found = await self._one(self._mine(orders).where(orders.c.id == order_id))
        return None if found is None else rows.order_of(found)

    async def orders(
        self,
        *,
        states: Collection[OrderState] | None = None,
        rule_id: RuleId | None = None,
        trigger_no: int | None = None,
        since: datetime | None = None,
        limit: int = 1000,
    ) -> list[Order]:
        query = self._mine(orders)
        if states is not None:
            query = query.where(orders.c.state.in_(states))
        if rule_id is not None:
            query = query.where(orders.c.rule_id == rule_id)
        if trigger_no is not None:
            query = query.where(orders.c.trigger_no == trigger_no)
        if since is not None:
            query = query.where(orders.c.created_at >= since)
        newest = query.order_by(
            orders.c.created_at.desc(), orders.c.trigger_no.desc(), orders.c.leg_no.desc(), orders.c.id.desc()
        ).limit(limit)
        return [rows.order_of(row) for row in reversed(await self._all(newest))]

    async def add_order(self, order: Order) -> None:
        self._check(order.owner)
        if not await self._insert(orders, rows.order_row(order)):
            raise Conflict(
                f"Expected a leg that nobody planned, was leg {order.leg_no} of trigger {order.trigger_no}"
                f" of rule {order.rule_id}, which has its order."
            )

    async def save_order(self, order: Order, *, was: OrderState) -> bool:
        self._check(order.owner)
        return await self._update(orders, rows.order_row(order), orders.c.state == was)

    async def add_fill(self, fill: Fill) -> bool:
        self._check(fill.owner)
        return await self._insert(trades, rows.fill_row(fill))

    async def fills(self, *, order_id: OrderId | None = None, limit: int = 1000) -> list[Fill]:
        query = self._mine(trades)
        if order_id is not None:
            query = query.where(trades.c.order_id == order_id)
        newest = query.order_by(trades.c.at.desc(), trades.c.id.desc()).limit(limit)
        return [rows.fill_of(row) for row in reversed(await self._all(newest))]

    async def job(self, rule_id: RuleId) -> Job | None:
        found = await self._one(self._mine(jobs).where(jobs.c.rule_id == rule_id))
        return None if found is None else rows.job_of(found)

    async def save_job(self, job: Job) -> None:
        self._check(job.owner)
        row = rows.job_row(job)
        kept = {name: value for name, value in row.items() if name not in _LOOKS}
        await self._connection.execute(
            insert(jobs)
            .values(row)
            .on_conflict_do_update(index_elements=[jobs.c.rule_id], set_=kept, where=jobs.c.owner == self.owner)
        )

    async def log_job(self, line: JobLog) -> None:
        self._check(line.owner)
        await self._connection.execute(insert(job_logs).values(rows.job_log_row(line)))

    async def job_logs(self, rule_id: RuleId, limit: int = 100) -> list[JobLog]:
        """Oldest first; the newest *limit* where there are more."""
        newest = self._mine(job_logs).where(job_logs.c.rule_id == rule_id).order_by(job_logs.c.id.desc()).limit(limit)
        return [rows.job_log_of(row) for row in reversed(await self._all(newest))]

    async def append(self, event: Event) -> EventId:
        if event.owner is not None:
            self._check(event.owner)
        # The bell is silent until the commit, and one ring is enough however many events there are.
        bell = [] if self._rung else [func.pg_notify(BELL, "")]
        self._rung = True
        row = {
            "owner": event.owner,
            "rule_id": event.rule_id,
            "name": event.name,
            "at": event.at,
            "body": event_to_json(event),
        }
        added = await self._connection.execute(insert(events).values(row).returning(events.c.id, *bell))
        return EventId(str(added.one().id))

    async def enqueue(self, order_id: OrderId, *, priority: int = 0) -> None:
        await queue.wake(self._connection, self.owner, order_id, priority=priority)

    async def fenced(self, fence: Fence) -> bool:
        held = (
            select(leases.c.partition)
            .where(leases.c.partition == fence.partition, leases.c.holder == fence.holder)
            .where(leases.c.epoch == fence.epoch, leases.c.expires > func.clock_timestamp())
            .with_for_update(read=True)
        )
        return await self._one(held) is not None

    async def activity_cursor(self, venue: str) -> int:
        found = await self._one(self._mine(activity_cursors).where(activity_cursors.c.venue == venue))
        return 0 if found is None else found["number"]

    async def save_activity_cursor(self, venue: str, number: int) -> None:
        row = {"owner": self.owner, "venue": venue, "number": number}
        await self._connection.execute(
            insert(activity_cursors)
            .values(row)
            .on_conflict_do_update(index_elements=["owner", "venue"], set_={"number": number})
        )

    def _check(self, owner: OwnerId) -> None:
        if owner != self.owner:
            raise ValueError(f"Expected something of owner {self.owner}, was of owner {owner}")

    def _mine(self, table: Table) -> Select[Any]:
        return select(table).where(table.c.owner == self.owner)

    async def _one(self, query: Select[Any]) -> RowMapping | None:
        row: RowMapping | None = (await self._connection.execute(query)).mappings().one_or_none()
        return row

    async def _all(self, query: Select[Any]) -> list[RowMapping]:
        return list((await self._connection.execute(query)).mappings())

    async def _insert(self, table: Table, row: dict[str, Any]) -> bool:
        """Whether the row is new; a duplicate leaves the transaction usable, unlike a caught violation."""
        added = await self._connection.execute(insert(table).values(row).on_conflict_do_nothing().returning(text("1")))
        return added.first() is not None

    async def _update(self, table: Table, row: dict[str, Any], *guards: ColumnElement[bool]) -> bool:
        found = await self._connection.execute(
            update(table).where(table.c.id == row["id"], table.c.owner == self.owner, *guards).values(row)
        )
        return found.rowcount == 1
