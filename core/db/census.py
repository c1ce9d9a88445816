"""Questions about everybody at once, and the forgetting of one person; decides not whether that is allowed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, delete, func, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

import core.db.chat_tables
import core.db.paper_tables  # noqa: F401 - their tables belong to the metadata that is walked here
from core.db.chat_tables import inbox, memos, shown
from core.db.connection import Database
from core.db.tables import deliveries, links, metadata, orders, trading_rules, users
from core.db.transaction import OWNER_LOCK
from core.db.venue_tables import network_fees
from core.domain.errors import Conflict
from core.domain.ids import OwnerId
from core.domain.order import IN_FLIGHT, OrderState
from core.domain.rule import LIVE, RuleState

_NOT_TAKEN_ALONG = frozenset({"one_time"})
"""Codes and challenges that are good still, or no longer."""
_SECRET = frozenset({"secret_hash", "raw"})
_TAKEN_AT_ONCE = 500


async def _rows(query: Select[Any], connection: AsyncConnection) -> list[Mapping[str, Any]]:
    return [dict(row) for row in (await connection.execute(query)).mappings()]


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
            "orders of unknown fate": select(func.count())
            .select_from(orders)
            .where(orders.c.state == OrderState.UNKNOWN),
            "cards to send": select(func.count())
            .select_from(deliveries)
            .where(deliveries.c.state == text("'pending'")),
            "messages to answer": select(func.count()).select_from(inbox).where(inbox.c.answered_at.is_(None)),
        }

        async def count(connection: AsyncConnection) -> dict[str, int]:
            return {name: (await connection.execute(query)).scalar_one() for name, query in queries.items()}

        return await self._database.run(count)

    async def belongings(self, owner: OwnerId) -> AsyncIterator[tuple[str, Sequence[Mapping[str, Any]]]]:
        """Every row that belongs to *owner*, in all tables, in batches by table, without hashes and signed bytes."""
        for table in metadata.sorted_tables:
            mine = self._whose(table, owner)
            if mine is None or table.name in _NOT_TAKEN_ALONG:
                continue
            columns = [column for column in table.c if column.name not in _SECRET]
            key = tuple_(*table.primary_key.columns)
            names = [column.name for column in table.primary_key.columns]
            query = select(*columns).where(mine).order_by(*table.primary_key.columns).limit(_TAKEN_AT_ONCE)
            after: tuple[Any, ...] | None = None
            while True:
                here = query if after is None else query.where(key > tuple_(*after))
                batch = await self._database.run(partial(_rows, here))
                yield table.name, batch
                if len(batch) < _TAKEN_AT_ONCE:
                    break
                after = tuple(batch[-1][name] for name in names)

    @staticmethod
    def _whose(table: Table, owner: OwnerId) -> ColumnElement[bool] | None:
        """What makes a row of *table* the owner's; None for a table that is nobody's."""
        if table is users:
            return users.c.id == owner
        if "owner" in table.c:
            return table.c.owner == owner
        if table in (inbox, memos, shown):
            places = select(links.c.channel, links.c.address).where(links.c.owner == owner)
            return tuple_(table.c.channel, table.c.person).in_(places)
        return None

    async def forget(self, owner: OwnerId) -> None:
        """Delete every row that belongs to *owner*, in all tables. Raises Conflict where something of theirs acts."""
        rules, legs = trading_rules.c, orders.c
        acts = select(rules.id).where(rules.owner == owner, rules.state.in_(LIVE - {RuleState.FIRING}))
        trades = select(legs.id).where(legs.owner == owner, legs.state.in_({*IN_FLIGHT, OrderState.PLANNED}))
        async with self._database.begin((OWNER_LOCK, owner)) as connection:
            if (await connection.execute(acts.union(trades).limit(1))).first() is not None:
                raise Conflict("A rule of yours was armed just now.", "Cancel it first, then delete your account.")
            tables = [
                inbox,
                memos,
                shown,
                *(table for table in reversed(metadata.sorted_tables) if "owner" in table.c),
                users,
            ]
            # What was paid for them stays in the operator's book, and is nobody's from now on.
            await connection.execute(update(network_fees).where(network_fees.c.owner == owner).values(owner=None))
            for table in tables:  # what is found by the owner's links before those
                mine = self._whose(table, owner)
                if mine is not None:
                    await connection.execute(delete(table).where(mine))
