"""Network fees in PostgreSQL: one row a transaction, so that none counts twice; decides nothing about who owes what."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.connection import Database
from core.db.venue_tables import fee_payers, network_fees
from core.domain.ids import OwnerId
from core.ports.fees import Paid, Payer, Spent

_f, _p = network_fees.c, fee_payers.c
_SUMS = (
    func.coalesce(func.sum(_f.lamports), 0).label("lamports"),
    func.count(_f.signature).label("transactions"),
    func.count(_f.signature).filter(_f.failed).label("failed"),
)


class PostgresFeeBook:
    """The FeeBook in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reached(self, key: str) -> int:
        rows = await self._rows(select(_p.slot).where(_p.key == key))
        return int(rows[0].slot) if rows else 0

    async def before(self, key: str, slot: int) -> str | None:
        query = select(_f.signature).where(_f.payer == key, _f.slot < slot).order_by(_f.slot.desc()).limit(1)
        rows = await self._rows(query)
        return str(rows[0].signature) if rows else None

    async def known(self, signatures: Collection[str]) -> set[str]:
        rows = await self._rows(select(_f.signature).where(_f.signature.in_(signatures)))
        return {str(row.signature) for row in rows}

    async def put(self, key: str, paid: Sequence[tuple[OwnerId | None, Paid]], reached: int) -> None:
        rows = [
            {
                "signature": one.signature,
                "payer": key,
                "owner": owner,
                "slot": one.slot,
                "at": one.at,
                "lamports": one.lamports,
                "failed": one.failed,
            }
            for owner, one in paid
        ]
        new = insert(fee_payers).values(key=key, slot=reached)
        further = new.on_conflict_do_update(
            index_elements=["key"], set_={"slot": func.greatest(_p.slot, new.excluded.slot)}
        )
        async with self._database.begin() as connection:
            if rows:
                await connection.execute(insert(network_fees).values(rows).on_conflict_do_nothing())
            await connection.execute(further)

    async def see(self, key: str, lamports: int, at: datetime, *, low: bool) -> bool:
        since = at if low else None
        async with self._database.begin() as connection:
            query = select(_p.low_since).where(_p.key == key).with_for_update()
            found = (await connection.execute(query)).first()
            was_low = found is not None and found.low_since is not None
            seen: dict[str, Any] = {"lamports": lamports, "seen_at": at}
            if low != was_low:
                seen["low_since"] = since
            new = insert(fee_payers).values(key=key, slot=0, **seen)
            await connection.execute(new.on_conflict_do_update(index_elements=["key"], set_=seen))
        return low != was_low

    async def payers(self) -> list[Payer]:
        spent = select(_f.payer, *_SUMS).group_by(_f.payer).subquery()
        query = (
            select(_p.key, _p.lamports, _p.seen_at, _p.low_since, spent.c.lamports.label("spent"), spent.c.transactions)
            .select_from(fee_payers.outerjoin(spent, spent.c.payer == _p.key))
            .where(_p.seen_at.is_not(None))
            .order_by(_p.key)
        )
        return [
            Payer(
                key=row.key,
                lamports=int(row.lamports),
                seen_at=row.seen_at,
                low=row.low_since,
                lamports_spent=int(row.spent or 0),
                transactions=int(row.transactions or 0),
            )
            for row in await self._rows(query)
        ]

    async def spent(self, since: datetime | None = None) -> list[Spent]:
        query = select(_f.owner, *_SUMS).group_by(_f.owner).order_by(func.sum(_f.lamports).desc(), _f.owner)
        rows = await self._rows(query if since is None else query.where(_f.at >= since))
        return [_spent(row.owner, row) for row in rows]

    async def spent_for(self, owner: OwnerId) -> Spent:
        mine: ColumnElement[bool] = _f.owner == owner
        [row] = await self._rows(select(*_SUMS).where(mine))
        return _spent(owner, row)

    async def _rows(self, query: Select[Any]) -> Sequence[Any]:
        async def look(connection: AsyncConnection) -> Sequence[Any]:
            return list(await connection.execute(query))

        return await self._database.run(look)


def _spent(owner: int | None, row: Any) -> Spent:
    return Spent(
        owner=None if owner is None else OwnerId(owner),
        lamports=int(row.lamports),
        transactions=int(row.transactions),
        failed=int(row.failed),
    )
