"""Deliveries and readers' cursors in memory, for tests; decides the same as the PostgreSQL one, and keeps nothing."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from core.db.memory import MemoryStore
from core.domain.errors import NotFound
from core.domain.event import Event
from core.domain.ids import EventId, OwnerId
from core.ports.outbox import Delivery, Planned, Recipient
from core.ports.storage import Cursor


class MemoryOutbox:
    """The Outbox in memory, of one MemoryStore."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._cursors: dict[str, Cursor] = {}
        self._planned: set[Planned] = set()
        self._pending: dict[int, Delivery] = {}
        self._retries: dict[int, datetime] = {}
        self._dead: set[tuple[str, str]] = set()
        self._last_id = 0

    async def recipients(self, owners: Collection[OwnerId]) -> list[Recipient]:
        found = []
        for owner in sorted(set(owners)):
            places = sorted(p for p, linked in self._store.links.items() if linked == owner and p not in self._dead)
            try:
                async with self._store.begin(owner) as tx:
                    found.append(Recipient(owner=await tx.read_owner(), places=tuple(places)))
            except NotFound:
                continue
        return found

    async def cursor(self, name: str) -> Cursor:
        return self._cursors.get(name, Cursor(""))

    async def save_cursor(self, name: str, to: Cursor, *, was: Cursor, planned: Collection[Planned] = ()) -> bool:
        if await self.cursor(name) != was:
            return False
        told = {plan: self._event(plan.event_id) for plan in planned if plan not in self._planned}
        self._cursors[name] = to
        for plan, event in told.items():
            self._last_id += 1
            self._planned.add(plan)
            self._pending[self._last_id] = Delivery(
                id=self._last_id,
                owner=plan.owner,
                event=event,
                channel=plan.channel,
                address=plan.address,
                urgency=plan.urgency,
                silent=plan.silent,
            )
        return True

    async def due(self, channel: str, now: datetime, limit: int = 100, busy: Collection[str] = ()) -> list[Delivery]:
        waiting = [delivery for delivery in self._pending.values() if delivery.channel == channel]
        resting = {delivery.address for delivery in waiting if self._retries.get(delivery.id, now) > now} | {*busy}
        able = [delivery for delivery in waiting if delivery.address not in resting]
        heads = {delivery.address for delivery in sorted(able, key=lambda d: (d.urgency, d.id))[:limit]}
        return [delivery for delivery in able if delivery.address in heads][:limit]

    async def dead(self, channel: str, address: str, reason: str, at: datetime) -> OwnerId | None:  # noqa: ARG002
        self._dead.add((channel, address))
        gone = [d.id for d in self._pending.values() if (d.channel, d.address) == (channel, address)]
        for number in gone:
            del self._pending[number]
        return self._store.links.get((channel, address))

    async def sent(
        self,
        delivery_ids: Collection[int],
        at: datetime,  # noqa: ARG002 - the port's
        message_ref: str | None = None,  # noqa: ARG002
    ) -> None:
        for number in delivery_ids:
            self._pending.pop(number, None)

    async def failed(self, delivery_id: int, reason: str, retry_at: datetime | None) -> None:  # noqa: ARG002
        delivery = self._pending.get(delivery_id)
        if delivery is None:
            return
        if retry_at is None:
            del self._pending[delivery_id]
        else:
            self._pending[delivery_id] = replace(delivery, attempts=delivery.attempts + 1)
            self._retries[delivery_id] = retry_at

    def _event(self, event_id: EventId) -> Event:
        """Raises ValueError, as the table's foreign key would."""
        event = self._store.event_log.event(event_id)
        if event is None:
            raise ValueError(f"Expected an event of the log, was {event_id}")
        return event
