"""Deliveries and readers' cursors in PostgreSQL; decides that each event is planned once, not what a card says."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.codec import event_from_json
from core.db.connection import Database
from core.db.tables import deliveries, events, links, reader_cursors
from core.domain.ids import EventId, OwnerId
from core.ports.storage import Cursor, Delivery, Planned


class PostgresOutbox:
    """The Outbox in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def links_of(self, owner: OwnerId) -> list[tuple[str, str]]:
        query = select(links.c.channel, links.c.address).where(links.c.owner == owner).order_by(*links.primary_key)

        async def look(connection: AsyncConnection) -> list[tuple[str, str]]:
            return [(channel, address) for channel, address in await connection.execute(query)]

        return await self._database.run(look)

    async def cursor(self, name: str) -> Cursor:
        query = select(reader_cursors.c.cursor).where(reader_cursors.c.name == name)

        async def look(connection: AsyncConnection) -> Cursor:
            return Cursor((await connection.execute(query)).scalar_one_or_none() or "")

        return await self._database.run(look)

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
            }
            for plan in planned
        ]

        async with self._database.begin() as connection:
            if (await connection.execute(move)).rowcount != 1:
                return False
            if rows:
                await connection.execute(insert(deliveries).on_conflict_do_nothing(), rows)
            return True

    async def due(self, channel: str, now: datetime, limit: int = 100) -> list[Delivery]:
        older = deliveries.alias("older")
        resting = exists().where(
            older.c.channel == deliveries.c.channel,
            older.c.address == deliveries.c.address,
            older.c.state == "pending",
            older.c.id < deliveries.c.id,
            older.c.retry_at > now,
        )
        query = (
            select(deliveries, events.c.body)
            .join(events, events.c.id == deliveries.c.event_id)
            .where(deliveries.c.channel == channel, deliveries.c.state == "pending", ~resting)
            .where(or_(deliveries.c.retry_at.is_(None), deliveries.c.retry_at <= now))
            .order_by(deliveries.c.id)
            .limit(limit)
        )

        async def look(connection: AsyncConnection) -> list[Delivery]:
            return [
                Delivery(
                    id=row.id,
                    owner=OwnerId(row.owner),
                    event=replace(event_from_json(row.body), id=EventId(str(row.event_id))),
                    channel=row.channel,
                    address=row.address,
                    attempts=row.attempts,
                )
                for row in await connection.execute(query)
            ]

        return await self._database.run(look)

    async def sent(self, delivery_id: int, at: datetime, message_ref: str | None = None) -> None:
        await self._close(delivery_id, state="sent", sent_at=at, message_ref=message_ref, retry_at=None)

    async def failed(self, delivery_id: int, reason: str, retry_at: datetime | None) -> None:
        state = "failed" if retry_at is None else "pending"
        await self._close(
            delivery_id, state=state, reason=reason, retry_at=retry_at, attempts=deliveries.c.attempts + 1
        )

    async def _close(self, delivery_id: int, **values: object) -> None:
        statement = (
            update(deliveries).where(deliveries.c.id == delivery_id, deliveries.c.state == "pending").values(**values)
        )

        async with self._database.begin() as connection:
            await connection.execute(statement)
