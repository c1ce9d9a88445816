"""PostgreSQL as the Store: owners' transactions, and what is read or kept across owners; decides no state change."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from weakref import WeakValueDictionary
from zlib import crc32

from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, Numeric, Text, and_, bindparam, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.codec import from_json, to_json
from core.db import queue, rows
from core.db.candles import read_candles, save_candles
from core.db.connection import LOCK_S, Database, ask
from core.db.statement import Statement
from core.db.tables import (
    heartbeats,
    job_logs,
    limits,
    links,
    orders,
    trading_rules,
    users,
    venue_standings,
)
from core.db.transaction import (
    DRAFT,
    DROP,
    OPEN_DRAFTS,
    OWNER,
    OWNER_LOCK,
    RULES_IN,
    SAY,
    PostgresTransaction,
    dropping,
    one_owner,
    saying,
)
from core.domain.errors import StorageUnavailable
from core.domain.event import Event
from core.domain.ids import DraftId, EventId, OrderId, OwnerId, RuleId
from core.domain.limit import Limits
from core.domain.market import Candle, Timeframe
from core.domain.order import IN_FLIGHT, OrderState
from core.domain.owner import Draft, DraftState, Owner
from core.domain.rule import LIVE, Rule, RuleState
from core.ports.storage import Fence, Look, Memories, Transaction
from core.ports.world import VenueStatus

LINK_LOCK = OWNER_LOCK + 1
"""First key of advisory locks, so that no two uses of one number meet."""

_WATCHABLE_BATCH = 1000


class PostgresStore:
    """The Store in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owners: WeakValueDictionary[OwnerId, asyncio.Lock] = WeakValueDictionary()
        queue.load()

    @asynccontextmanager
    async def begin(self, owner: OwnerId) -> AsyncIterator[Transaction]:
        """Raises StorageUnavailable; then nothing in the block has happened, unless the commit's answer was lost."""
        # In this process one transaction of an owner waits for the other without a connection, so that no owner can
        # use the pool up. Between processes the database's lock decides; it comes before any write, which gives the
        # transaction its number: so one owner's events keep their order.
        async with self._turn(owner), self._database.transaction((OWNER_LOCK, owner)) as seat:
            yield PostgresTransaction(seat, owner)

    @asynccontextmanager
    async def _turn(self, owner: OwnerId) -> AsyncIterator[None]:
        lock = self._owners.get(owner)
        if lock is None:
            lock = self._owners[owner] = asyncio.Lock()
        try:
            async with asyncio.timeout(LOCK_S):
                await lock.acquire()
        except TimeoutError as problem:
            raise StorageUnavailable(
                f"Expected owner {owner}'s other transaction to end within {LOCK_S} s, was still open.", "Try again."
            ) from problem
        try:
            yield
        finally:
            lock.release()

    async def owner_of(self, channel: str, address: str) -> OwnerId | None:
        found = await self._database.ask(_LINKED, channel=channel, address=address)
        return OwnerId(found[0]["owner"]) if found else None

    async def owner(self, owner: OwnerId) -> Owner:
        """Raises NotFound."""
        return one_owner(await self._database.ask(OWNER, mine=owner), owner)

    async def open_drafts(self, owner: OwnerId, channel: str) -> list[Draft]:
        found = await self._database.ask(OPEN_DRAFTS, mine=owner, channels=[channel])
        return [rows.draft_of(row) for row in found]

    async def draft(self, owner: OwnerId, draft_id: DraftId) -> Draft | None:
        found = await self._database.ask(DRAFT, mine=owner, its=draft_id)
        return rows.draft_of(found[0]) if found else None

    async def add_draft(self, draft: Draft, said: Event) -> Draft:
        async with self._turn(draft.owner):
            [added] = await self._database.ask_once(SAY, **saying(draft, said))
        return replace(draft, event_id=EventId(added["event_id"]))

    async def drop_draft(self, dropped: Draft, *, was: DraftState, revision: int) -> bool:
        async with self._turn(dropped.owner):
            return bool(await self._database.ask_once(DROP, **dropping(dropped, was, revision)))

    async def rules(self, owner: OwnerId, states: Collection[RuleState]) -> list[Rule]:
        found = await self._database.ask(RULES_IN, mine=owner, states=sorted(states))
        return [rows.rule_of(row) for row in found]

    async def create_owner(self, channel: str, address: str, at: datetime) -> OwnerId:
        # Two at once wait for each other here; who comes second finds what the first has made.
        async with self._database.transaction((LINK_LOCK, crc32(f"{channel} {address}".encode()) - 2**31)) as seat:
            linked = await ask(seat, _LINKED, channel=channel, address=address)
            if linked:
                return OwnerId(linked[0]["owner"])
            made = await ask(seat, _CREATE, channel=channel, address=address, at=at, **rows.limits_row(Limits()))
            return OwnerId(made[0]["owner"])

    async def owners(self) -> list[OwnerId]:
        """Oldest first."""

        async def look(connection: AsyncConnection) -> list[OwnerId]:
            return [
                OwnerId(id_) for id_ in (await connection.execute(select(users.c.id).order_by(users.c.id))).scalars()
            ]

        return await self._database.run(look)

    async def engaged(self) -> list[OwnerId]:
        """Oldest first."""
        acting = select(trading_rules.c.owner).where(trading_rules.c.state.in_(LIVE))
        trading = select(orders.c.owner).where(orders.c.state.in_({*IN_FLIGHT, OrderState.PLANNED}))

        async def look(connection: AsyncConnection) -> list[OwnerId]:
            return sorted(OwnerId(owner) for owner in (await connection.execute(acting.union(trading))).scalars())

        return await self._database.run(look)

    async def holdings(self) -> Mapping[OwnerId, Collection[str]]:
        held: dict[OwnerId, set[str]] = {}
        for row in await self._database.fetch(_HOLDINGS):
            held.setdefault(OwnerId(row["owner"]), set()).add(row["market"])
        return held

    async def standing(self, venue: str) -> VenueStatus | None:
        query = select(venue_standings.c.body).where(venue_standings.c.venue == venue)

        async def look(connection: AsyncConnection) -> VenueStatus | None:
            body = (await connection.execute(query)).scalar_one_or_none()
            return None if body is None else from_json(VenueStatus, body)

        return await self._database.run(look)

    async def save_standing(self, venue: str, status: VenueStatus) -> None:
        new = insert(venue_standings).values(venue=venue, body=to_json(status))
        statement = new.on_conflict_do_update(index_elements=["venue"], set_={"body": new.excluded.body})

        async def save(connection: AsyncConnection) -> None:
            await connection.execute(statement)

        await self._database.run(save)

    async def watchable(self, owners: Collection[OwnerId] | None = None) -> AsyncIterator[Sequence[Rule]]:
        """In batches by id, each read by a statement of its own: a slow reader holds no transaction open."""
        after = ""
        while True:
            batch = await self._armed(after, owners)
            if batch:
                yield batch
            if len(batch) < _WATCHABLE_BATCH:
                return
            after = batch[-1].id

    async def _armed(self, after: str, owners: Collection[OwnerId] | None) -> list[Rule]:
        query = (
            select(trading_rules)
            .where(trading_rules.c.state == text(f"'{RuleState.ARMED}'"), trading_rules.c.id > after)
            .order_by(trading_rules.c.id)
            .limit(_WATCHABLE_BATCH)
        )
        if owners is not None:
            query = query.where(trading_rules.c.owner.in_(owners))

        async def look(connection: AsyncConnection) -> list[Rule]:
            return [rows.rule_of(row) for row in (await connection.execute(query)).mappings()]

        return await self._database.run(look)

    async def orders_to_settle(
        self, due: datetime, limit: int = 500, *, resting: bool = True
    ) -> list[tuple[OwnerId, OrderId, OrderState]]:
        asked = IN_FLIGHT if resting else IN_FLIGHT - {OrderState.ACCEPTED}
        query = (
            select(orders.c.owner, orders.c.id, orders.c.state)
            .where(
                or_(
                    orders.c.state.in_(asked),
                    and_(orders.c.state.in_(IN_FLIGHT), orders.c.cancel_asked),
                    and_(orders.c.state == OrderState.PLANNED, orders.c.due_at <= due),
                )
            )
            .order_by(orders.c.state == OrderState.ACCEPTED, orders.c.created_at, orders.c.id)
            .limit(limit)
        )

        async def look(connection: AsyncConnection) -> list[tuple[OwnerId, OrderId, OrderState]]:
            return [
                (OwnerId(owner), OrderId(id_), OrderState(state))
                for owner, id_, state in await connection.execute(query)
            ]

        return await self._database.run(look)

    async def save_memories(self, memories: Memories, fences: Mapping[RuleId, Fence]) -> None:
        if not memories:
            return
        carried = [fences.get(rule_id) for rule_id, _ in memories]
        kept = {
            "partitions": [None if fence is None else fence.partition for fence in carried],
            "holders": [None if fence is None else fence.holder for fence in carried],
            "epochs": [None if fence is None else fence.epoch for fence in carried],
            "ids": [rule_id for rule_id, _ in memories],
            "versions": [version for _, version in memories],
            "memories": [json.dumps(to_json(memory)) for memory in memories.values()],
        }

        async def save(connection: AsyncConnection) -> None:
            await connection.execute(_SAVE_MEMORIES, kept)

        await self._database.run(save)

    async def save_looks(self, looks: Sequence[Look]) -> set[RuleId]:
        counted = {
            "ids": [look.rule_id for look in looks],
            "checks": [look.checks for look in looks],
            "ats": [look.at for look in looks],
            "prices": [look.price for look in looks],
        }

        async def save(connection: AsyncConnection) -> set[RuleId]:
            saved = {RuleId(rule_id) for rule_id in (await connection.execute(_SAVE_LOOKS, counted)).scalars()}
            lines = [line for look in looks if look.rule_id in saved and (line := look.entry()) is not None]
            if lines:
                await connection.execute(insert(job_logs), [rows.job_log_row(line) for line in lines])
            return saved

        return await self._database.run(save) if looks else set()

    async def save_candles(self, candles: Sequence[Candle]) -> None:
        """Raises ValueError for candles that are not of a minute: larger ones are built from those."""
        await save_candles(self._database, candles)

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        """Larger candles are aligned to UTC; the last of them may still lack the minutes that are to come."""
        return await read_candles(self._database, market, timeframe, start, end)

    async def heard(self, name: str) -> datetime | None:
        query = select(heartbeats.c.at).where(heartbeats.c.name == name)

        async def look(connection: AsyncConnection) -> datetime | None:
            return (await connection.execute(query)).scalar_one_or_none()

        return await self._database.run(look)

    async def beat(self, name: str, at: datetime) -> None:
        """A beat older than the one on record changes nothing."""
        new = insert(heartbeats).values(name=name, at=at)
        statement = new.on_conflict_do_update(
            index_elements=["name"], set_={"at": new.excluded.at}, where=heartbeats.c.at < new.excluded.at
        )

        async def save(connection: AsyncConnection) -> None:
            await connection.execute(statement)

        await self._database.run(save)


