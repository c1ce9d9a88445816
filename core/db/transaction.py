"""One owner's rows in one PostgreSQL transaction; decides the statements, each scoped to the owner and guarded."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Integer, Select, Table, Text, any_, bindparam, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.codec import event_to_json
from core.db import queue, rows
from core.db.connection import ask
from core.db.event_log import BELL
from core.db.pool import Seat
from core.db.statement import Row, Statement
from core.db.tables import (
    activity_cursors,
    drafts,
    events,
    job_logs,
    jobs,
    leases,
    limits,
    one_of,
    orders,
    trades,
    trading_rules,
    users,
)
from core.domain.errors import Conflict, NotFound
from core.domain.event import Event
from core.domain.ids import DraftId, EventId, OrderId, OwnerId, RuleId
from core.domain.order import Fill, Order, OrderState
from core.domain.owner import OPEN_DRAFTS as WAITING
from core.domain.owner import Draft, DraftState, Owner
from core.domain.rule import Rule, RuleState
from core.ports.storage import Fence, Job, JobLog

OWNER_LOCK = 1
"""First key of the advisory locks by which one owner's transactions take turns."""
_LOOKS = frozenset({"checks", "last_check_at", "last_price"})
"""Columns of a job that `save_looks` alone changes."""


def _mine(table: Table) -> Select[Any]:
    """The owner's rows of *table* and nobody else's: every statement that reads begins with it."""
    return select(table).where(table.c.owner == bindparam("mine"))


def _if_any(column: Any, name: str) -> Any:
    """That *column* is one of the texts given as *name*; true where those are None."""
    given = bindparam(name, type_=ARRAY(Text))
    return or_(given.is_(None), column == any_(given))


OWNER = Statement(
    select(users, limits).join(limits, limits.c.owner == users.c.id).where(users.c.id == bindparam("mine"))
)
DRAFT = Statement(_mine(drafts).where(drafts.c.id == bindparam("its")))
OPEN_DRAFTS = Statement(
    _mine(drafts)
    .where(text(one_of("state", WAITING)))  # as the index is partial by
    .where(_if_any(drafts.c.channel, "channels"))
    .order_by(drafts.c.created_at, drafts.c.id)
)
_RULE = Statement(_mine(trading_rules).where(trading_rules.c.id == bindparam("its")))
_RULES = Statement(_mine(trading_rules).order_by(trading_rules.c.number))
RULES_IN = Statement(
    _mine(trading_rules)
    .where(trading_rules.c.state == any_(bindparam("states", type_=ARRAY(Text))))
    .order_by(trading_rules.c.number)
)
_HIGHEST_NUMBER = Statement(
    select(func.max(trading_rules.c.number).label("number")).where(trading_rules.c.owner == bindparam("mine"))
)
_ORDER = Statement(_mine(orders).where(orders.c.id == bindparam("its")))
_JOB = Statement(_mine(jobs).where(jobs.c.rule_id == bindparam("its")))
_JOB_LOGS = Statement(
    _mine(job_logs)
    .where(job_logs.c.rule_id == bindparam("its"))
    .order_by(job_logs.c.id.desc())
    .limit(bindparam("most"))
)
_EVENT = insert(events).values({name: bindparam(name) for name in ("owner", "rule_id", "name", "at", "body")})
_APPEND = Statement(_EVENT.returning(events.c.id))
_APPEND_AND_RING = Statement(_EVENT.returning(events.c.id, func.pg_notify(BELL, "")))
_given = tuple(column.name for column in drafts.c if column.name != "event_id")
# All of it in one message to the server. That the event's row comes out of the turn puts the lock before all writing.
SAY = Statement(
    text(f"""
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(:lock, :owner)),
said AS (
    INSERT INTO events (owner, rule_id, name, at, body)
    SELECT :owner, :said_of, :said_name, :said_at, :said FROM turn RETURNING id
)
INSERT INTO drafts ({", ".join(_given)}, event_id) SELECT {", ".join(f":{name}" for name in _given)}, said.id::text
FROM said RETURNING event_id, pg_notify('{BELL}', '')
""").bindparams(  # noqa: S608 - names of columns
        bindparam("lock", type_=Integer),
        bindparam("said_of", type_=events.c.rule_id.type),
        bindparam("said_name", type_=events.c.name.type),
        bindparam("said_at", type_=events.c.at.type),
        bindparam("said", type_=events.c.body.type),
        *(bindparam(name, type_=drafts.c[name].type) for name in _given),
    )
)
DROP = Statement(
    text(f"""
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(:lock, :owner)),
dropped AS (
    UPDATE drafts SET state = :state, revision = :revision FROM turn
    WHERE id = :its AND owner = :owner AND state = :was_state AND revision = :was_revision RETURNING 1
),
aside AS (
    UPDATE drafts SET channel = '' FROM dropped
    WHERE owner = :owner AND channel = :channel AND id <> :its AND created_at <= :created_at
        AND {one_of("state", WAITING)}
)
SELECT FROM dropped
""").bindparams(  # noqa: S608 - names of states
        bindparam("lock", type_=Integer),
        bindparam("owner", type_=Integer),
        *(bindparam(name, type_=drafts.c[name].type) for name in ("state", "revision", "channel", "created_at")),
        bindparam("its", type_=Text),
        bindparam("was_state", type_=Text),
        bindparam("was_revision", type_=Integer),
    )
)
_FENCED = Statement(
    select(leases.c.partition)
    .where(leases.c.partition == bindparam("partition"), leases.c.holder == bindparam("holder"))
    .where(leases.c.epoch == bindparam("epoch"), leases.c.expires > func.clock_timestamp())
    .with_for_update(read=True)
)
_ACTIVITY = Statement(_mine(activity_cursors).where(activity_cursors.c.venue == bindparam("its")))


