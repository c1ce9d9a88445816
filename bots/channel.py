"""What every place where people talk has in common: what comes in, what goes out, and how sending can fail."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.domain.errors import SayWhenError
from core.domain.ids import OwnerId
from core.feed.card import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What a person wrote, or the verb of the button they pressed, on some channel; both where a form asked for words.

    `address` names the person there (a chat's user id, `local` in a terminal); `sent_at` is when *they* sent it, by
    the channel's own account, so that what waited while nobody listened is recognised as old. `again` = it may have
    been acted on before: a crash came between that and the answer. `owner` is who the address belongs to, where the
    channel has just been told.
    """

    channel: str
    address: str
    sent_at: datetime
    text: str = ""
    verb: str | None = None
    again: bool = False
    owner: OwnerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """A card on its way to an address; the smallest `urgency` first, `silent` without a sound.

    `token` names what is told, the same in each attempt: a channel that knows it by then does not say it twice.
    `arrived` is to be awaited, with what the channel calls the message, as soon as it knows that the card arrived and
    before another card leaves: what has arrived and is not noted is sent again after a crash. A channel may leave that
    to its caller.
    """

    address: str
    card: Card
    urgency: int = 1
    silent: bool = False
    token: str = ""
    arrived: "Callable[[str], Awaitable[None]] | None" = field(default=None, compare=False, repr=False)


class Undeliverable(SayWhenError):
    """The address will not take this or anything more: blocked, deleted, gone."""


class TryAgain(SayWhenError):
    """Not now; `retry_in_s` is when the channel wants to be asked again, in seconds."""

    def __init__(self, message: str, retry_in_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_in_s = retry_in_s


Answer = Callable[[Inbound], Awaitable[list[Card]]]
"""The dialogue as a channel sees it. Never raises."""


class Channel(Protocol):
    """One place where people are told things. How they are heard is each channel's own affair."""

    @property
    def name(self) -> str:
        """`console`, `telegram`, `discord`."""
        ...

    async def send(self, outbound: Outbound) -> str:
        """Show a card that nobody asked for; returns what the channel calls the message.

        Raises Undeliverable or TryAgain; whatever else it raises is taken for a TryAgain.
        """
        ...
