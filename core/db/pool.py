"""The few connections that a process shares: who may use which, and what becomes of one that died; asks nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.errors import StorageUnavailable


@dataclass(eq=False, slots=True, frozen=True)
class Seat:
    """One connection: as SQLAlchemy sees it, and as asyncpg does. Only whoever took it may use it."""

    sql: AsyncConnection
    raw: asyncpg.Connection


class Pool:
    """At most *size* seats, made by *make* when needed; the one used last is taken first."""

    def __init__(self, make: Callable[[], Awaitable[Seat]], size: int) -> None:
        self._make = make
        self._free = asyncio.Semaphore(size)
        self._idle: list[Seat] = []

    async def take(self, within_s: float) -> Seat:
        """A seat, to be given back or dropped. Raises StorageUnavailable where none is free within *within_s*."""
        if self._free.locked():
            try:
                async with asyncio.timeout(within_s):
                    await self._free.acquire()
            except TimeoutError:
                raise StorageUnavailable(
                    f"Expected a free database connection within {within_s:g} s, were all in use.",
                    "Try again; if it persists, give the pool more connections.",
                ) from None
        else:
            await self._free.acquire()  # at once: nobody waits
        try:
            while self._idle:
                seat = self._idle.pop()
                if not seat.raw.is_closed():
                    return seat
                await _end(seat)
            return await self._make()
        except BaseException:
            self._free.release()
            raise

    def give(self, seat: Seat) -> None:
        """Let somebody else have *seat*, which is in no transaction."""
        self._idle.append(seat)
        self._free.release()

    async def drop(self, seat: Seat) -> None:
        """Let nobody have *seat* any more; what it was in the middle of is rolled back by the server."""
        try:
            await _end(seat)
        finally:
            self._free.release()

    async def clear(self) -> None:
        """End every seat that nobody uses."""
        while self._idle:
            await _end(self._idle.pop())


async def _end(seat: Seat) -> None:
    seat.raw.terminate()
    await asyncio.shield(seat.sql.close())
