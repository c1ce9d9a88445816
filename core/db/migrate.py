"""Brings the tables to the newest version; decides when that is safe, not what a version changes."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy import pool
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from core.db.connection import DRIVER_ERRORS, connect, original
from core.db.event_log import begin_epoch
from core.domain.errors import NotConfigured, StorageUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

OLDEST_SERVER = 14
"""The first with date_bin(); tested with 18."""

MIGRATE_LOCK = 7_201_122
LOCK_TIMEOUT = "5s"
_TURN_S = 120.0
_LONGEST_S = 600.0


async def migrate(dsn: str) -> None:
    """Upgrade the database to head; several at once take turns, and all but the first find nothing to do.

    A version waits at most 5 s for a table that is in use. Raises StorageUnavailable, and NotConfigured for
    a server that is too old.
    """
    turn = await connect(dsn, application_name="saywhen-migrate")
    try:
        version = turn.get_server_version()
        if version.major < OLDEST_SERVER:
            raise NotConfigured(
                f"Expected PostgreSQL {OLDEST_SERVER} or later, was {version.major}.{version.minor}.",
                "Point DATABASE_URL at a newer server, or leave it out and let SayWhen bring its own.",
            )
        async with asyncio.timeout(_TURN_S):
            await turn.execute("SET statement_timeout = 0; SET lock_timeout = 0")
            await turn.execute("SELECT pg_advisory_lock($1)", MIGRATE_LOCK, timeout=_TURN_S)
        async with asyncio.timeout(_LONGEST_S):
            await _upgrade(dsn)
    except (DBAPIError, *DRIVER_ERRORS) as problem:
        cause = original(problem)
        raise StorageUnavailable(
            f"Expected to bring the tables to the newest version, was: {type(cause).__name__}: {cause}.",
            "Stop what else uses the database and try again.",
        ) from problem
    finally:
        turn.terminate()  # ends the session, and with it its lock


async def _upgrade(dsn: str) -> None:
    async def connected() -> asyncpg.Connection:
        connection = await connect(dsn, application_name="saywhen-migrate")
        await connection.execute(f"SET statement_timeout = '10min'; SET lock_timeout = '{LOCK_TIMEOUT}'")
        return connection

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connected, poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
        async with engine.begin() as connection:
            await begin_epoch(connection)
    finally:
        await engine.dispose()


def _run(connection: Connection) -> None:
    from alembic import command

    configured = alembic_config()
    configured.attributes["connection"] = connection
    command.upgrade(configured, "head")


def alembic_config() -> "Config":
    """What Alembic needs to find our versions; the caller adds `attributes["connection"]`."""
    from alembic.config import Config

    configured = Config()
    configured.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    configured.set_main_option("file_template", "%%(year)d-%%(month).2d-%%(day).2d-%%(hour).2d%%(minute).2d_%%(slug)s")
    return configured
