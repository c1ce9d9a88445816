"""Migrations: from nothing to head, the same tables as the code's, and safe to start twice."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pgqueuer import Queries
from sqlalchemy.engine import Connection

import core.db.access_tables
import core.db.chat_tables
import core.db.paper_tables
import core.db.venue_tables  # noqa: F401 - their tables belong to the metadata
from core.db.connection import Database
from core.db.migrate import alembic_config, migrate
from core.db.tables import metadata
from core.domain.errors import NotConfigured, StorageUnavailable
from tests.postgres import Server

# Everything that a table consists of, as the server itself spells it.
_SHAPE = """
SELECT c.relname, 'column', a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'NOT NULL' END, nullif(a.attidentity, ''), pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
UNION ALL
SELECT conrelid::regclass::text, 'constraint', conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
UNION ALL
SELECT tablename, 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


async def _shape(dsn: str) -> set[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return {
            tuple(row)
            for row in await connection.fetch(_SHAPE)
            if not row[0].startswith(("pgqueuer", "alembic_version"))
        }
    finally:
        await connection.close()


async def test_head_has_the_tables_that_the_code_knows(postgres_server: Server) -> None:
    migrated, created = await postgres_server.create(), await postgres_server.create()
    await migrate(migrated)
    database = await Database.open(created, pool_size=1)
    async with database.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await database.close()
    shape = await _shape(migrated)
    assert {name for name, kind, *_ in shape if kind == "column"} == set(metadata.tables)
    assert shape == await _shape(created)


async def test_alembic_finds_nothing_to_generate(database: Database) -> None:
    def compare(connection: Connection) -> list[Any]:
        options = {"include_name": lambda name, kind, _: kind != "table" or not name.startswith("pgqueuer")}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with database.begin() as connection:
        assert await connection.run_sync(compare) == []


async def test_the_queues_library_finds_nothing_to_upgrade(postgres_dsn: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)
    try:
        plan = await Queries.from_asyncpg_connection(connection).plan_upgrade()
    finally:
        await connection.close()
    assert list(plan.statements) == []


async def test_two_at_once_both_find_the_tables_ready(postgres_server: Server) -> None:
    dsn = await postgres_server.create()
    await asyncio.gather(migrate(dsn), migrate(dsn))
    shape = await _shape(dsn)
    await migrate(dsn)
    assert await _shape(dsn) == shape


async def test_a_table_in_use_stops_a_version_instead_of_the_product(
    postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.db.migrate.LOCK_TIMEOUT", "20ms")
    dsn = await postgres_server.create()
    await migrate(dsn)
    holder = await asyncpg.connect(dsn)
    async with holder.transaction():
        await holder.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StorageUnavailable, match="LockNotAvailable"):
            await migrate(dsn)
    await holder.close()
    await migrate(dsn)


async def test_a_server_too_old_is_named(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.db.migrate.OLDEST_SERVER", 99)
    with pytest.raises(NotConfigured, match="Expected PostgreSQL 99 or later, was 1"):
        await migrate(postgres_server.dsn("postgres"))


def test_versions_are_one_line_named_by_their_time() -> None:
    versions = list(ScriptDirectory.from_config(alembic_config()).walk_revisions())
    assert [version.is_branch_point for version in versions] == [False] * len(versions)
    names = [Path(version.path).name for version in reversed(versions)]
    assert names == sorted(names)
    assert all(name[:10].count("-") == 2 and name[15] == "_" for name in names)