# A rule that its owner's transaction is changing at this moment is left out, never waited for: what it remembers is
# about to be void, and a firing must not lose a deadlock to this.
# Nothing here waits, so a lease that holds when it begins cannot have been somebody else's for long when it ends.
_SAVE_MEMORIES = text("""
WITH given AS (
    SELECT * FROM unnest(:ids, :versions, :memories, :partitions, :holders, :epochs)
    AS given (id, version, memory, partition, holder, epoch)
),
kept AS (
    SELECT id, version, memory FROM given WHERE partition IS NULL OR EXISTS (
        SELECT 1 FROM leases lease WHERE (lease.partition, lease.holder, lease.epoch)
        = (given.partition, given.holder, given.epoch) AND lease.expires > clock_timestamp()
    )
),
free AS (
    SELECT id, version FROM trading_rules WHERE id = ANY (:ids) AND state = 'armed' FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE trading_rules rule SET memory = kept.memory::jsonb
FROM free JOIN kept USING (id, version) WHERE rule.id = free.id
""").bindparams(
    bindparam("ids", type_=ARRAY(Text)),
    bindparam("versions", type_=ARRAY(Integer)),
    bindparam("memories", type_=ARRAY(Text)),
    bindparam("partitions", type_=ARRAY(Text)),
    bindparam("holders", type_=ARRAY(Text)),
    bindparam("epochs", type_=ARRAY(BigInteger)),
)

