"""Leases in PostgreSQL: taken over by the database's clock, and firings fenced while it happens."""

import asyncio

from sqlalchemy import text

from core.db.connection import Database
from core.db.lease import PostgresLease
from core.db.store import PostgresStore
from core.domain.ids import OwnerId
from core.ports import Fence
from tests.postgres import until, until_none

OWNER = OwnerId(1)


async def _expire(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(text("UPDATE leases SET expires = clock_timestamp() - interval '1 ms'"))


async def _holds(database: Database, fence: Fence) -> bool:
    async with PostgresStore(database).begin(OWNER) as tx:
        return await tx.fenced(fence)


async def test_a_lease_lasts_five_seconds_of_the_databases_clock(database: Database) -> None:
    await PostgresLease(database, "first").acquire(["a"])
    async with database.begin() as connection:
        left = await connection.execute(text("SELECT extract(epoch FROM expires - clock_timestamp()) FROM leases"))
        assert 4 < left.scalar_one() <= 5


async def test_an_expired_lease_goes_to_whoever_asks_and_its_old_fence_is_void(database: Database) -> None:
    paused, eager = PostgresLease(database, "paused"), PostgresLease(database, "eager")
    (stale,) = await paused.acquire(["a"])
    assert await eager.acquire(["a"]) == []
    await _expire(database)
    assert not await _holds(database, stale)
    (fresh,) = await eager.acquire(["a"])
    assert fresh.epoch == stale.epoch + 1
    assert not await _holds(database, stale)
    assert await _holds(database, fresh)
    assert await paused.renew() == []
    assert await paused.acquire(["a"]) == []


async def test_an_expired_lease_is_not_renewed_but_taken_anew(database: Database) -> None:
    lease = PostgresLease(database, "first")
    (before,) = await lease.acquire(["a"])
    await _expire(database)
    assert await lease.renew() == []
    (after,) = await lease.acquire(["a"])
    assert after.epoch == before.epoch + 1


async def test_renewing_puts_off_the_end(database: Database) -> None:
    lease = PostgresLease(database, "first")
    taken = await lease.acquire(["a", "b"])
    async with database.begin() as connection:
        await connection.execute(text("UPDATE leases SET expires = clock_timestamp() + interval '1 s'"))
    assert sorted(await lease.renew(), key=lambda fence: fence.partition) == taken
    async with database.begin() as connection:
        soon = await connection.execute(
            text("SELECT count(*) FROM leases WHERE expires < clock_timestamp() + interval '4 s'")
        )
        assert soon.scalar_one() == 0


async def test_what_is_acquired_while_the_rest_is_renewed_stays_held(database: Database) -> None:
    lease = PostgresLease(database, "first")
    await lease.acquire(["a"])
    async with database.begin() as connection:  # so that renewing waits
        await connection.execute(text("SELECT 1 FROM leases WHERE partition = 'a' FOR UPDATE"))
        renewing = asyncio.create_task(lease.renew())
        await until(lambda: _waits_for_a_row(database))
        await lease.acquire(["b"])
    assert [fence.partition for fence in await renewing] == ["a"]
    assert sorted(fence.partition for fence in await lease.renew()) == ["a", "b"]


async def _waits_for_a_row(database: Database) -> bool:
    async with database.begin() as connection:
        found = await connection.execute(text("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
        return found.first() is not None


async def test_one_of_many_who_ask_at_once_gets_an_expired_lease(database: Database) -> None:
    leases = [PostgresLease(database, f"holder {number}") for number in range(8)]
    taken = await asyncio.gather(*(lease.acquire(["a", "b"]) for lease in leases))
    assert sorted(fence.partition for fences in taken for fence in fences) == ["a", "b"]
    await _expire(database)
    taken = await asyncio.gather(*(lease.acquire(["a", "b"]) for lease in leases))
    assert sorted((fence.partition, fence.epoch) for fences in taken for fence in fences) == [("a", 2), ("b", 2)]


async def test_a_lease_is_not_taken_from_a_firing_that_is_under_way(database: Database) -> None:
    first, second = PostgresLease(database, "first", life_s=0.1), PostgresLease(database, "second")
    (fence,) = await first.acquire(["a"])
    async with PostgresStore(database).begin(OWNER) as tx:
        assert await tx.fenced(fence)
        await until_none(lambda: _unexpired(database))
        async with asyncio.timeout(2):
            assert await second.acquire(["a"]) == []
    assert [fence.holder for fence in await second.acquire(["a"])] == ["second"]


async def _unexpired(database: Database) -> bool:
    async with database.begin() as connection:
        found = await connection.execute(text("SELECT 1 FROM leases WHERE expires > clock_timestamp()"))
        return found.first() is not None


async def test_a_lease_is_renewed_while_every_other_connection_is_in_use_and_once_its_own_was_ended(
    database: Database, postgres_dsn: str
) -> None:
    busy = await Database.open(postgres_dsn, pool_size=1)
    try:
        lease = PostgresLease(busy, "first")
        taken = await lease.acquire(["a"])
        async with busy.begin(), asyncio.timeout(2):
            assert await lease.renew() == taken
        async with database.begin() as connection:
            ended = await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            assert len(ended.all()) == 2
        assert await lease.renew() == taken
    finally:
        await busy.close()
