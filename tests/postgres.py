"""A real PostgreSQL for tests: one server a session, and databases that are migrated once and emptied between tests.

Copying a template takes 20 to 400 ms, as busy as the disk is; emptying takes 5 ms. A test that must leave tables of
its own behind, or none, takes `Server.create`.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest

import core.db.access_tables
import core.db.chat_tables
import core.db.paper_tables
import core.db.venue_tables  # noqa: F401 - their tables belong to the metadata
from core.db.connection import Database
from core.db.embedded import EmbeddedPostgres
from core.db.migrate import migrate
from core.db.tables import metadata

_QUEUE = ("pgqueuer", "pgqueuer_log")


class Server:
    """The session's server; makes databases, and lends those that are migrated."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self._postgres = postgres
        self._numbers = count(1)
        self._free: list[str] = []
        self._migrating = asyncio.Lock()

    def dsn(self, name: str) -> str:
        return self._postgres.dsn(name)

    async def create(self) -> str:
        """The DSN of a new database without tables."""
        name = f"test_{next(self._numbers)}"
        connection = await asyncpg.connect(self.dsn("postgres"))
        try:
            await connection.execute(f'CREATE DATABASE "{name}" STRATEGY file_copy')
        finally:
            await connection.close()
        return self.dsn(name)

    async def borrow(self) -> str:
        """The DSN of a migrated, empty database that nobody else uses until it is given back."""
        if self._free:
            return self._free.pop()
        async with self._migrating:  # Alembic knows one migration a process
            dsn = await self.create()
            await migrate(dsn)
        return dsn

    async def give_back(self, dsn: str) -> None:
        """Empty a borrowed database; whoever is still connected to it is cut off."""
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(_EMPTY)
        finally:
            await connection.close()
        self._free.append(dsn)


_CUT_OFF = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
"""
_EMPTY = "; ".join(
    [
        _CUT_OFF,
        *(f'DELETE FROM "{table}"' for table in (*_QUEUE, *(t.name for t in reversed(metadata.sorted_tables)))),
        "INSERT INTO event_epochs (epoch, cluster, shift) SELECT 1, system_identifier, 0 FROM pg_control_system()",
        "SELECT setval(seqrelid, 1, false) FROM pg_sequence",
    ]
)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server of this session's own."""
    # A short path: a Unix socket's is limited to about 100 characters. Its own event loop: fixtures of a session and
    # tests do not share one.
    with (
        tempfile.TemporaryDirectory(prefix="saywhen-", ignore_cleanup_errors=True) as home,
        asyncio.Runner() as runner,
    ):
        postgres = runner.run(EmbeddedPostgres.start(Path(home), durable=False))
        try:
            yield Server(postgres)
        finally:
            runner.run(postgres.stop())


@pytest.fixture
async def postgres_dsn(postgres_server: Server) -> AsyncIterator[str]:
    """The DSN of a migrated, empty database that nobody else uses."""
    dsn = await postgres_server.borrow()
    yield dsn
    await postgres_server.give_back(dsn)


@pytest.fixture
async def database(postgres_dsn: str) -> AsyncIterator[Database]:
    """A Database of its own for each test."""
    opened = await Database.open(postgres_dsn, pool_size=10)
    yield opened
    await opened.close()


async def until(found: Callable[[], Awaitable[object]]) -> None:
    """Look again and again until something is *found*; like `until_none`."""
    while not await found():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def until_none(found: Callable[[], Awaitable[object]]) -> None:
    """Look again and again until nothing is *found*: the database rings no bell for what a test waits for here."""
    while await found():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
