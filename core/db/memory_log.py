"""The event log in memory, for replays and tests; decides the same order as the PostgreSQL one: that of commits."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from core.db.bell import EventBell
from core.domain.errors import BadInput
from core.domain.event import Event
from core.domain.ids import EventId
from core.ports.storage import Cursor


class MemoryEventLog:
    """The EventLog in memory."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._by_id: dict[EventId, Event] = {}
        self._last_id = 0
        self._bells: set[asyncio.Event] = set()

    def next_id(self) -> EventId:
        """An id that no event has; a transaction that is rolled back leaves a gap."""
        self._last_id += 1
        return EventId(str(self._last_id))

    def extend(self, events: Collection[Event]) -> None:
        """What one transaction appended, once it is over."""
        if events:
            self._events.extend(events)
            self._by_id.update({event.id: event for event in events if event.id is not None})
            for ring in self._bells:
                ring.set()

    def event(self, event_id: EventId) -> Event | None:
        """The event that has the id, if its transaction is over."""
        return self._by_id.get(event_id)

    async def read(self, after: Cursor, limit: int = 500) -> tuple[list[Event], Cursor]:
        """Raises BadInput for a cursor that no log ever gave."""
        place = self._place(after)
        found = self._events[place : place + limit]
        return found, Cursor(str(place + len(found))) if found else after

    async def end(self) -> Cursor:
        return Cursor(str(len(self._events)) if self._events else "")

    @asynccontextmanager
    async def bell(self) -> AsyncIterator[EventBell]:
        ring = asyncio.Event()
        ring.set()
        self._bells.add(ring)
        try:
            yield EventBell(ring)
        finally:
            self._bells.discard(ring)

    def _place(self, cursor: Cursor) -> int:
        if not cursor:
            return 0
        if not (cursor.isascii() and cursor.isdigit() and int(cursor) <= len(self._events)):
            raise BadInput(f"Expected a cursor that the event log gave, was {cursor!r}.")
        return int(cursor)
