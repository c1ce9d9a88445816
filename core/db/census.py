"""Questions about everybody at once, and the forgetting of one person; decides not whether that is allowed."""

from collections.abc import Mapping

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

import core.db.chat_tables
import core.db.paper_tables  # noqa: F401 - their tables belong to the metadata that is walked here
from core.db.chat_tables import inbox, notes, shown
from core.db.connection import Database
from core.db.store import OWNER_LOCK
from core.db.tables import deliveries, links, metadata, orders, trading_rules, users
from core.domain.ids import OwnerId
from core.domain.order import IN_FLIGHT
from core.domain.rule import LIVE


class Census:
    """Counts over all owners, and one owner's removal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self) -> Mapping[str, int]:
        """How many there are of what an operator asks about."""
        queries = {
            "people": select(func.count()).select_from(users),
            "links": select(func.count()).select_from(links),
            "unreachable": select(func.count()).select_from(links).where(links.c.dead_since.is_not(None)),
            "live rules": select(func.count()).select_from(trading_rules).where(trading_rules.c.state.in_(LIVE)),
            "orders in flight": select(func.count()).select_from(orders).where(orders.c.state.in_(IN_FLIGHT)),
            "cards to send": select(func.count())
            .select_from(deliveries)
            .where(deliveries.c.state == text("'pending'")),
            "messages to answer": select(func.count()).select_from(inbox).where(inbox.c.answered_at.is_(None)),
        }

        async def count(connection: AsyncConnection) -> dict[str, int]:
            return {name: (await connection.execute(query)).scalar_one() for name, query in queries.items()}

        return await self._database.run(count)

    async def forget(self, owner: OwnerId) -> None:
        """Delete every row that belongs to *owner*, in all tables."""
        async with self._database.begin((OWNER_LOCK, owner)) as connection:
            places = (
                await connection.execute(select(links.c.channel, links.c.address).where(links.c.owner == owner))
            ).all()
            for channel, address in places:
                for table in (inbox, notes, shown):
                    await connection.execute(delete(table).where(table.c.channel == channel, table.c.person == address))
            for table in reversed(metadata.sorted_tables):
                if "owner" in table.c:
                    await connection.execute(delete(table).where(table.c.owner == owner))
            await connection.execute(delete(users).where(users.c.id == owner))
