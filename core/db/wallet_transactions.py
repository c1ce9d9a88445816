"""Transactions that owners' wallets sign, in PostgreSQL; every statement but one is one owner's."""

from typing import Any

from sqlalchemy import RowMapping, Select, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.connection import Database
from core.db.venue_tables import wallet_transactions as _table
from core.domain.ids import OwnerId
from core.ports.custody import WalletState, WalletTransaction

_c = _table.c
_FIELDS = tuple(WalletTransaction.__dataclass_fields__)
_MOST = 100
"""As many as are looked at together; the oldest come first, and each ends within two minutes."""


class PostgresWalletTransactions:
    """The WalletTransactions in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, transaction: WalletTransaction) -> None:
        stale = delete(_table).where(_c.owner == transaction.owner, _c.state == "built")
        await self._do(stale.where(_c.valid_until < transaction.created_at))  # made, and never signed
        await self._do(insert(_table).values({name: getattr(transaction, name) for name in _FIELDS}))

    async def get(self, owner: OwnerId, id: str) -> WalletTransaction | None:  # noqa: A002
        found = await self._rows(_of(owner).where(_c.id == id))
        return WalletTransaction(**found[0]) if found else None

    async def sent(self, owner: OwnerId) -> list[WalletTransaction]:
        query = _of(owner).where(_c.state == "sent").order_by(_c.created_at)
        return [WalletTransaction(**row) for row in await self._rows(query)]

    async def unproven(self) -> list[WalletTransaction]:
        query = _known().where(_c.state == "sent").order_by(_c.created_at).limit(_MOST)
        return [WalletTransaction(**row) for row in await self._rows(query)]

    async def save(self, transaction: WalletTransaction, *, was: WalletState) -> bool:
        mine = update(_table).where(_c.owner == transaction.owner, _c.id == transaction.id, _c.state == was)
        changed = {name: getattr(transaction, name) for name in ("state", "raw", "signature", "reason")}
        return await self._do(mine.values(changed)) == 1

    async def _rows(self, query: Select[Any]) -> list[RowMapping]:
        async def look(connection: AsyncConnection) -> list[RowMapping]:
            return list((await connection.execute(query)).mappings())

        return await self._database.run(look)

    async def _do(self, statement: Any) -> int:
        async with self._database.begin() as connection:
            return int((await connection.execute(statement)).rowcount)


def _known() -> Select[Any]:
    return select(*(_c[name] for name in _FIELDS))


def _of(owner: OwnerId) -> Select[Any]:
    return _known().where(_c.owner == owner)
