"""What people are still to be told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.event import Event
from core.domain.ids import EventId, OwnerId
from core.domain.owner import Owner
from core.ports.storage import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """That an event of the log is to be told at an address of a channel; the smallest `urgency` is told first."""

    event_id: EventId
    owner: OwnerId
    channel: str
    address: str
    urgency: int = 1
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event still to be told at one address; `attempts` counts those that failed so far."""

    id: int
    owner: OwnerId
    event: Event
    channel: str
    address: str
    attempts: int = 0
    urgency: int = 1
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """An owner and everywhere they can be told: (channel, address) that are not dead."""

    owner: Owner
    places: tuple[tuple[str, str], ...]


class Outbox(Protocol):
    """What people are still to be told, each event once for each address, and how far each reader of events is."""

    async def recipients(self, owners: Collection[OwnerId]) -> list[Recipient]:
        """Those of *owners* that exist, by id, each with the places where they are linked and not dead."""
        ...

    async def cursor(self, name: str) -> Cursor:
        """How far the named reader has come; the beginning where it never was saved."""
        ...

    async def save_cursor(self, name: str, to: Cursor, *, was: Cursor, planned: Collection[Planned] = ()) -> bool:
        """Move the named reader on and plan deliveries, both or neither.

        False, and nothing done, where the reader is not at *was* any more. What is planned already stays as it is.
        """
        ...

    async def due(self, channel: str, now: datetime, limit: int = 100, busy: Collection[str] = ()) -> list[Delivery]:
        """Deliveries to try now, oldest first, of the addresses where the most urgent wait; all that come before those.

        None for an address that waits for a retry or is *busy*; at most *limit* in all.
        """
        ...

    async def dead(self, channel: str, address: str, reason: str, at: datetime) -> OwnerId | None:
        """The address takes nothing any more: nothing is planned for it, and what was is given up; whose it is."""
        ...

    async def sent(self, delivery_ids: Collection[int], at: datetime, message_ref: str | None = None) -> None:
        """They were told, all or none; `message_ref` is what the channel calls the message."""
        ...

    async def failed(self, delivery_id: int, reason: str, retry_at: datetime | None) -> None:
        """An attempt failed; it is tried again at *retry_at*, or never where None."""
        ...
