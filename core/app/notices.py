"""Events on their way to people: planned once for each place where an owner is linked, sent at least once."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from core.app.parts import Parts
from core.domain.ids import EventId, OwnerId
from core.feed.card import card_of
from core.flow.points import passing
from core.ports import Bell, Delivery, Planned

READER = "notices"
PLANNED_LIFE = timedelta(days=7)


class Notices:
    """The outbox as a channel's sender sees it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._turn = asyncio.Lock()

    async def plan(self) -> int:
        """Read new events and plan what people are to be told; how many deliveries were planned."""
        outbox, log = self._parts.outbox, self._parts.log
        total = 0
        async with self._turn:
            while True:
                cursor = await outbox.cursor(READER)
                events, end = await log.read(cursor)
                if not events:
                    return total
                planned: list[Planned] = []
                links: dict[OwnerId, list[tuple[str, str]]] = {}
                for event in events:
                    if event.owner is None or event.id is None or card_of(event) is None:
                        continue
                    if event.owner not in links:
                        links[event.owner] = await outbox.links_of(event.owner)
                    planned += [
                        Planned(event_id=EventId(event.id), owner=event.owner, channel=channel, address=address)
                        for channel, address in links[event.owner]
                    ]
                if not await outbox.save_cursor(READER, end, was=cursor, planned=planned):
                    return total  # another process plans; it has taken these events in
                total += len(planned)

    async def due(self, channel: str, limit: int = 20) -> list[Delivery]:
        """What is to be sent on *channel* now, oldest first."""
        due = await self._parts.outbox.due(channel, self._parts.clock.now(), limit)
        if due:
            passing("deliver.before_send")
        return due

    async def sent(self, id: int, ref: str) -> None:  # noqa: A002 - the façade's word
        """It was told; *ref* is what the channel calls the message."""
        passing("deliver.after_send")
        await self._parts.outbox.sent(id, self._parts.clock.now(), ref)

    async def failed(self, id: int, reason: str, retry_in_s: float | None) -> None:  # noqa: A002
        """It could not be told; tried again in *retry_in_s* seconds, or never where None."""
        retry_at = None if retry_in_s is None else self._parts.clock.now() + timedelta(seconds=retry_in_s)
        await self._parts.outbox.failed(id, reason, retry_at)

    def bell(self) -> AbstractAsyncContextManager[Bell]:
        """Rings when something happened that may have to be told."""
        return self._parts.log.bell()
