"""The Inbox in PostgreSQL: each letter once, by the channel's own number; decides nothing about its answer."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, null, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.chat_tables import inbox, shown
from core.db.connection import Database
from core.db.tables import links
from core.ports import Letter


class PostgresInbox:
    """The Inbox in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, letters: Sequence[Letter]) -> list[Letter]:
        if not letters:
            return []
        rows = [
            {
                "channel": letter.channel,
                "account": letter.account,
                "number": letter.number,
                "person": letter.person,
                "body": dict(letter.body),
                "sent_at": letter.sent_at,
            }
            for letter in letters
        ]
        store = insert(inbox).values(rows).on_conflict_do_nothing().returning(inbox.c.number)
        alive = (
            update(links)
            .where(links.c.channel == letters[0].channel, links.c.dead_since.is_not(None))
            .where(links.c.address.in_({letter.person for letter in letters if letter.private}))
            .values(dead_since=None, dead_reason=None)
        )
        async with self._database.begin() as connection:
            fresh = set((await connection.execute(store)).scalars())
            await connection.execute(alive)
        return [letter for letter in letters if letter.number in fresh]

    async def unanswered(self, channel: str, account: str) -> list[Letter]:
        query = (
            select(inbox)
            .where(inbox.c.channel == channel, inbox.c.account == account, inbox.c.answered_at.is_(None))
            .order_by(inbox.c.number)
        )

        async def look(connection: AsyncConnection) -> list[Letter]:
            return [
                Letter(
                    channel=row.channel,
                    account=row.account,
                    number=row.number,
                    person=row.person,
                    body=row.body or {},
                    sent_at=row.sent_at,
                )
                for row in await connection.execute(query)
            ]

        return await self._database.run(look)

    async def answered(self, channel: str, account: str, numbers: Collection[int], at: datetime) -> None:
        if not numbers:
            return
        close = (
            update(inbox)
            .where(inbox.c.channel == channel, inbox.c.account == account, inbox.c.number.in_(sorted(numbers)))
            .values(answered_at=at, body=null())
        )

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(close)

        await self._database.run(write)

    async def show(self, channel: str, place: str, ref: str, person: str, key: str | None, at: datetime) -> list[str]:
        note = (
            insert(shown)
            .values(channel=channel, place=place, ref=ref, person=person, key=key, shown_at=at)
            .on_conflict_do_update(
                index_elements=[shown.c.channel, shown.c.place, shown.c.ref],
                set_={"key": key, "person": person, "shown_at": at},
            )
        )
        older = (
            update(shown)
            .where(shown.c.channel == channel, shown.c.place == place, shown.c.key == key, shown.c.ref != ref)
            .values(key=None)
            .returning(shown.c.ref)
        )

        async def write(connection: AsyncConnection) -> list[str]:
            await connection.execute(note)
            return [] if key is None else list((await connection.execute(older)).scalars())

        return await self._database.run(write)

    async def shown_at(self, channel: str, place: str, ref: str) -> tuple[str, str | None] | None:
        query = select(shown.c.person, shown.c.key).where(
            shown.c.channel == channel, shown.c.place == place, shown.c.ref == ref
        )

        async def look(connection: AsyncConnection) -> tuple[str, str | None] | None:
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else (row.person, row.key)

        return await self._database.run(look)

    async def sweep(self, before: datetime) -> int:
        old = (
            delete(inbox).where(inbox.c.answered_at < before),
            delete(shown).where(shown.c.shown_at < before),
        )

        async def clear(connection: AsyncConnection) -> int:
            return sum([(await connection.execute(statement)).rowcount for statement in old])

        return await self._database.run(clear)
