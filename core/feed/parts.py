"""What a card is made of, for every channel alike; decides no markup and no words."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Tone = Literal["plain", "good", "warn", "bad"]

MOST_VERB_BYTES = 64
"""Telegram's limit for callback data, the tightest of all channels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something to press: what it says and the short ASCII verb that comes back (see `core.feed.press`)."""

    label: str
    verb: str

    def __post_init__(self) -> None:
        if not self.verb.isascii() or not 1 <= len(self.verb) <= MOST_VERB_BYTES:
            raise ValueError(f"Expected a verb of 1 to {MOST_VERB_BYTES} ASCII characters, was {self.verb!r}")


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLine:
    """A price worth a line across the picture (quote), and what it is."""

    price: Decimal
    label: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartMark:
    """A trade at an instant."""

    at: datetime
    price: Decimal
    side: Literal["buy", "sell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a picture beside a card would show, for channels that have pictures."""

    market: str
    lines: tuple[ChartLine, ...] = ()
    marks: tuple[ChartMark, ...] = ()
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Something told to a person, in plain text.

    `key` names what the card is about for as long as it lasts: a channel that already shows a card of that key edits
    it instead of adding another. `public` = says nothing about its owner, so that a group may read it too;
    `owner_only` = whoever reads it can act as its owner, so that nobody else ever may.
    """

    title: str
    lines: tuple[str, ...] = ()
    buttons: Rows = ()
    tone: Tone = "plain"
    key: str | None = None
    chart: Chart | None = None
    public: bool = False
    owner_only: bool = False
