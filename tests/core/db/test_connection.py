"""Connections to PostgreSQL: what a block promises, what is tried again, and what a lost server looks like."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.connection import Database, raw_connection
from core.domain.errors import StorageUnavailable
from tests.postgres import Server

_FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
_THE_END = b"E" + (len(_FIELDS) + 4).to_bytes(4, "big") + _FIELDS
"""ErrorResponse, as a server says that it ends a connection."""


class _BrokenOff(Exception):
    """What ends a block in these tests."""


async def _scalar(database: Database, statement: str) -> object:
    async with database.begin() as connection:
        return (await connection.execute(text(statement))).scalar()


async def _kill_others(database: Database) -> None:
    """End every connection to the database but the one that says so."""
    async with database.begin() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


async def test_a_statement_on_the_raw_connection_belongs_to_the_transaction(database: Database) -> None:
    with suppress(_BrokenOff):
        async with database.begin() as connection:
            await (await raw_connection(connection)).execute("INSERT INTO paper_values VALUES ('a', 'b')")
            raise _BrokenOff
    assert await _scalar(database, "SELECT count(*) FROM paper_values") == 0


async def test_a_block_that_is_cancelled_rolls_back_and_gives_its_connection_back(postgres_dsn: str) -> None:
    database = await Database.open(postgres_dsn, pool_size=1)
    inside = asyncio.Event()

    async def write() -> None:
        async with database.begin() as connection:
            await connection.execute(text("INSERT INTO paper_values VALUES ('a', 'b')"))
            inside.set()
            await connection.execute(text("SELECT pg_sleep(60)"))

    writing = asyncio.create_task(write())
    await inside.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await _scalar(database, "SELECT count(*) FROM paper_values") == 0
    await database.close()


async def test_a_pooled_connection_that_died_is_replaced_unseen(database: Database, postgres_dsn: str) -> None:
    await _scalar(database, "SELECT 1")
    killer = await Database.open(postgres_dsn, pool_size=1)
    await _kill_others(killer)
    assert await _scalar(database, "SELECT 2") == 2
    await killer.close()


@pytest.mark.parametrize("ask", [_scalar, Database.peek], ids=["in a block", "by itself"])
async def test_a_connection_that_has_heard_of_its_end_and_is_not_closed_yet_is_replaced(
    database: Database, ask: Callable[[Database, str], Awaitable[object]]
) -> None:
    async with database.transaction() as seat:
        idle = seat.raw
    idle._protocol.data_received(_THE_END)  # type: ignore[attr-defined]  # between this and the close is an instant
    assert await ask(database, "SELECT 4") == 4


async def test_a_connection_lost_within_a_block_is_storage_unavailable(database: Database, postgres_dsn: str) -> None:
    killer = await Database.open(postgres_dsn, pool_size=1)
    with pytest.raises(StorageUnavailable) as lost:
        await _cut_off(database, killer)
    assert "PostgreSQL" in str(lost.value)
    assert "safe" in lost.value.hint
    assert await _scalar(database, "SELECT 3") == 3
    await killer.close()


async def _cut_off(database: Database, killer: Database) -> None:
    async with database.begin() as connection:
        await _kill_others(killer)
        await connection.execute(text("SELECT 1"))


@pytest.mark.parametrize(
    ("setting", "statement"),
    [
        ("SET LOCAL statement_timeout = '10ms'", "SELECT pg_sleep(60)"),
        ("SET LOCAL lock_timeout = '10ms'", "SELECT pg_advisory_xact_lock(99)"),
    ],
)
async def test_a_statement_that_takes_too_long_is_storage_unavailable(
    database: Database, setting: str, statement: str
) -> None:
    async with database.begin() as holder:
        await holder.execute(text("SELECT pg_advisory_xact_lock(99)"))
        with pytest.raises(StorageUnavailable):
            await _both(database, setting, statement)


async def _both(database: Database, first: str, second: str) -> None:
    async with database.begin() as connection:
        await connection.execute(text(first))
        await connection.execute(text(second))


async def test_the_server_ends_what_is_slow_stuck_or_forgotten(database: Database) -> None:
    assert await _scalar(database, "SHOW statement_timeout") == "10s"
    assert await _scalar(database, "SHOW lock_timeout") == "5s"
    assert await _scalar(database, "SHOW idle_in_transaction_session_timeout") == "5s"
    assert await _scalar(database, "SHOW application_name") == "saywhen"


async def test_a_statement_planned_before_a_migration_is_tried_once_more(postgres_server: Server) -> None:
    dsn = await postgres_server.create()
    database = await Database.open(dsn, pool_size=1)
    async with database.begin() as connection:
        await connection.execute(text("CREATE TABLE moved (n int)"))
        await connection.execute(text("INSERT INTO moved VALUES (1)"))
    tries = 0

    async def look(connection: AsyncConnection) -> list[object]:
        nonlocal tries
        tries += 1
        return list((await connection.execute(text("SELECT * FROM moved"))).scalars())

    assert await database.run(look) == [1]
    migrator = await Database.open(dsn, pool_size=1)
    async with migrator.begin() as connection:
        await connection.execute(text("ALTER TABLE moved ALTER COLUMN n TYPE text"))
    assert await database.run(look) == ["1"]
    assert tries == 3
    await migrator.close()
    await database.close()


async def test_an_exhausted_pool_says_so(postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.db.connection.CONNECT_S", 0.05)
    database = await Database.open(postgres_dsn, pool_size=1)
    async with database.begin():
        with pytest.raises(StorageUnavailable, match="were all in use"):
            await _scalar(database, "SELECT 1")
    await database.close()


async def test_a_database_that_is_not_there_is_storage_unavailable(postgres_server: Server) -> None:
    with pytest.raises(StorageUnavailable, match="does not exist"):
        await Database.open(postgres_server.dsn("nowhere"))


async def test_a_refused_connection_asks_for_the_server_to_be_revived(postgres_dsn: str, tmp_path: object) -> None:
    nowhere = f"postgresql://postgres@/saywhen?host={tmp_path}"
    with pytest.raises(StorageUnavailable):
        await Database.open(nowhere)
    asked = 0

    async def revive() -> str:
        nonlocal asked
        asked += 1
        return postgres_dsn

    database = await Database.open(nowhere, revive=revive)
    assert await _scalar(database, "SELECT 1") == 1
    assert asked == 1
    await database.close()
