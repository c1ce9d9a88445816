"""Events on their way to people: planned once for each place that takes them, as loud as asked, sent at least once."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.app.parts import Parts
from core.domain.event import DeliveryFailed, Event
from core.feed.card import card_of
from core.feed.topic import is_grave, topic_of, urgency_of
from core.flow.points import passing
from core.ports import Bell, Delivery, Planned, Recipient

READER = "notices"
_AT_ONCE = 500
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
                events, end = await log.read(cursor, _AT_ONCE)
                if not events:
                    return total
                told = [event for event in events if event.owner is not None and card_of(event) is not None]
                owners = {event.owner for event in told if event.owner is not None}
                people = {person.owner.id: person for person in await outbox.recipients(owners)} if owners else {}
                now = self._parts.clock.now()
                planned = [
                    plan for event in told if event.owner in people for plan in _plans(event, people[event.owner], now)
                ]
                if not await outbox.save_cursor(READER, end, was=cursor, planned=planned):
                    return total  # another process plans; it has taken these events in
                total += len(planned)
                if len(events) < _AT_ONCE:
                    return total  # whatever came since rings the bell

    async def due(self, channel: str, limit: int = 100, busy: Collection[str] = ()) -> list[Delivery]:
        """What is to be sent on *channel* now, oldest first, for none of the *busy* addresses."""
        due = await self._parts.outbox.due(channel, self._parts.clock.now(), limit, busy)
        if due:
            passing("deliver.before_send")
        return due

    async def sent(self, ids: Sequence[int], ref: str) -> None:
        """They were told, all with one message; *ref* is what the channel calls it."""
        passing("deliver.after_send")
        await self._parts.outbox.sent(ids, self._parts.clock.now(), ref)

    async def failed(self, id: int, reason: str, retry_in_s: float | None) -> None:  # noqa: A002
        """It could not be told; tried again in *retry_in_s* seconds, or never where None."""
        retry_at = None if retry_in_s is None else self._parts.clock.now() + timedelta(seconds=retry_in_s)
        await self._parts.outbox.failed(id, reason, retry_at)

    async def dead(self, channel: str, address: str, reason: str) -> None:
        """The address takes nothing any more: nothing is tried there until it writes again, and that is recorded."""
        now = self._parts.clock.now()
        owner = await self._parts.outbox.dead(channel, address, reason, now)
        if owner is None:
            return
        async with self._parts.store.begin(owner) as tx:
            await tx.append(DeliveryFailed(at=now, owner=owner, channel=channel, reason=reason))

    def bell(self) -> AbstractAsyncContextManager[Bell]:
        """Rings when something happened that may have to be told."""
        return self._parts.log.bell()


def _plans(event: Event, person: Recipient, now: datetime) -> list[Planned]:
    """Where and how loudly *person* is told of *event*; nowhere if they switched it off."""
    if event.id is None:
        return []
    local = now.astimezone(_zone(person.owner.timezone))
    loudness = person.owner.preferences.loudness(topic_of(event), local.hour * 60 + local.minute)
    if loudness == "off" and not is_grave(event):
        return []
    return [
        Planned(
            event_id=event.id,
            owner=person.owner.id,
            channel=channel,
            address=address,
            urgency=urgency_of(event),
            silent=loudness != "on" and not is_grave(event),
        )
        for channel, address in person.places
    ]


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
