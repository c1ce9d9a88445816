"""Keeps what has been answered and what must still be asked while drafts become rules; decides no answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from core.domain.money import plain
from core.domain.reading import Holding, ParseContext, QuestionAbout
from core.parse.grammar.drafts import PositionSide, RuleDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Something open: its key among the choices, how to ask, the ready answers with their labels.

    Times among the answers are told in `zone`.
    """

    key: str
    about: QuestionAbout
    text: str
    candidates: tuple[tuple[str, Any], ...] = ()
    zone: tzinfo | None = None


@dataclass(slots=True, kw_only=True)
class Desk:
    """One attempt to turn drafts into rules with the choices made so far."""

    context: ParseContext
    drafts: list[RuleDraft]
    choices: Mapping[str, Any]
    points: list[Point] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    markets: list[str | None] = field(default_factory=list)

    def ask(self, point: Point, best: Any = None) -> Any:
        """The answer given to this point; where there is none, notes it as open and returns the best guess."""
        if point.key in self.choices:
            return self.choices[point.key]
        if all(other.key != point.key for other in self.points):
            self.points.append(point)
        return best

    def insist(self, point: Point) -> None:
        """Asks again although an answer was given, since it cannot be."""
        if all(other.key != point.key for other in self.points):
            self.points.append(point)

    def assume(self, text: str) -> None:
        """Notes a default that was chosen, once."""
        if text not in self.assumptions:
            self.assumptions.append(text)

    def price(self, market: str | None) -> Decimal | None:
        """The current price, where known."""
        return None if market is None else self.context.prices.get(market)

    def holding(self, market: str | None) -> Holding | None:
        """The open position in *market*."""
        held = None if market is None else self.context.positions.get(market)
        return None if held is None or held.base == 0 else held

    def held_side(self, market: str | None) -> PositionSide | None:
        """Which way the open position in *market* faces."""
        held = self.holding(market)
        return None if held is None else "long" if held.base > 0 else "short"

    def held_markets(self) -> list[str]:
        """Every market with an open position."""
        return [market for market in self.context.positions if self.holding(market) is not None]


def money(amount: Decimal) -> str:
    """Dollars for people: $1,700 · $0.10 · $0.000022."""
    text = plain(abs(amount))
    whole, _, cents = text.partition(".")
    if cents and (len(cents) == 1 or (abs(amount) >= 1 and len(cents) < 2)):
        cents = cents.ljust(2, "0")
    sign = "-" if amount < 0 else ""
    return f"{sign}${int(whole):,}" + (f".{cents}" if cents else "")


def coin(market: str | None) -> str:
    """The market as traders call it."""
    return "it" if market is None else "everything" if market == "*" else market.split("-")[0]
