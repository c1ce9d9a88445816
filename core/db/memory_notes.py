"""A real venue's notes in memory, for tests: keeps nothing beyond the process, decides nothing."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.domain.errors import Conflict
from core.domain.ids import OwnerId
from core.ports.notes import Note, NotePage


class MemoryNotes:
    """The Notes in memory."""

    def __init__(self) -> None:
        self._locks: defaultdict[OwnerId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._notes: dict[tuple[OwnerId, str], Note] = {}
        self._activity: dict[tuple[OwnerId, int], Note] = {}

    @asynccontextmanager
    async def open(self, owner: OwnerId) -> AsyncIterator[NotePage]:
        async with self._locks[owner]:
            page = _Page(owner, self._notes, self._activity)
            yield page
            self._notes |= page.notes
            self._activity |= page.added


class _Page:
    def __init__(
        self, owner: OwnerId, notes: dict[tuple[OwnerId, str], Note], activity: dict[tuple[OwnerId, int], Note]
    ) -> None:
        self._owner = owner
        self._known = notes
        self._activity = activity
        self.notes: dict[tuple[OwnerId, str], Note] = {}
        self.added: dict[tuple[OwnerId, int], Note] = {}

    async def get(self, key: str) -> Note | None:
        return self.notes.get((self._owner, key), self._known.get((self._owner, key)))

    async def put(self, key: str, note: Note) -> None:
        self.notes[self._owner, key] = note

    async def add_activity(self, number: int, activity: Note) -> None:
        if (self._owner, number) in {**self._activity, **self.added}:
            raise Conflict(f"Expected activity {number} to be new, was there.")
        self.added[self._owner, number] = activity

    async def activity(self, after: int, limit: int) -> list[Note]:
        mine = {**self._activity, **self.added}
        numbers = sorted(number for owner, number in mine if owner == self._owner and number > after)
        return [mine[self._owner, number] for number in numbers[:limit]]