@cache
def _orders(names: tuple[str, ...]) -> Statement:
    """The newest orders of a rule, trigger, state or time, of whichever are named."""
    wanted = {
        "states": orders.c.state == any_(bindparam("states", type_=ARRAY(Text))),
        "rule_id": orders.c.rule_id == bindparam("rule_id"),
        "trigger_no": orders.c.trigger_no == bindparam("trigger_no"),
        "since": orders.c.created_at >= bindparam("since"),
    }
    newest = (orders.c.created_at.desc(), orders.c.trigger_no.desc(), orders.c.leg_no.desc(), orders.c.id.desc())
    query = _mine(orders).where(*(wanted[name] for name in names))
    return Statement(query.order_by(*newest).limit(bindparam("most")))


@cache
def _fills(names: tuple[str, ...]) -> Statement:
    """The newest fills, of one order where it is named."""
    query = _mine(trades).where(*(trades.c.order_id == bindparam(name) for name in names))
    return Statement(query.order_by(trades.c.at.desc(), trades.c.id.desc()).limit(bindparam("most")))


@cache
def _insert(table: Table, names: tuple[str, ...]) -> Statement:
    """Answers with a row where the row is new; a duplicate leaves the transaction usable, unlike a violation."""
    return Statement(
        insert(table).values({name: bindparam(name) for name in names}).on_conflict_do_nothing().returning(text("1"))
    )


@cache
def _put(table: Table, names: tuple[str, ...], key: tuple[str, ...], kept: frozenset[str] = frozenset()) -> Statement:
    """Inserts the row, or replaces what is the owner's under the same *key*, but for the columns that are *kept*."""
    new = insert(table).values({name: bindparam(name) for name in names})
    replaced = {name: new.excluded[name] for name in names if name not in kept}
    return Statement(
        new.on_conflict_do_update(index_elements=key, set_=replaced, where=table.c.owner == new.excluded.owner)
    )


@cache
def _update(table: Table, names: tuple[str, ...], guards: tuple[str, ...]) -> Statement:
    """Answers with a row where the owner's row was found as the *guards* say it must be."""
    found = update(table).where(table.c.id == bindparam("its"), table.c.owner == bindparam("mine"))
    found = found.where(*(table.c[name] == bindparam(f"was_{name}") for name in guards))
    return Statement(found.values({name: bindparam(name) for name in names}).returning(text("1")))


