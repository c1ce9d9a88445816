"""Leases as rows with an epoch; decides who may watch a partition, by the database's clock alone.

Not advisory locks: a paused process keeps those for ever, while a row expires and its epoch makes a late firing void.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ARRAY, Text, Update, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.connection import Database
from core.db.tables import leases
from core.ports.storage import Fence

LIFE_S = 5.0
"""How long a lease lasts without `renew`; renew it three times as often."""

# Ahead of all else that asks: whoever is too busy to renew loses what it is busy with.
_RENEW = """
UPDATE leases SET expires = clock_timestamp() + $1 WHERE holder = $2 AND expires > clock_timestamp()
AND (partition, epoch) IN (SELECT * FROM unnest($3::text[], $4::bigint[])) RETURNING partition, epoch
"""


class PostgresLease:
    """The Lease in PostgreSQL. *holder* must name one life of one process: a restart is somebody else."""

    def __init__(self, database: Database, holder: str, *, life_s: float = LIFE_S) -> None:
        self._database = database
        self._holder = holder
        self._life = timedelta(seconds=life_s)
        self._expiry = func.clock_timestamp() + literal(timedelta(seconds=life_s))
        self._held: dict[str, Fence] = {}

    async def acquire(self, partitions: Collection[str]) -> list[Fence]:
        """A lease of ours that expired meanwhile comes back with a new epoch, as if somebody had held it between."""
        wanted = sorted(set(partitions))
        names = func.unnest(literal(wanted, ARRAY(Text)))
        now = func.clock_timestamp()
        enter = (
            insert(leases)
            .from_select(["partition", "holder", "epoch", "expires"], select(names, text("'', 0, '-infinity'")))
            .on_conflict_do_nothing()
        )
        keep = self._prolonged().where(leases.c.partition.in_(wanted))
        # A row that a firing still holds on to is skipped: its holder is taken off only once that firing is over.
        free = (
            select(leases.c.partition)
            .where(leases.c.partition.in_(wanted), leases.c.expires <= now)
            .with_for_update(skip_locked=True)
            .cte("free")
        )
        seize = (
            update(leases)
            .where(leases.c.partition == free.c.partition)
            .values(holder=self._holder, epoch=leases.c.epoch + 1, expires=self._expiry)
        )

        async def take(connection: AsyncConnection) -> list[Fence]:
            await connection.execute(enter)
            return [*await self._fences(connection, keep), *await self._fences(connection, seize)]

        taken = await self._database.run(take)
        self._held.update({fence.partition: fence for fence in taken})
        return taken

    async def renew(self) -> list[Fence]:
        asked = list(self._held.values())
        if not asked:
            return []
        partitions, epochs = [fence.partition for fence in asked], [fence.epoch for fence in asked]
        found = await self._database.fetch_ahead(_RENEW, self._life, self._holder, partitions, epochs)
        kept = [Fence(partition=row["partition"], holder=self._holder, epoch=row["epoch"]) for row in found]
        for fence in set(asked) - set(kept):
            if self._held.get(fence.partition) == fence:  # it was not acquired anew meanwhile
                del self._held[fence.partition]
        return kept

    async def release(self) -> None:
        self._held = {}

        async def let_go(connection: AsyncConnection) -> None:
            await connection.execute(
                update(leases)
                .where(leases.c.holder == self._holder, leases.c.expires > func.clock_timestamp())
                .values(expires=func.clock_timestamp())
            )

        await self._database.run(let_go)

    def _prolonged(self) -> Update:
        return (
            update(leases)
            .where(leases.c.holder == self._holder, leases.c.expires > func.clock_timestamp())
            .values(expires=self._expiry)
        )

    async def _fences(self, connection: AsyncConnection, statement: Update) -> list[Fence]:
        found = await connection.execute(statement.returning(leases.c.partition, leases.c.epoch))
        return [Fence(partition=row.partition, holder=self._holder, epoch=row.epoch) for row in found]
