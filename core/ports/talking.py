"""What the core needs to hear people safely: what they sent, until it is answered, and which message shows what."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.domain.ids import OwnerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something a channel brought, as it was brought: `number` is the channel's own, once for each `account` of ours.

    `person` is who sent it, by the channel's name for them; `sent_at` when, as far as that can be told. `private` =
    where we write to them too; `owner` is who that was linked to when it was kept. Neither is kept.
    """

    channel: str
    account: str
    number: int
    person: str
    body: Mapping[str, Any]
    sent_at: datetime
    private: bool = True
    owner: OwnerId | None = None


class Inbox(Protocol):
    """Letters that are kept before anything is done about them, so that a crash neither loses nor repeats one."""

    async def keep(self, letters: Sequence[Letter]) -> list[Letter]:
        """Store them; those that were not here before, and whose. Who wrote a private one is reachable again."""
        ...

    async def unanswered(self, channel: str, account: str) -> list[Letter]:
        """What was kept and not answered, by number."""
        ...

    async def answered(self, channel: str, account: str, numbers: Collection[int], at: datetime) -> None:
        """They are done with; their words are forgotten, their numbers are not."""
        ...

    async def show(self, channel: str, place: str, ref: str, person: str, key: str | None, at: datetime) -> list[str]:
        """Message *ref* at *place* shows *person* the card called *key*; the messages that showed it until now."""
        ...

    async def shown_at(self, channel: str, place: str, ref: str) -> tuple[str, str | None] | None:
        """For whom the message was, and what card it shows still, where that was noted."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Forget what was answered or shown before then; how many rows that were."""
        ...


class Memos(Protocol):
    """What a channel remembers of itself and of people, and where else a person is shown a card."""

    async def recall(self, channel: str, name: str, person: str = "") -> str | None:
        """What was remembered, if anything; *person* is empty for the channel's own."""
        ...

    async def remember(self, channel: str, name: str, value: str | None, person: str = "") -> None:
        """Remember *value* in place of what was; None = forget it."""
        ...

    async def about_people(self, channel: str, name: str) -> Mapping[str, str]:
        """What is remembered under *name*, by person."""
        ...

    async def elsewhere(self, channel: str, person: str, key: str) -> list[tuple[str, str, str]]:
        """The private messages on other channels that show *person*'s owner the card called *key*.

        Each as (channel, person there, message).
        """
        ...
