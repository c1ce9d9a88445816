"""Decides when the embedded PostgreSQL is made, started, joined and stopped; what lies in it is others' business.

The server outlives any one process: the first user starts it, later ones join it, the last one out stops it. A user
that is killed loses its lock by the kernel's hand, and the next one finds the server running and joins. Life cycle
as measured in the project's notes on PostgreSQL: gate, shared lock, initdb beside and rename, ready only when the
server that answers says that it serves our directory.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote

from core.db.embedded_cluster import ADMIN, PORT, Cluster, Postmaster, find_cluster
from core.db.embedded_locks import Membership, gate
from core.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    import asyncpg

ROLE = "saywhen"
"""The role of the application: owns its databases and may create more, but is no superuser and reaches no files."""
DATABASE = "saywhen"

_READY_SECONDS = 300.0
_CONNECT_SECONDS = 5.0
_POLL_SECONDS = 0.03

_Result = TypeVar("_Result")


class _Answer(Enum):
    """What a live server says to a connection."""

    READY = auto()
    WAIT = auto()
    DEAF = auto()  # its socket was removed: nobody will ever reach it again


class EmbeddedPostgres:
    """This process's use of the home's PostgreSQL server, from `start` to `stop`.

    `async with await EmbeddedPostgres.start(home) as postgres: … postgres.dsn() …`. POSIX only. It listens on a Unix
    socket alone, which lets in the user who made the cluster and root.
    """

    def __init__(self, cluster: Cluster) -> None:
        """Use `start`."""
        self._cluster = cluster
        self._membership: Membership | None = None
        self._sockets = cluster.home
        self._reviving = asyncio.Lock()

    @classmethod
    async def start(cls, home: Path, *, durable: bool = True) -> Self:
        """Make, start or join the server below `home` (made with mode 0700 if absent), with its database `saywhen`.

        `durable=False` gives up fsync for speed, where the data may be lost: tests. It does not change a server that
        already runs. Takes 0.1–2 s, joining 0.03 s; up to 300 s after a crash, while PostgreSQL recovers. Raises
        StorageUnavailable.
        """
        with _refusals_told(home):
            postgres = cls(await asyncio.to_thread(find_cluster, home, durable=durable))
            async with gate(postgres._cluster.home) as held:
                postgres._membership = Membership(postgres._cluster.home)
                try:
                    await postgres._bring_up(held)
                except BaseException:
                    with suppress(StorageUnavailable):
                        await postgres._leave()
                    raise
        return postgres

    def dsn(self, database: str = DATABASE) -> str:
        """The URL for asyncpg (and, with its driver's name, SQLAlchemy); ask again after `revive`."""
        sockets = quote(str(self._sockets), safe="")
        return f"postgresql://{ROLE}@/{quote(database, safe='')}?host={sockets}&port={PORT}"

    async def revive(self) -> None:
        """Start the server again where it is gone, and return when it answers; to be called on refused connections.

        Safe to call from many tasks and processes at once, and quick where the server is well. Raises
        StorageUnavailable where it does not come back, or after `stop`.
        """
        async with self._reviving:
            if self._membership is None:
                raise StorageUnavailable("Expected a started server, was stopped.", "Call start again.")
            with _refusals_told(self._cluster.home):
                async with gate(self._cluster.home) as held:
                    await self._bring_up(held)

    async def stop(self) -> None:
        """Leave the server; the last one out stops it, which breaks off what is still connected. May be repeated.

        Raises StorageUnavailable where it does not stop within 60 s.
        """
        with _refusals_told(self._cluster.home):
            async with self._reviving, gate(self._cluster.home):
                await self._leave()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _bring_up(self, held: int) -> None:
        """Whatever the state, lead it to a server that answers."""
        cluster, deadline = self._cluster, time.monotonic() + _READY_SECONDS
        while True:
            running = await asyncio.to_thread(cluster.postmaster)
            if running is None:
                if not await asyncio.to_thread(cluster.exists):
                    await _see_through(lambda: cluster.create(held))
                if await _see_through(cluster.start):
                    continue
            else:
                match await self._ask(running):
                    case _Answer.READY:
                        return
                    case _Answer.DEAF:
                        await _see_through(cluster.stop)
                        continue
                    case _Answer.WAIT:
                        pass
            if time.monotonic() > deadline:
                raise StorageUnavailable(
                    f"Expected PostgreSQL on {cluster.data} to answer within {_READY_SECONDS:.0f} s, was silent.",
                    f"See {cluster.log}.",
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _ask(self, running: Postmaster) -> _Answer:
        import asyncpg

        if running.sockets is None:
            return _Answer.WAIT
        # On its way up or down; and asyncpg's several ways to tell of a connection that broke.
        gone = (
            OSError,
            asyncpg.OperatorInterventionError,
            asyncpg.PostgresConnectionError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        )
        try:
            connection = await asyncpg.connect(
                host=str(running.sockets),
                port=PORT,
                user=ADMIN,
                database="postgres",
                timeout=_CONNECT_SECONDS,
                command_timeout=_READY_SECONDS,
            )
        except (FileNotFoundError, ConnectionRefusedError):
            return _Answer.DEAF if running.ready else _Answer.WAIT
        except PermissionError:
            raise
        except (*gone, asyncpg.TooManyConnectionsError):
            return _Answer.WAIT
        except asyncpg.PostgresError as error:
            raise StorageUnavailable(
                f"Expected PostgreSQL on {self._cluster.data} to let us in, was refused: {error}",
                f"Run SayWhen as the user who made {self._cluster.data}.",
            ) from error
        try:
            await self._check(connection)
        except gone:
            return _Answer.WAIT
        finally:
            connection.terminate()
        self._sockets = running.sockets
        return _Answer.READY

    async def _check(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Prove that the server that answers is ours, and see the application's role and database there."""
        served = Path(str(await connection.fetchval("show data_directory")))
        if not await asyncio.to_thread(served.samefile, self._cluster.data):
            raise StorageUnavailable(
                f"Expected a server of {self._cluster.data}, was one of {served}.",
                "Stop that server, or choose another home.",
            )
        if not await connection.fetchval("select exists (select from pg_roles where rolname = $1)", ROLE):
            # Its mistakes reach it as errors; the server's log they would only fill, and with people's words.
            await connection.execute(
                f"create role {ROLE} login createdb in role pg_monitor; alter role {ROLE} set log_min_messages = fatal;"
            )
        if not await connection.fetchval("select exists (select from pg_database where datname = $1)", DATABASE):
            await connection.execute(f"create database {DATABASE} owner {ROLE} template template0")

    async def _leave(self) -> None:
        """Behind the gate: give up the shared lock, and stop the server where nobody else holds one."""
        membership, self._membership = self._membership, None
        if membership is None:
            return
        try:
            if membership.is_last():
                await _see_through(self._cluster.stop)
        finally:
            membership.end()


@contextmanager
def _refusals_told(home: Path) -> Iterator[None]:
    """Turn what the operating system refuses into words."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(
            f"Expected to keep the database in {home}, was refused: {error}",
            "Check the directory's owner and free space, or choose another home.",
        ) from error


async def _see_through(step: Callable[[], _Result]) -> _Result:
    """Run a blocking step that must not be left half done; a cancellation waits until it is over."""
    running = asyncio.ensure_future(asyncio.to_thread(step))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({running})
        raise