def saying(draft: Draft, said: Event) -> dict[str, Any]:
    """The values of `SAY`."""
    row = rows.draft_row(draft)
    del row["event_id"]
    told = {"said_of": said.rule_id, "said_name": said.name, "said_at": said.at, "said": event_to_json(said)}
    return {"lock": OWNER_LOCK, **row, **told}


def dropping(dropped: Draft, was: DraftState, revision: int) -> dict[str, Any]:
    """The values of `DROP`."""
    given = {"its": dropped.id, "owner": dropped.owner, "state": dropped.state, "revision": dropped.revision}
    since = {"channel": dropped.channel, "created_at": dropped.created_at}
    return {"lock": OWNER_LOCK, **given, **since, "was_state": was, "was_revision": revision}


_SAVE_USER = Statement(
    update(users)
    .where(users.c.id == bindparam("mine"))
    .values({name: bindparam(name) for name in ("timezone", "paused", "preferences")})
)


class PostgresTransaction:
    """A Transaction on a connection that holds the owner's lock already."""

    def __init__(self, seat: Seat, owner: OwnerId) -> None:
        self.owner = owner
        self._seat = seat
        self._rung = False

    @property
    def connection(self) -> AsyncConnection:
        """For what core.db itself stores in the same transaction."""
        return self._seat.sql

    async def read_owner(self) -> Owner:
        """Raises NotFound."""
        return one_owner(await self._ask(OWNER), self.owner)

    async def save_owner(self, owner: Owner) -> None:
        self._check(owner.id)
        await self._ask(_SAVE_USER, **rows.user_row(owner))
        kept = {"owner": self.owner, **rows.limits_row(owner.limits)}
        await ask(self._seat, _put(limits, tuple(kept), ("owner",)), **kept)

    async def draft(self, draft_id: DraftId) -> Draft | None:
        found = await self._ask(DRAFT, its=draft_id)
        return rows.draft_of(found[0]) if found else None

    async def open_drafts(self, channel: str | None = None) -> list[Draft]:
        found = await self._ask(OPEN_DRAFTS, channels=None if channel is None else [channel])
        return [rows.draft_of(row) for row in found]

    async def add_draft(self, draft: Draft) -> None:
        """Raises Conflict if the id is taken."""
        self._check(draft.owner)
        if not await self._insert(drafts, rows.draft_row(draft)):
            raise Conflict(f"Expected a new draft, was {draft.id}, which exists.")

    async def save_draft(self, draft: Draft, *, was: DraftState, revision: int) -> bool:
        self._check(draft.owner)
        return await self._update(drafts, rows.draft_row(draft), state=was, revision=revision)

    async def rule(self, rule_id: RuleId) -> Rule | None:
        found = await self._ask(_RULE, its=rule_id)
        return rows.rule_of(found[0]) if found else None

    async def rules(self, states: Collection[RuleState] | None = None) -> list[Rule]:
        if states is None:
            return [rows.rule_of(row) for row in await self._ask(_RULES)]
        return [rows.rule_of(row) for row in await self._ask(RULES_IN, states=sorted(states))]

    async def next_rule_number(self) -> int:
        return ((await self._ask(_HIGHEST_NUMBER))[0]["number"] or 0) + 1

    async def add_rule(self, rule: Rule) -> None:
        """Raises Conflict if its id or number is taken."""
        self._check(rule.owner)
        if not await self._insert(trading_rules, rows.rule_row(rule)):
            raise Conflict(f"Expected a new rule, was {rule.label} ({rule.id}), which exists.")

    async def save_rule(self, rule: Rule, *, was: RuleState, version: int) -> bool:
        self._check(rule.owner)
        return await self._update(trading_rules, rows.rule_row(rule), state=was, version=version)

    async def order(self, order_id: OrderId) -> Order | None:
        found = await self._ask(_ORDER, its=order_id)
        return rows.order_of(found[0]) if found else None

    async def orders(
        self,
        *,
        states: Collection[OrderState] | None = None,
        rule_id: RuleId | None = None,
        trigger_no: int | None = None,
        since: datetime | None = None,
        limit: int = 1000,
    ) -> list[Order]:
        wanted = {
            "states": None if states is None else sorted(states),
            "rule_id": rule_id,
            "trigger_no": trigger_no,
            "since": since,
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        found = await self._ask(_orders(tuple(given)), **given, most=limit)
        return [rows.order_of(row) for row in reversed(found)]

    async def add_order(self, order: Order) -> None:
        self._check(order.owner)
        if not await self._insert(orders, rows.order_row(order)):
            raise Conflict(
                f"Expected a leg that nobody planned, was leg {order.leg_no} of trigger {order.trigger_no}"
                f" of rule {order.rule_id}, which has its order."
            )

    async def save_order(self, order: Order, *, was: OrderState) -> bool:
        self._check(order.owner)
        return await self._update(orders, rows.order_row(order), state=was)

    async def add_fill(self, fill: Fill) -> bool:
        self._check(fill.owner)
        return await self._insert(trades, rows.fill_row(fill))

    async def fills(self, *, order_id: OrderId | None = None, limit: int = 1000) -> list[Fill]:
        given = {} if order_id is None else {"order_id": order_id}
        found = await self._ask(_fills(tuple(given)), **given, most=limit)
        return [rows.fill_of(row) for row in reversed(found)]

    async def job(self, rule_id: RuleId) -> Job | None:
        found = await self._ask(_JOB, its=rule_id)
        return rows.job_of(found[0]) if found else None

    async def save_job(self, job: Job) -> None:
        self._check(job.owner)
        row = rows.job_row(job)
        await ask(self._seat, _put(jobs, tuple(row), ("rule_id",), kept=_LOOKS), **row)

    async def log_job(self, line: JobLog) -> None:
        self._check(line.owner)
        await self._insert(job_logs, rows.job_log_row(line))

    async def job_logs(self, rule_id: RuleId, limit: int = 100) -> list[JobLog]:
        """Oldest first; the newest *limit* where there are more."""
        return [rows.job_log_of(row) for row in reversed(await self._ask(_JOB_LOGS, its=rule_id, most=limit))]

    async def append(self, event: Event) -> EventId:
        if event.owner is not None:
            self._check(event.owner)
        # The bell is silent until the commit, and one ring is enough however many events there are.
        statement = _APPEND if self._rung else _APPEND_AND_RING
        self._rung = True
        added = await ask(
            self._seat, statement,
            owner=event.owner, rule_id=event.rule_id, name=event.name, at=event.at, body=event_to_json(event),
        )  # fmt: skip
        return EventId(str(added[0]["id"]))

    async def enqueue(self, order_id: OrderId, *, priority: int = 0) -> None:
        await queue.wake(self._seat.raw, self.owner, order_id, priority=priority)

    async def fenced(self, fence: Fence) -> bool:
        held = await ask(
            self._seat, _FENCED, partition=fence.partition, holder=fence.holder, epoch=fence.epoch
        )  # fmt: skip
        return bool(held)

    async def activity_cursor(self, venue: str) -> int:
        found = await self._ask(_ACTIVITY, its=venue)
        return found[0]["number"] if found else 0

    async def save_activity_cursor(self, venue: str, number: int) -> None:
        row = {"owner": self.owner, "venue": venue, "number": number}
        await ask(self._seat, _put(activity_cursors, tuple(row), ("owner", "venue")), **row)

    def _check(self, owner: OwnerId) -> None:
        if owner != self.owner:
            raise ValueError(f"Expected something of owner {self.owner}, was of owner {owner}")

    async def _ask(self, statement: Statement, **values: Any) -> Sequence[Row]:
        return await ask(self._seat, statement, mine=self.owner, **values)

    async def _insert(self, table: Table, row: dict[str, Any]) -> bool:
        """Whether the row is new."""
        return bool(await ask(self._seat, _insert(table, tuple(row)), **row))

    async def _update(self, table: Table, row: dict[str, Any], **was: Any) -> bool:
        statement = _update(table, tuple(row), tuple(was))
        guards = {f"was_{name}": value for name, value in was.items()}
        return bool(await self._ask(statement, its=row["id"], **row, **guards))


def one_owner(found: Sequence[Row], owner: OwnerId) -> Owner:
    """The owner in the one row that was *found*. Raises NotFound where there is none."""
    if not found:
        raise NotFound(f"Expected owner {owner}, was not found.")
    return rows.owner_of(found[0])
