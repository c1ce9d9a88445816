"""One owner's rows read without a lock, for surfaces; decides the scope of every such query, in `_mine`."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, Numeric, RowMapping, Select, Table, case, cast, func, or_, select, text, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import rows
from core.db.connection import Database
from core.db.event_log import FINAL, PostgresEventLog, readable
from core.db.tables import drafts, events, job_logs, jobs, orders, trades, trading_rules
from core.domain.equity import Movement
from core.domain.event import Event, PositionFundingPaid, PositionLiquidated, RuleConfirmed
from core.domain.ids import DraftId, EventId, OrderId, OwnerId, RuleId
from core.domain.order import Fill, Order, OrderState
from core.domain.owner import OPEN_DRAFTS, Draft, DraftState
from core.domain.rule import Rule, RuleState
from core.ports.reading import Placed, PnlBy, PnlLine, TradeFilter
from core.ports.storage import Cursor, Job, JobLog

_MOST_LINES = 5_000


class PostgresJournal:
    """The Journal in PostgreSQL."""

    def __init__(self, database: Database, log: PostgresEventLog) -> None:
        self._database = database
        self._log = log

    async def revision(self, owner: OwnerId) -> int:
        # An owner's transactions run one after another, so the latest of their events is the one of the last change.
        found = await self._database.peek(_REVISION, owner)
        return 0 if found is None else int(found)

    async def rules(self, owner: OwnerId, states: Collection[RuleState] | None = None, limit: int = 1000) -> list[Rule]:
        query = _mine(trading_rules, owner).order_by(trading_rules.c.number.desc()).limit(limit)
        if states is not None:
            query = query.where(trading_rules.c.state.in_(states))
        return [rows.rule_of(row) for row in reversed(await self._rows(query))]

    async def rule(self, owner: OwnerId, rule_id: RuleId) -> Rule | None:
        found = await self._rows(_mine(trading_rules, owner).where(trading_rules.c.id == rule_id))
        return rows.rule_of(found[0]) if found else None

    async def drafts(self, owner: OwnerId, now: datetime) -> list[Draft]:
        query = _mine(drafts, owner).where(drafts.c.state.in_(OPEN_DRAFTS), drafts.c.expires_at > now)
        return [rows.draft_of(row) for row in await self._rows(query.order_by(drafts.c.created_at).limit(100))]

    async def draft(self, owner: OwnerId, draft_id: DraftId) -> Draft | None:
        found = await self._rows(_mine(drafts, owner).where(drafts.c.id == draft_id))
        return rows.draft_of(found[0]) if found else None

    async def version(self, owner: OwnerId, rule_id: RuleId, confirmed: EventId) -> int:
        later = (
            select(func.count().label("count"))
            .select_from(drafts)
            .join(events, events.c.body["draft_id"].astext == drafts.c.id)
            .where(
                drafts.c.owner == owner,
                drafts.c.replaces == rule_id,
                drafts.c.state == DraftState.CONFIRMED,
                events.c.owner == owner,
                events.c.name == RuleConfirmed.name,
                events.c.id <= int(confirmed),
            )
        )
        return 1 + int((await self._rows(later))[0]["count"])

    async def orders(
        self, owner: OwnerId, states: Collection[OrderState] | None, before: OrderId | None, limit: int
    ) -> list[Order]:
        # The newest by `due_at` may lie in the future (slices); `id` follows the time of planning.
        place = tuple_(orders.c.created_at, orders.c.id)
        query = _mine(orders, owner).order_by(orders.c.created_at.desc(), orders.c.id.desc()).limit(limit)
        if states is not None:
            query = query.where(orders.c.state.in_(states))
        if before is not None:
            old = select(orders.c.created_at, orders.c.id).where(orders.c.owner == owner, orders.c.id == before)
            query = query.where(place < old.scalar_subquery())
        return [rows.order_of(row) for row in await self._rows(query)]

    async def order(self, owner: OwnerId, order_id: OrderId) -> Order | None:
        found = await self._rows(_mine(orders, owner).where(orders.c.id == order_id))
        return rows.order_of(found[0]) if found else None

    async def trades(
        self, owner: OwnerId, wanted: TradeFilter, before: int | None, limit: int
    ) -> list[tuple[int, Fill]]:
        query = _wanted(_mine(trades, owner), wanted).order_by(trades.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(trades.c.id < before)
        return [(row["id"], rows.fill_of(row)) for row in await self._rows(query)]

    async def trade(self, owner: OwnerId, number: int) -> Fill | None:
        found = await self._rows(_mine(trades, owner).where(trades.c.id == number))
        return rows.fill_of(found[0]) if found else None

    async def movements(self, owner: OwnerId, since: datetime, seconds: int) -> list[Movement]:
        found = await self._rows(_movements(owner, since, timedelta(seconds=seconds)))
        return [Movement(**row) for row in found]

    async def pnl(self, owner: OwnerId, by: PnlBy, timezone: str, wanted: TradeFilter) -> list[PnlLine]:
        key = {
            "day": cast(func.timezone(timezone, trades.c.at), Date),
            "market": trades.c.market,
            "rule": trades.c.rule_id,
        }[by]
        traded = _wanted(
            select(
                key.label("key"),
                func.coalesce(func.sum(trades.c.realised_pnl), 0).label("realised"),
                func.coalesce(func.sum(trades.c.fee), 0).label("fees"),
                func.count().label("fills"),
            ).where(trades.c.owner == owner),
            wanted,
        ).group_by(key)
        lines: dict[Any, dict[str, Any]] = {
            row["key"]: {"realised": row["realised"], "fees": row["fees"], "fills": row["fills"]}
            for row in await self._rows(traded.limit(_MOST_LINES))
        }
        if by != "rule" and wanted.rule_id is None:  # what the venue did by itself is a position's, and no rule's
            for row in await self._rows(_of_venue(owner, by, timezone, wanted).limit(_MOST_LINES)):
                line = lines.setdefault(row["key"], {"realised": _ZERO, "fees": _ZERO, "fills": 0})
                line["funding"] = row["funding"]
                line["realised"], line["fees"] = line["realised"] + row["realised"], line["fees"] + row["fees"]
        return [
            PnlLine(key=str(key), day=key if by == "day" else None, **{"funding": _ZERO, **line})
            for key, line in sorted(lines.items())
        ]

    async def jobs(self, owner: OwnerId) -> list[Job]:
        rules = trading_rules.c
        query = _mine(jobs, owner).join(trading_rules, rules.id == jobs.c.rule_id)
        return [rows.job_of(row) for row in await self._rows(query.order_by(rules.number.desc()).limit(1000))]

    async def job_logs(
        self, owner: OwnerId, rule_id: RuleId, before: int | None, limit: int
    ) -> list[tuple[int, JobLog]]:
        query = _mine(job_logs, owner).where(job_logs.c.rule_id == rule_id)
        if before is not None:
            query = query.where(job_logs.c.id < before)
        found = await self._rows(query.order_by(job_logs.c.id.desc()).limit(limit))
        return [(row["id"], rows.job_log_of(row)) for row in found]

    async def events(
        self, owner: OwnerId, after: Cursor, limit: int, upto: Cursor | None = None
    ) -> tuple[list[Event], Cursor]:
        async def look(connection: AsyncConnection) -> tuple[list[Event], Cursor]:
            c = events.c
            query = select(c.xid, c.id, c.body).where(FINAL, or_(c.owner == owner, c.owner.is_(None)))
            if after:
                query = query.where(tuple_(c.xid, c.id) > tuple_(*await self._log.place(connection, after)))
            if upto is not None:
                query = query.where(tuple_(c.xid, c.id) <= tuple_(*await self._log.place(connection, upto)))
            found = (await connection.execute(query.order_by(c.xid, c.id).limit(limit))).all()
            if not found:
                return [], after
            read = readable({"id": row.id, "body": row.body} for row in found)
            return read, await self._log.cursor_at(connection, found[-1].xid, found[-1].id)

        return await self._database.run(look)

    async def latest(self, owner: OwnerId, before: Cursor, limit: int, read: Cursor) -> list[Placed]:
        async def look(connection: AsyncConnection) -> list[Placed]:
            c = events.c
            query = select(c.xid, c.id, c.body).where(FINAL, or_(c.owner == owner, c.owner.is_(None)))
            if before:
                query = query.where(tuple_(c.xid, c.id) < tuple_(*await self._log.place(connection, before)))
            bound = await self._log.place(connection, read)
            found = (await connection.execute(query.order_by(c.xid.desc(), c.id.desc()).limit(limit))).all()
            return [
                Placed(
                    event=event,
                    place=await self._log.cursor_at(connection, row.xid, row.id),
                    fresh=(row.xid, row.id) > bound,
                )
                for row in found
                for event in readable([{"id": row.id, "body": row.body}])
            ]

        return await self._database.run(look)

    async def trail(self, owner: OwnerId, event_id: EventId) -> list[Event]:
        query = _TRAIL.bindparams(owner=owner, first=int(event_id))
        return readable(dict(row) for row in await self._rows(query))

    async def _rows(self, query: Any) -> Sequence[RowMapping]:
        async def look(connection: AsyncConnection) -> Sequence[RowMapping]:
            return (await connection.execute(query)).mappings().all()

        return await self._database.run(look)


def _mine(table: Table, owner: OwnerId) -> Select[Any]:
    """The owner's rows of *table* and nobody else's: the one place where a read begins."""
    return select(table).where(table.c.owner == owner)


def _wanted(query: Select[Any], wanted: TradeFilter) -> Select[Any]:
    if wanted.market is not None:
        query = query.where(trades.c.market == wanted.market)
    if wanted.rule_id is not None:
        query = query.where(trades.c.rule_id == wanted.rule_id)
    if wanted.start is not None:
        query = query.where(trades.c.at >= wanted.start)
    if wanted.end is not None:
        query = query.where(trades.c.at < wanted.end)
    return query


def _of_venue(owner: OwnerId, by: PnlBy, timezone: str, wanted: TradeFilter) -> Select[Any]:
    """Funding, and what liquidations realised and cost."""
    market = events.c.body["market"].astext
    key = cast(func.timezone(timezone, events.c.at), Date) if by == "day" else market

    def total(name: str) -> Any:
        return func.coalesce(func.sum(cast(events.c.body[name].astext, Numeric)), 0)

    query = select(
        key.label("key"),
        total("amount").label("funding"),
        total("realised_pnl").label("realised"),
        total("fee").label("fees"),
    ).where(events.c.owner == owner, events.c.name.in_((PositionFundingPaid.name, PositionLiquidated.name)))
    if wanted.market is not None:
        query = query.where(market == wanted.market)
    if wanted.start is not None:
        query = query.where(events.c.at >= wanted.start)
    if wanted.end is not None:
        query = query.where(events.c.at < wanted.end)
    return query.group_by(key)


def _movements(owner: OwnerId, since: datetime, size: timedelta) -> Select[Any]:
    body, t = events.c.body, trades.c
    base = case((t.side == "buy", t.base), else_=-t.base)
    turned = cast(body["base"].astext, Numeric) - cast(body["was"].astext, Numeric)
    seized = -turned * cast(body["price"].astext, Numeric) - cast(body["fee"].astext, Numeric)
    funded = cast(body["amount"].astext, Numeric)
    told = select(events.c.at, body["market"].astext).where(events.c.owner == owner, events.c.at >= since)
    every = union_all(
        select(t.at.label("at"), t.market.label("market"), base.label("base"), (-base * t.price - t.fee).label("quote"))
        .where(t.owner == owner, t.at >= since),
        told.add_columns(cast(0, Numeric), funded).where(events.c.name == PositionFundingPaid.name),
        told.add_columns(turned, seized).where(events.c.name == PositionLiquidated.name),
    ).subquery()  # fmt: skip
    began = func.date_bin(size, every.c.at, since)
    summed = select(began.label("at"), every.c.market, func.sum(every.c.base).label("base"))
    return summed.add_columns(func.sum(every.c.quote).label("quote")).group_by(began, every.c.market)


_ZERO = Decimal(0)
_TRAIL = text("""
WITH RECURSIVE trail AS (
    SELECT id, body, 1 AS step FROM events WHERE id = :first AND owner = :owner
    UNION ALL
    SELECT e.id, e.body, step + 1 FROM trail JOIN events e ON e.id = (trail.body->>'cause')::bigint
    WHERE e.owner = :owner AND step < 5000
)
SELECT id, body FROM trail ORDER BY step
""")
_REVISION = "SELECT id FROM events WHERE owner = $1 ORDER BY owner DESC, xid DESC, id DESC LIMIT 1"
