"""Opens PostgreSQL and says when it is unavailable; decides time-outs and what is tried again, not what is asked."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar, cast

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from core.db.pool import Pool, Seat
from core.db.statement import Row, Statement
from core.domain.errors import Conflict, NotConfigured, StorageUnavailable

T = TypeVar("T")
Revive = Callable[[], Awaitable[str]]
"""Starts the server again and returns the DSN to reach it by."""

_log = logging.getLogger(__name__)

CONNECT_S = 5.0
STATEMENT_S = 10
LOCK_S = 5
IDLE_IN_TRANSACTION_S = 5
"""An open transaction that holds a number stalls every reader of events, so a forgotten one is ended by the server."""
_ANSWER_S = STATEMENT_S + 5.0
"""When to give up on a server that does not even say that a statement took too long: it is gone, not slow."""

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What asyncpg raises when it is used without SQLAlchemy; the third is kin to neither of the first two."""

_HINT = "Check that the server of DATABASE_URL runs and can be reached; nothing was changed, so trying again is safe."
_ADDRESS = "Write it as postgresql://user:password@host:5432/database."
_TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,  # being shut down, or a statement that took too long
    asyncpg.TransactionRollbackError,  # deadlock
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidCachedStatementError,
)
_DEAD = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InternalClientError,  # the news of the end came while nobody asked anything
)


class _Outdated(StorageUnavailable):
    """The statement was planned before a migration; the next try plans it anew."""


class _Lost(StorageUnavailable):
    """The connection is gone."""


async def connect(dsn: str, *, application_name: str, **options: Any) -> asyncpg.Connection:
    """A connection of our own, with our time-outs. Raises StorageUnavailable."""
    settings = {
        "application_name": application_name,
        "statement_timeout": f"{STATEMENT_S}s",
        "lock_timeout": f"{LOCK_S}s",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_S}s",
        "timezone": "UTC",
    }
    try:
        return await asyncpg.connect(
            dsn, timeout=CONNECT_S, command_timeout=_ANSWER_S, server_settings=settings, **options
        )
    except ValueError:  # what is wrong with it may quote the password
        raise NotConfigured("DATABASE_URL is not the address of a PostgreSQL database.", _ADDRESS) from None
    except DRIVER_ERRORS as problem:
        raise StorageUnavailable(f"Expected a connection to PostgreSQL, was: {_words(problem)}.", _HINT) from problem


