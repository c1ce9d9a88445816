"""What adapters of real venues remember, in PostgreSQL; decides how it is kept, nothing about orders."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.codec import to_json
from core.db.connection import Database
from core.db.venue_tables import venue_activity, venue_notes
from core.domain.ids import OwnerId
from core.ports.notes import Note, NotePage

NOTES_LOCK = 4
"""First key of the advisory lock on an owner's notes; the store's and the paper venue's are others."""


class PostgresNotes:
    """The Notes of one venue in PostgreSQL."""

    def __init__(self, database: Database, venue: str) -> None:
        self._database = database
        self._venue = venue

    @asynccontextmanager
    async def open(self, owner: OwnerId) -> AsyncIterator[NotePage]:
        """Raises StorageUnavailable."""
        async with self._database.begin((NOTES_LOCK, owner)) as connection:
            yield _Page(connection, self._venue, owner)


class _Page:
    """One owner's notes within the transaction that locks them."""

    def __init__(self, connection: AsyncConnection, venue: str, owner: OwnerId) -> None:
        self._connection = connection
        self._place = {"venue": venue, "owner": owner}

    async def get(self, key: str) -> Note | None:
        notes = venue_notes.c
        query = select(notes.body).filter_by(**self._place, key=key)
        found: Note | None = (await self._connection.execute(query)).scalar_one_or_none()
        return found

    async def put(self, key: str, note: Note) -> None:
        body = to_json(note)
        new = insert(venue_notes).values(**self._place, key=key, body=body)
        await self._connection.execute(
            new.on_conflict_do_update(index_elements=["venue", "owner", "key"], set_={"body": body})
        )

    async def add_activity(self, number: int, activity: Note) -> None:
        new = insert(venue_activity).values(**self._place, number=number, body=to_json(activity))
        await self._connection.execute(new)

    async def activity(self, after: int, limit: int) -> list[Note]:
        rows = venue_activity.c
        query = select(rows.body).filter_by(**self._place).where(rows.number > after).order_by(rows.number).limit(limit)
        return list((await self._connection.execute(query)).scalars())
