"""What channels remember, and where else a card is shown, in PostgreSQL; decides no use of it."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.chat_tables import memos, shown
from core.db.connection import Database
from core.db.tables import links

_RECALL = "SELECT value FROM memos WHERE channel = $1 AND person = $2 AND name = $3"
_FORGET = "DELETE FROM memos WHERE channel = $1 AND person = $2 AND name = $3"
_REMEMBER = """
INSERT INTO memos (channel, person, name, value) VALUES ($1, $2, $3, $4)
ON CONFLICT (channel, person, name) DO UPDATE SET value = excluded.value
"""


class PostgresMemos:
    """Memos by channel, person and name, and the messages that show a person's cards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recall(self, channel: str, name: str, person: str = "") -> str | None:
        """What was remembered, if anything."""
        value: str | None = await self._database.peek(_RECALL, channel, person, name)
        return value

    async def remember(self, channel: str, name: str, value: str | None, person: str = "") -> None:
        """Remember *value* in place of what was; None = forget it."""
        if value is None:
            await self._database.fetch(_FORGET, channel, person, name)
        else:
            await self._database.fetch(_REMEMBER, channel, person, name, value)

    async def about_people(self, channel: str, name: str) -> Mapping[str, str]:
        """What is remembered under *name*, by person."""
        query = select(memos.c.person, memos.c.value).where(
            memos.c.channel == channel, memos.c.name == name, memos.c.person != ""
        )

        async def look(connection: AsyncConnection) -> Mapping[str, str]:
            return {row.person: row.value for row in await connection.execute(query)}

        return await self._database.run(look)

    async def elsewhere(self, channel: str, person: str, key: str) -> list[tuple[str, str, str]]:
        """The private messages on other channels that show *person*'s owner the card called *key*.

        Each as (channel, person there, message).
        """
        owner = select(links.c.owner).where(links.c.channel == channel, links.c.address == person).scalar_subquery()
        query = (
            select(shown.c.channel, shown.c.person, shown.c.ref)
            .join(links, (links.c.channel == shown.c.channel) & (links.c.address == shown.c.person))
            .where(links.c.owner == owner, shown.c.channel != channel)
            .where(shown.c.place == shown.c.person, shown.c.key == key)
            .order_by(*shown.primary_key)
        )

        async def look(connection: AsyncConnection) -> list[tuple[str, str, str]]:
            return [(row.channel, row.person, row.ref) for row in await connection.execute(query)]

        return await self._database.run(look)
