"""Opens PostgreSQL and says when it is unavailable; decides time-outs and what is tried again, not what is asked."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

import asyncpg
from sqlalchemy import event, exc
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from core.domain.errors import Conflict, StorageUnavailable

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

DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What asyncpg raises when it is used without SQLAlchemy."""

_PEEKERS = 4
_LOCK = "saywhen_lock"
_HINT = "Check that the server of DATABASE_URL runs and can be reached; nothing was changed, so trying again is safe."
_TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,  # being shut down, or a statement that took too long
    asyncpg.TransactionRollbackError,  # deadlock
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.InternalClientError,  # a connection that died in the middle of something
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
    except DRIVER_ERRORS as problem:
        raise StorageUnavailable(f"Expected a connection to PostgreSQL, was: {_words(problem)}.", _HINT) from problem


class Database:
    """One PostgreSQL database and a pool of connections to it."""

    def __init__(self, dsn: str, *, pool_size: int, application_name: str, revive: Revive | None) -> None:
        self._dsn = dsn
        self._application_name = application_name
        self._revive = revive
        self._peeking = asyncio.Semaphore(_PEEKERS)
        self._peekers: list[asyncpg.Connection] = []
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self.connect,
            hide_parameters=True,  # an accident is logged, what people said is not
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=CONNECT_S,
        )
        event.listen(self.engine.sync_engine, "begin", _begin_at_once)
        event.listen(self.engine.sync_engine, "handle_error", _translate)

    @classmethod
    async def open(
        cls, dsn: str, *, pool_size: int = 10, application_name: str = "saywhen", revive: Revive | None = None
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
        while self._peekers:
            self._peekers.pop().terminate()
        await self.engine.dispose()

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
        connection = await self._begun(lock)
        try:
            yield connection
            await connection.commit()
        finally:
            await asyncio.shield(connection.close())  # rolls back what was not committed

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What *work* returns from a transaction of its own; tried twice, so it must do no harm when done twice."""
        try:
            async with self.begin() as connection:
                return await work(connection)
        except _Outdated:
            async with self.begin() as connection:
                return await work(connection)

    async def peek(self, statement: str, *arguments: Any) -> Any:
        """The first value of one reading *statement* of asyncpg's, by itself: a third of what a transaction costs."""
        async with self._peeking:
            connection = self._peekers.pop() if self._peekers else await self.connect()
            try:
                value = await connection.fetchval(statement, *arguments)
            except DRIVER_ERRORS as problem:
                connection.terminate()
                _log.debug("A reading connection was dead, asking another way: %s", problem)
            except BaseException:
                connection.terminate()
                raise
            else:
                self._peekers.append(connection)
                return value
        async with self.begin() as transaction:
            return await (await raw_connection(transaction)).fetchval(statement, *arguments)

    async def _begun(self, lock: tuple[int, int] | None) -> AsyncConnection:
        try:
            return await self._begin_once(lock)
        except _Lost as problem:  # one dead connection empties the pool, so that the next is new
            _log.debug("A pooled connection was dead, taking a new one: %s", problem)
            return await self._begin_once(lock)

    async def _begin_once(self, lock: tuple[int, int] | None) -> AsyncConnection:
        try:
            connection = await self.engine.connect()
        except exc.TimeoutError as problem:
            raise StorageUnavailable(
                f"Expected a free database connection within {CONNECT_S:g} s, were all in use.",
                "Try again; if it persists, give the pool more connections.",
            ) from problem
        try:
            await connection.execution_options(**{_LOCK: lock})
            await connection.begin()
        except BaseException:
            await connection.close()
            raise
        return connection


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


def _begin_at_once(connection: Connection) -> None:
    # SQLAlchemy's asyncpg dialect sends BEGIN with the first statement; without one, a statement on the raw connection
    # would commit by itself and survive a rollback. A lock has to come before all else anyway.
    lock = connection.get_execution_options().get(_LOCK)
    if lock is None:
        connection.exec_driver_sql("SELECT 1")
    else:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock($1, $2)", lock)


def _translate(context: ExceptionContext) -> Exception | None:
    cause = original(context.original_exception)
    if not isinstance(cause, Exception):
        return None  # cancelled: SQLAlchemy gives the connection up, which it calls a disconnect
    if isinstance(cause, asyncpg.InvalidCachedStatementError):
        return _Outdated("Expected the tables as they were, were changed by a migration just now.", "Try again.")
    if context.is_disconnect or isinstance(cause, (*_TRANSIENT, OSError, TimeoutError)):
        kind = _Lost if context.is_disconnect else StorageUnavailable
        return kind(f"Expected an answer of PostgreSQL, was: {_words(cause)}.", _HINT)
    if isinstance(cause, asyncpg.UniqueViolationError):
        return Conflict(f"Expected no such thing yet, was: {cause.detail or cause}")
    if isinstance(cause, asyncpg.IntegrityConstraintViolationError):
        return ValueError(f"Expected a row that the tables allow, was: {cause}")
    return None


def _words(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}".rstrip(": .\n")