_SAVE_LOOKS = text("""
WITH seen AS (SELECT * FROM unnest(:ids, :checks, :ats, :prices) AS seen (id, checks, at, price)),
free AS (SELECT rule_id FROM jobs WHERE rule_id = ANY (:ids) FOR NO KEY UPDATE SKIP LOCKED)
UPDATE jobs SET checks = jobs.checks + seen.checks, last_check_at = seen.at, last_price = seen.price
FROM free JOIN seen ON seen.id = free.rule_id WHERE jobs.rule_id = free.rule_id RETURNING jobs.rule_id
""").bindparams(
    bindparam("ids", type_=ARRAY(Text)),
    bindparam("checks", type_=ARRAY(BigInteger)),
    bindparam("ats", type_=ARRAY(DateTime(timezone=True))),
    bindparam("prices", type_=ARRAY(Numeric)),
)


_HOLDINGS = """
SELECT owner, market FROM trades GROUP BY owner, market
HAVING sum(CASE side WHEN 'buy' THEN base ELSE -base END) <> 0
"""
_LINKED = Statement(
    select(links.c.owner).where(links.c.channel == bindparam("channel"), links.c.address == bindparam("address"))
)
_limits = tuple(rows.limits_row(Limits()))
_made = (
    insert(users)
    .values(created_at=bindparam("at"), timezone="UTC", paused=False)
    .returning(users.c.id, users.c.created_at)
    .cte("made")
)
_limited = (
    insert(limits)
    .from_select(
        ["owner", *_limits], select(_made.c.id, *(bindparam(name, type_=limits.c[name].type) for name in _limits))
    )
    .cte("limited")
)
_CREATE = Statement(
    insert(links)
    .from_select(
        ["owner", "channel", "address", "created_at"],
        select(
            _made.c.id, bindparam("channel", type_=Text), bindparam("address", type_=Text), _made.c.created_at
        ).add_cte(_limited),
    )
    .returning(links.c.owner)
)