class Database:
    """One PostgreSQL database and a pool of connections to it."""

    def __init__(self, dsn: str, *, pool_size: int, application_name: str, revive: Revive | None) -> None:
        self._dsn = dsn
        self._application_name = application_name
        self._revive = revive
        # SQLAlchemy neither pools nor begins: both cost it more than the statements do. A transaction is begun and
        # ended on asyncpg's own connection, and what SQLAlchemy executes on it meanwhile is part of it.
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self.connect,
            hide_parameters=True,  # an accident is logged, what people said is not
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
        )
        event.listen(self._engine.sync_engine, "handle_error", _translate)
        self._pool = Pool(self._seat, pool_size)
        self._reserved = Pool(self._seat, 1)

    @classmethod
    async def open(
        cls, dsn: str, *, pool_size: int = 12, application_name: str = "saywhen", revive: Revive | None = None
    ) -> Self:
        """Connect to *dsn* (`postgresql://…`, as libpq reads it). Raises StorageUnavailable.

        *revive* is asked to start a server that refuses connections, where it is ours to start.
        """
        database = cls(dsn, pool_size=pool_size, application_name=application_name, revive=revive)
        try:
            async with database.begin():
                pass
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self._pool.clear()
        await self._reserved.clear()
        await self._engine.dispose()

    async def connect(self) -> asyncpg.Connection:
        """A connection outside the pool, for LISTEN; the caller closes it. Raises StorageUnavailable."""
        try:
            return await connect(self._dsn, application_name=self._application_name)
        except StorageUnavailable as problem:
            if self._revive is None or not isinstance(problem.__cause__, ConnectionError | FileNotFoundError):
                raise
        self._dsn = await self._revive()
        return await connect(self._dsn, application_name=self._application_name)

    @asynccontextmanager
    async def begin(self, lock: tuple[int, int] | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits at the end of the block, rolls back on any exception.

        Its first statement takes the advisory *lock*, where one is named, until the transaction is over.
        A pooled connection that died while it lay idle is replaced before the block begins, without a ping each time.
        Raises StorageUnavailable, also for statements that time out or lose a deadlock; when it is the commit that
        gets no answer, only a new transaction can tell whether it happened.
        """
        async with self.transaction(lock) as seat:
            yield seat.sql

    @asynccontextmanager
    async def transaction(self, lock: tuple[int, int] | None = None) -> AsyncIterator[Seat]:
        """As `begin`, with asyncpg's connection beside SQLAlchemy's, for `ask`."""
        seat = await self._begun(lock)
        try:
            yield seat
            if seat.sql.in_transaction():
                await seat.sql.commit()  # of SQLAlchemy's own idea of one: nothing is sent
            if await _told(seat, "COMMIT") != "COMMIT":
                raise StorageUnavailable("Expected a commit, was a rollback: a statement before it had failed.", _HINT)
        except Exception as problem:
            await asyncio.shield(self._rolled_back(seat, problem))
            raise
        except BaseException:  # cancelled in the middle of a statement: the server rolls back
            await self._pool.drop(seat)
            raise
        self._pool.give(seat)

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What *work* returns from a transaction of its own; tried twice, so it must do no harm when done twice."""
        try:
            async with self.begin() as connection:
                return await work(connection)
        except _Outdated:
            async with self.begin() as connection:
                return await work(connection)

    async def ask(self, statement: Statement, /, **values: Any) -> Sequence[Row]:
        """The rows of one *statement* by itself, which commits. Raises StorageUnavailable.

        Tried again where its connection was dead, so it must do no harm when done twice. A tenth of what `run` costs.
        """
        return cast(Sequence[Row], await self.fetch(statement.text, *statement.arguments(values)))

    async def ask_once(self, statement: Statement, /, **values: Any) -> Sequence[Row]:
        """As `ask`, and never tried again: for what would answer differently the second time."""
        return cast(Sequence[Row], await self._fetch(self._pool, statement.text, statement.arguments(values)))

    async def fetch(self, statement: str, *arguments: Any) -> Sequence[asyncpg.Record]:
        """As `ask`, for a statement in asyncpg's words: `$1` for the first of *arguments*."""
        return await self._fetch_twice(self._pool, statement, arguments)

    async def fetch_ahead(self, statement: str, *arguments: Any) -> Sequence[asyncpg.Record]:
        """As `fetch`, on a connection kept for it: for what no crowd may keep waiting."""
        return await self._fetch_twice(self._reserved, statement, arguments)

    async def peek(self, statement: str, *arguments: Any) -> Any:
        """The first value of the first row of `fetch`; None where there is none."""
        found = await self.fetch(statement, *arguments)
        return found[0][0] if found else None

    async def _fetch_twice(self, pool: Pool, statement: str, arguments: Sequence[Any]) -> Sequence[asyncpg.Record]:
        try:
            return await self._fetch(pool, statement, arguments)
        except (_Lost, _Outdated):
            await pool.clear()
            return await self._fetch(pool, statement, arguments)

    async def _fetch(self, pool: Pool, statement: str, arguments: Sequence[Any]) -> Sequence[asyncpg.Record]:
        seat = await pool.take(CONNECT_S)
        try:
            found: Sequence[asyncpg.Record] = await seat.raw.fetch(statement, *arguments)
        except Exception as problem:
            meant = _meaning(problem, lost=seat.raw.is_closed()) or problem
            await self._back(pool, seat, meant)
            raise meant from problem
        except BaseException:
            await pool.drop(seat)
            raise
        pool.give(seat)
        return found

    async def _rolled_back(self, seat: Seat, why: Exception) -> None:
        try:
            if seat.raw.is_in_transaction():
                await seat.raw.execute("ROLLBACK", timeout=CONNECT_S)
            if seat.sql.in_transaction():
                await seat.sql.rollback()
        except Exception as problem:  # noqa: BLE001 - whatever it is, the connection is not to be used again
            why = _Lost(f"A connection could not roll back: {problem}")
        await self._back(self._pool, seat, why)

    @staticmethod
    async def _back(pool: Pool, seat: Seat, why: Exception) -> None:
        """Give *seat* back after something went wrong on it, if it still lives."""
        if isinstance(why, _Lost) or seat.raw.is_closed() or seat.sql.invalidated:
            await pool.drop(seat)
        else:
            pool.give(seat)

    async def _begun(self, lock: tuple[int, int] | None) -> Seat:
        try:
            return await self._begin_once(lock)
        except _Lost as problem:  # one dead connection empties the pool, so that the next is new
            _log.debug("A pooled connection was dead, taking a new one: %s", problem)
            await self._pool.clear()
            return await self._begin_once(lock)

    async def _begin_once(self, lock: tuple[int, int] | None) -> Seat:
        seat = await self._pool.take(CONNECT_S)
        try:
            # One message to the server. The lock has to come before all else, and before anything gives a number.
            await _told(seat, "BEGIN" if lock is None else f"BEGIN; SELECT pg_advisory_xact_lock({lock[0]}, {lock[1]})")
        except Exception as problem:
            await asyncio.shield(self._rolled_back(seat, problem))
            raise
        except BaseException:
            await self._pool.drop(seat)
            raise
        return seat

    async def _seat(self) -> Seat:
        connection = await self._engine.connect()
        raw: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
        return Seat(sql=connection, raw=raw)


async def ask(seat: Seat, statement: Statement, /, **values: Any) -> Sequence[Row]:
    """The rows of one *statement* within the transaction of *seat*. Raises StorageUnavailable."""
    try:
        return cast(Sequence[Row], await seat.raw.fetch(statement.text, *statement.arguments(values)))
    except DRIVER_ERRORS as problem:
        raise _meaning(problem, lost=seat.raw.is_closed()) or problem from problem


async def raw_connection(connection: AsyncConnection) -> asyncpg.Connection:
    """The asyncpg connection inside *connection*, which is in a transaction: what is done on it is part of it."""
    raw: asyncpg.Connection = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]
    if not raw.is_in_transaction():
        raise AssertionError("Expected a connection in a transaction, was one that commits each statement by itself")
    return raw


