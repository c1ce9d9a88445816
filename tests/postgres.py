"""A real PostgreSQL for tests: one server a session, one migrated template, one fresh database for each test.

Copying the template takes 25 ms, so that no test cleans up after another; the server's files go with the session.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from core.db.connection import Database
from core.db.embedded import EmbeddedPostgres
from core.db.migrate import migrate

_TEMPLATE = "template_migrated"
_numbers = count(1)


class Server:
    """The session's server; makes databases."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self._postgres = postgres

    def dsn(self, name: str) -> str:
        return self._postgres.dsn(name)

    async def create(self, *, template: str | None = _TEMPLATE) -> str:
        """The DSN of a new database: migrated, or empty where *template* is None."""
        name = f"test_{next(_numbers)}"
        await self.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self.dsn(name)

    async def execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server of this session's own, with the template that `postgres_dsn` copies."""
    # A short path: a Unix socket's is limited to about 100 characters. Its own event loop: fixtures of a session and
    # tests do not share one.
    with (
        tempfile.TemporaryDirectory(prefix="saywhen-", ignore_cleanup_errors=True) as home,
        asyncio.Runner() as runner,
    ):
        postgres = runner.run(EmbeddedPostgres.start(Path(home), durable=False))
        try:
            server = Server(postgres)
            runner.run(server.execute(f'CREATE DATABASE "{_TEMPLATE}"'))
            runner.run(migrate(server.dsn(_TEMPLATE)))
            yield server
        finally:
            runner.run(postgres.stop())


@pytest.fixture
async def postgres_dsn(postgres_server: Server) -> str:
    """The DSN of a migrated database that nobody else uses."""
    return await postgres_server.create()


@pytest.fixture
async def database(postgres_dsn: str) -> AsyncIterator[Database]:
    """A Database of its own for each test."""
    opened = await Database.open(postgres_dsn, pool_size=10)
    yield opened
    await opened.close()
