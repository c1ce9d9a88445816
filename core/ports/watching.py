"""What the core needs to know and keep while it watches; decides nothing about firing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from core.domain.ids import OwnerId, RuleId
from core.domain.market import Candle, Timeframe
from core.domain.position import Account
from core.domain.rule import Rule


class Facts(Protocol):
    """What is known of the world at this moment; None or nothing where it is not known."""

    def price(self, market: str) -> Decimal | None:
        """The last trusted price, in quote."""
        ...

    def funding(self, market: str) -> Decimal | None:
        """Percent per hour, positive = longs pay."""
        ...

    def account(self, owner: OwnerId) -> Account | None:
        """The owner's account as last read."""
        ...

    def candles(self, market: str, timeframe: Timeframe) -> Sequence[Candle]:
        """Closed candles, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A rule's condition was seen to hold.

    `due` is when it began to, as far as is known; `already` marks one that held the moment it was armed, so that
    nobody saw it cross.
    """

    rule: Rule
    market: str | None = None
    price: Decimal | None = None
    due: datetime
    already: bool = False


class Watchlist(Protocol):
    """Armed rules, indexed so that an observation finds what fires.

    A rule that is handed out as a Crossing, with all that it remembers, is off the list until it is armed again.
    """

    def arm(self, rule: Rule, now: datetime) -> Crossing | None:
        """Watch *rule* (again); the Crossing if it holds already."""
        ...

    def arm_anew(self, rule_id: RuleId, now: datetime) -> Crossing | None:
        """Look again at where a watched rule's levels lie, with all that it remembers; the Crossing if it holds."""
        ...

    def disarm(self, rule_id: RuleId) -> None: ...

    def observe(self, market: str, price: Decimal, at: datetime) -> list[Crossing]:
        """What *price* makes hold."""
        ...

    def poll(self, now: datetime) -> list[Crossing]:
        """What holds by time, positions, accounts, candles or funding."""
        ...

    def position_event(self, owner: OwnerId, market: str, event: str, now: datetime) -> list[Crossing]:
        """What an event of a position (`opened closed increased decreased liquidated`) makes hold."""
        ...

    def next_crossing(self, market: str, start: Decimal, end: Decimal) -> Decimal | None:
        """The first price at which something may happen on the way from *start* (excluded) to *end* (included)."""
        ...

    def next_due(self, now: datetime) -> datetime | None:
        """The next instant at which time alone may make something hold; in the past where it was not polled yet."""
        ...

    def is_quiet(self, market: str, low: Decimal, high: Decimal) -> bool:
        """Whether no order of prices from *low* to *high* can make anything happen, or needs to be remembered."""
        ...

    def markets(self) -> set[str]:
        """Every market that an armed rule looks at."""
        ...

    def armed(self) -> Mapping[RuleId, Rule]:
        """Everything on the list."""
        ...

    def broken(self) -> list[Rule]:
        """What could not be looked at since last asked; it is off the list."""
        ...

    def memories(self) -> Mapping[RuleId, Mapping[str, Any]]:
        """What changed since last asked and must survive a restart."""
        ...
