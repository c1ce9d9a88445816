"""One turn of a conversation: who speaks, where, and to what; decides nothing about the answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bots.facade import Facade
from core.domain.ids import OwnerId
from core.feed.card import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """`waited_s` is how long the words had waited before anybody heard them.

    `draft` takes words as rules to draft; `typed` answers as if the text had been typed. `again` = the words may have
    been acted on before a crash. `dashboard` is its address; `admin` = this person runs this SayWhen.
    """

    core: Facade
    owner: OwnerId
    channel: str
    address: str
    now: datetime
    waited_s: float
    draft: Callable[[str], Awaitable[list[Card]]]
    typed: Callable[[str], Awaitable[list[Card]]]
    again: bool = False
    dashboard: str | None = None
    admin: bool = False