def original(problem: BaseException) -> BaseException:
    """asyncpg's own exception behind what SQLAlchemy made of it, if there is one."""
    problem = getattr(problem, "orig", None) or problem
    return problem.__cause__ if isinstance(problem.__cause__, asyncpg.PostgresError | OSError) else problem


async def _told(seat: Seat, command: str) -> str:
    """What the server calls the last thing that *command* did."""
    try:
        return await seat.raw.execute(command)
    except DRIVER_ERRORS as problem:
        raise _meaning(problem, lost=seat.raw.is_closed()) or problem from problem


def _translate(context: ExceptionContext) -> Exception | None:
    return _meaning(original(context.original_exception), lost=context.is_disconnect)


def _meaning(cause: BaseException, *, lost: bool) -> Exception | None:
    """What asyncpg's *cause* means to us; None = what it says."""
    if not isinstance(cause, Exception):
        return None  # cancelled: SQLAlchemy gives the connection up, which it calls a disconnect
    if isinstance(cause, asyncpg.InvalidCachedStatementError):
        return _Outdated("Expected the tables as they were, were changed by a migration just now.", "Try again.")
    lost = lost or isinstance(cause, _DEAD)
    if lost or isinstance(cause, (*_TRANSIENT, OSError, TimeoutError)):
        kind = _Lost if lost else StorageUnavailable
        return kind(f"Expected an answer of PostgreSQL, was: {_words(cause)}.", _HINT)
    if isinstance(cause, asyncpg.UniqueViolationError):
        return Conflict(f"Expected no such thing yet, was: {cause.detail or cause}")
    if isinstance(cause, asyncpg.IntegrityConstraintViolationError):
        return ValueError(f"Expected a row that the tables allow, was: {cause}")
    return None


def _words(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}".rstrip(": .\n")
