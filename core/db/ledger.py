"""The paper venue's books in PostgreSQL; decides how they are kept and looked through, nothing about trading."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal

from sqlalchemy import bindparam, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.codec import from_json, to_json
from core.db.connection import Database, ask
from core.db.paper_tables import paper_accounts, paper_activity, paper_marks, paper_orders, paper_values, paper_wakes
from core.db.pool import Seat
from core.db.statement import Statement
from core.domain.ids import OwnerId
from core.domain.market import Observation
from core.ports.ledger import Document, LedgerPage

BOOKS_LOCK = 3
"""First key of the advisory lock on an owner's books; not the store's: the venue is somebody else."""


_IN_ORDER = "(paper_marks.body->>'at')::timestamptz <= (excluded.body->>'at')::timestamptz"
"""Two writers at once must not leave the older mark behind."""


_ACCOUNT = Statement(select(paper_accounts.c.body).where(paper_accounts.c.owner == bindparam("owner")))
_RESTING = Statement(
    select(paper_orders.c.body)
    .where(paper_orders.c.owner == bindparam("owner"), paper_orders.c.resting)
    .order_by(paper_orders.c.number)
)
_GLANCE = """
SELECT (SELECT body FROM paper_accounts WHERE owner = $1) AS account,
    (SELECT coalesce(jsonb_agg(body ORDER BY number), '[]') FROM paper_orders WHERE owner = $1 AND resting) AS resting
"""


class PostgresLedger:
    """The Ledger in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def open(self, owner: OwnerId) -> AsyncIterator[LedgerPage]:
        """Raises StorageUnavailable."""
        async with self._database.transaction((BOOKS_LOCK, owner)) as seat:
            found = await ask(seat, _ACCOUNT, owner=owner)
            yield _Page(seat, owner, found[0]["body"] if found else None)

    async def glance(self, owner: OwnerId) -> tuple[Document | None, list[Document]]:
        [found] = await self._database.fetch(_GLANCE, owner)
        return found["account"], found["resting"]

    async def woken(self, market: str, low: Decimal, high: Decimal) -> list[OwnerId]:
        wakes = paper_wakes.c
        query = (
            select(wakes.owner)
            .where(wakes.market == market, or_(wakes.below >= low, wakes.above <= high))
            .order_by(wakes.owner)
        )

        async def look(connection: AsyncConnection) -> list[OwnerId]:
            return [OwnerId(owner) for owner in (await connection.execute(query)).scalars()]

        return await self._database.run(look)

    async def exposed(self, market: str) -> list[OwnerId]:
        wakes = paper_wakes.c
        query = select(wakes.owner).where(wakes.market == market, wakes.exposed).order_by(wakes.owner)

        async def look(connection: AsyncConnection) -> list[OwnerId]:
            return [OwnerId(owner) for owner in (await connection.execute(query)).scalars()]

        return await self._database.run(look)

    async def save_mark(self, mark: Observation) -> None:
        new = insert(paper_marks).values(market=mark.market, body=to_json(mark))
        statement = new.on_conflict_do_update(
            index_elements=["market"], set_={"body": new.excluded.body}, where=text(_IN_ORDER)
        )

        async def save(connection: AsyncConnection) -> None:
            await connection.execute(statement)

        await self._database.run(save)

    async def mark(self, market: str) -> Observation | None:
        body = await self._database.peek("SELECT body FROM paper_marks WHERE market = $1", market)
        return None if body is None else from_json(Observation, body)

    async def marks(self) -> list[Observation]:
        query = select(paper_marks.c.body)

        async def look(connection: AsyncConnection) -> list[Observation]:
            return [from_json(Observation, body) for body in (await connection.execute(query)).scalars()]

        return await self._database.run(look)

    async def value(self, key: str) -> str | None:
        query = select(paper_values.c.value).where(paper_values.c.key == key)

        async def look(connection: AsyncConnection) -> str | None:
            return (await connection.execute(query)).scalar_one_or_none()

        return await self._database.run(look)

    async def save_value(self, key: str, value: str) -> None:
        new = insert(paper_values).values(key=key, value=value)
        statement = new.on_conflict_do_update(index_elements=["key"], set_={"value": new.excluded.value})

        async def save(connection: AsyncConnection) -> None:
            await connection.execute(statement)

        await self._database.run(save)


class _Page:
    """One owner's books within the transaction that locks them."""

    def __init__(self, seat: Seat, owner: OwnerId, account: Document | None) -> None:
        self.account = account
        self._seat = seat
        self._connection = seat.sql
        self._owner = owner

    async def order(self, signature: str) -> Document | None:
        orders = paper_orders.c
        query = select(orders.body).where(orders.owner == self._owner, orders.signature == signature)
        return (await self._connection.execute(query)).scalar_one_or_none()

    async def resting(self) -> list[Document]:
        return [row["body"] for row in await ask(self._seat, _RESTING, owner=self._owner)]

    async def save_account(
        self,
        account: Document,
        *,
        wakes: Mapping[str, tuple[Decimal | None, Decimal | None]],
        exposed: Collection[str],
    ) -> None:
        self.account = account
        body = to_json(account)
        await self._connection.execute(
            insert(paper_accounts)
            .values(owner=self._owner, body=body)
            .on_conflict_do_update(index_elements=["owner"], set_={"body": body})
        )
        rows = []
        for market in sorted({*wakes, *exposed}):
            below, above = wakes.get(market, (None, None))
            rows.append(
                {
                    "owner": self._owner,
                    "market": market,
                    "below": below,
                    "above": above,
                    "exposed": market in exposed,
                }
            )
        markets = [row["market"] for row in rows]
        await self._connection.execute(
            delete(paper_wakes).where(paper_wakes.c.owner == self._owner, paper_wakes.c.market.not_in(markets))
        )
        if rows:
            new = insert(paper_wakes)
            replaced = {name: new.excluded[name] for name in ("below", "above", "exposed")}
            await self._connection.execute(
                new.on_conflict_do_update(index_elements=["owner", "market"], set_=replaced), rows
            )

    async def save_order(self, signature: str, order: Document, *, resting: bool) -> None:
        kept = {"body": to_json(order), "resting": resting}
        await self._connection.execute(
            insert(paper_orders)
            .values(owner=self._owner, signature=signature, **kept)
            .on_conflict_do_update(index_elements=["owner", "signature"], set_=kept)
        )

    async def add_activity(self, number: int, activity: Document) -> None:
        """Raises Conflict if the number is taken."""
        await self._connection.execute(
            insert(paper_activity).values(owner=self._owner, number=number, body=to_json(activity))
        )

    async def activity(self, after: int, limit: int) -> list[Document]:
        activity = paper_activity.c
        query = (
            select(activity.body)
            .where(activity.owner == self._owner, activity.number > after)
            .order_by(activity.number)
            .limit(limit)
        )
        return list((await self._connection.execute(query)).scalars())
