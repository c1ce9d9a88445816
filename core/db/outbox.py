"""Deliveries and readers' cursors in PostgreSQL; decides that each event is planned once, not what a card says."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ARRAY, Text, all_, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.connection import Database
from core.db.event_log import readable
from core.db.rows import owner_of
from core.db.tables import deliveries, events, limits, links, reader_cursors, users
from core.domain.ids import OwnerId
from core.ports.outbox import Delivery, Planned, Recipient
from core.ports.storage import Cursor

_SENT = """
UPDATE deliveries SET state = 'sent', sent_at = $2, message_ref = $3, retry_at = NULL
WHERE id = ANY ($1) AND state = 'pending'
"""


class PostgresOutbox:
    """The Outbox in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recipients(self, owners: Collection[OwnerId]) -> list[Recipient]:
        people = (
            select(users, limits).join(limits, limits.c.owner == users.c.id).where(users.c.id.in_(sorted(set(owners))))
        ).order_by(users.c.id)
        reachable = (
            select(links.c.owner, links.c.channel, links.c.address)
            .where(links.c.owner.in_(sorted(set(owners))), links.c.dead_since.is_(None))
            .order_by(*links.primary_key)
        )

        async def look(connection: AsyncConnection) -> list[Recipient]:
            places: dict[int, list[tuple[str, str]]] = {}
            for row in await connection.execute(reachable):
                places.setdefault(row.owner, []).append((row.channel, row.address))
            return [
                Recipient(owner=owner_of(row), places=tuple(places.get(row["id"], ())))
                for row in (await connection.execute(people)).mappings()
            ]

        return await self._database.run(look)

    async def cursor(self, name: str) -> Cursor:
        return Cursor(await self._database.peek("SELECT cursor FROM reader_cursors WHERE name = $1", name) or "")

    async def save_cursor(self, name: str, to: Cursor, *, was: Cursor, planned: Collection[Planned] = ()) -> bool:
        new = insert(reader_cursors).values(name=name, cursor=to)
        move = (
            new.on_conflict_do_nothing()
            if not was
            else update(reader_cursors)
            .where(reader_cursors.c.name == name, reader_cursors.c.cursor == was)
            .values(cursor=to)
        )
        rows = [
            {
                "owner": plan.owner,
                "event_id": int(plan.event_id),
                "channel": plan.channel,
                "address": plan.address,
                "urgency": plan.urgency,
                "silent": plan.silent,
            }
            for plan in planned
        ]

        async with self._database.begin() as connection:
            if (await connection.execute(move)).rowcount != 1:
                return False
            if rows:
                await connection.execute(insert(deliveries).on_conflict_do_nothing(), rows)
            return True

    async def due(self, channel: str, now: datetime, limit: int = 100, busy: Collection[str] = ()) -> list[Delivery]:
        waiting = deliveries.alias("waiting")
        pending = (waiting.c.channel == channel) & (waiting.c.state == text("'pending'"))
        resting = select(waiting.c.address).where(pending, waiting.c.retry_at > now)
        heads = (
            select(waiting.c.address)
            .where(pending, waiting.c.address.not_in(resting))
            .where(waiting.c.address != all_(literal(sorted(busy), ARRAY(Text))))
            .order_by(waiting.c.urgency, waiting.c.id)
            .limit(limit)
        ).subquery()
        query = (
            select(deliveries, events.c.body)
            .join(events, events.c.id == deliveries.c.event_id)
            .where(deliveries.c.channel == channel, deliveries.c.state == text("'pending'"))
            .where(deliveries.c.address.in_(select(heads.c.address)))
            .order_by(deliveries.c.id)
            .limit(limit)
        )

        async def look(connection: AsyncConnection) -> list[Delivery]:
            return [
                Delivery(
                    id=row.id,
                    owner=OwnerId(row.owner),
                    event=event,
                    channel=row.channel,
                    address=row.address,
                    attempts=row.attempts,
                    urgency=row.urgency,
                    silent=row.silent,
                )
                for row in await connection.execute(query)
                for event in readable([{"id": row.event_id, "body": row.body}])  # a newer process tells the others
            ]

        return await self._database.run(look)

    async def sent(self, delivery_ids: Collection[int], at: datetime, message_ref: str | None = None) -> None:
        await self._database.fetch(_SENT, sorted(delivery_ids), at, message_ref)

    async def failed(self, delivery_id: int, reason: str, retry_at: datetime | None) -> None:
        state = "failed" if retry_at is None else "pending"
        await self._close(
            [delivery_id], state=state, reason=reason, retry_at=retry_at, attempts=deliveries.c.attempts + 1
        )

    async def dead(self, channel: str, address: str, reason: str, at: datetime) -> OwnerId | None:
        bury = (
            update(links)
            .where(links.c.channel == channel, links.c.address == address)
            .values(dead_since=at, dead_reason=reason)
            .returning(links.c.owner)
        )
        give_up = (
            update(deliveries)
            .where(deliveries.c.channel == channel, deliveries.c.address == address, deliveries.c.state == "pending")
            .values(state="failed", reason=reason, retry_at=None)
        )
        async with self._database.begin() as connection:
            owner = (await connection.execute(bury)).scalar_one_or_none()
            await connection.execute(give_up)
        return None if owner is None else OwnerId(owner)

    async def _close(self, delivery_ids: Collection[int], **values: object) -> None:
        statement = (
            update(deliveries)
            .where(deliveries.c.id.in_(sorted(delivery_ids)), deliveries.c.state == "pending")
            .values(**values)
        )

        async with self._database.begin() as connection:
            await connection.execute(statement)
