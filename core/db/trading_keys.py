"""Sealed trading keys in PostgreSQL, and which owner uses which; decides nothing about sealing."""

from typing import Any

from sqlalchemy import RowMapping, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.connection import Database
from core.db.venue_tables import trading_key_uses, trading_keys
from core.domain.ids import OwnerId
from core.ports.keys import StoredKey

SHARES_LOCK = 5
"""First key of the advisory lock under which owners are given keys."""

_k, _u = trading_keys.c, trading_key_uses.c


class PostgresKeyStore:
    """The KeyStore in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: StoredKey) -> None:
        new = insert(trading_keys).values(
            address=key.address, kind=key.kind, sealed=key.sealed, master=key.master, created_at=key.created_at
        )
        await self._do(new)

    async def get(self, address: str) -> StoredKey | None:
        found = await self._rows(_KEYS.where(_k.address == address))
        return _key(found[0]) if found else None

    async def all(self) -> list[StoredKey]:
        return [_key(row) for row in await self._rows(_KEYS.order_by(_k.created_at, _k.address))]

    async def reseal(self, key: StoredKey, was: int) -> bool:
        changed = update(trading_keys).where(_k.address == key.address, _k.master == was)
        return await self._do(changed.values(sealed=key.sealed, master=key.master)) == 1

    async def of_owner(self, owner: OwnerId) -> str | None:
        found = await self._rows(select(_u.address).where(_u.owner == owner))
        return found[0]["address"] if found else None

    async def owners(self, address: str) -> list[OwnerId]:
        return [OwnerId(row["owner"]) for row in await self._rows(select(_u.owner).where(_u.address == address))]

    async def use(self, owner: OwnerId, address: str) -> None:
        new = insert(trading_key_uses).values(owner=owner, address=address)
        await self._do(new.on_conflict_do_update(index_elements=["owner"], set_={"address": address}))

    async def share(self, owner: OwnerId, most: int) -> str | None:
        if (known := await self.of_owner(owner)) is not None:
            return known
        async with self._database.begin((SHARES_LOCK, 0)) as connection:
            free = await connection.execute(_room().having(func.count(_u.owner) < most).limit(1))
            address = free.scalar()
            if address is None:
                return None
            new = insert(trading_key_uses).values(owner=owner, address=address)
            await connection.execute(new.on_conflict_do_nothing())
            held = await connection.execute(select(_u.address).where(_u.owner == owner))
            return str(held.scalar_one())

    async def seats(self, most: int) -> int:
        rows = await self._rows(_room().add_columns(func.count(_u.owner).label("used")))
        return sum(max(0, most - int(row["used"])) for row in rows)

    async def _rows(self, query: Select[Any]) -> list[RowMapping]:
        async def look(connection: AsyncConnection) -> list[RowMapping]:
            return list((await connection.execute(query)).mappings())

        return await self._database.run(look)

    async def _do(self, statement: Any) -> int:
        async def act(connection: AsyncConnection) -> int:
            return int((await connection.execute(statement)).rowcount)

        return await self._database.run(act)


_KEYS = select(_k.address, _k.kind, _k.sealed, _k.master, _k.created_at)


def _room() -> Select[Any]:
    """Delegate keys in use, the fullest first: owners fill one up before the next."""
    joined = trading_keys.outerjoin(trading_key_uses, _u.address == _k.address)
    usable = select(_k.address).select_from(joined).where(_k.kind == "delegate", _k.retired_at.is_(None))
    return usable.group_by(_k.address, _k.created_at).order_by(func.count(_u.owner).desc(), _k.created_at)


def _key(row: RowMapping) -> StoredKey:
    return StoredKey(**row)
