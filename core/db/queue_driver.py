"""What PgQueuer runs on: a pool for its statements and one connection that listens; decides when it has gone deaf.

PgQueuer's own pool driver listens on a connection of the pool, and when that one dies the worker goes on without ever
hearing of a new job. Here the connection is our own, and `deaf` tells whoever runs the worker.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

import asyncpg

from core.db.connection import CONNECT_S, Database
from core.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    from pgqueuer.ports.driver import TaskManagerPort

Callback = Callable[[str | bytes | bytearray], None]


class ListeningDriver:
    """PgQueuer's Driver; made by `open`, which also ends it."""

    def __init__(self, pool: "asyncpg.Pool[Any]", ears: asyncpg.Connection) -> None:
        self._pool = pool
        self._ears = ears
        self._shutdown = asyncio.Event()
        self.deaf = asyncio.Event()
        ears.add_termination_listener(lambda _: self.deaf.set())

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database, *, pool_size: int) -> AsyncIterator[Self]:
        """Connections of its own, gone at the end of the block. Raises StorageUnavailable."""
        ears = await database.connect()
        try:
            async with asyncio.timeout(CONNECT_S):
                pool = await asyncpg.create_pool(
                    min_size=1, max_size=pool_size, connect=lambda *_, **__: database.connect()
                )
        except TimeoutError as problem:
            ears.terminate()
            raise StorageUnavailable(f"Expected a connection for the queue within {CONNECT_S:g} s.") from problem
        except BaseException:
            ears.terminate()
            raise
        try:
            yield cls(pool, ears)
        finally:
            ears.terminate()
            pool.terminate()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return [dict(row) for row in await self._pool.fetch(query, *args)]

    async def execute(self, query: str, *args: object) -> str:
        return await self._pool.execute(query, *args)

    async def notify(self, channel: str, payload: str) -> None:
        await self._pool.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: Callback) -> None:
        await self._ears.add_listener(channel, lambda _, __, ___, payload: callback(payload))

    @property
    def shutdown(self) -> asyncio.Event:
        return self._shutdown

    @property
    def tm(self) -> "TaskManagerPort":
        from pgqueuer.core.tm import TaskManager

        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing: whoever opened the driver ends it."""
