"""The prices at which a condition begins to hold, derived from its words and its reference; decides no firing."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.domain.condition import Condition, PriceChange, PriceLevel, Trailing
from core.domain.money import HUNDRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Holds at or below `lower`, or at or above `upper` (quote); None = never on that side."""

    lower: Decimal | None = None
    upper: Decimal | None = None

    def reached(self, price: Decimal) -> bool:
        """Whether *price* is at or beyond either level."""
        return (self.lower is not None and price <= self.lower) or (self.upper is not None and price >= self.upper)


def moved(reference: Decimal, distance: Decimal, unit: str, *, up: bool) -> Decimal:
    """*reference* moved by *distance* `usd` or `percent`."""
    step = reference * distance / HUNDRED if unit == "percent" else distance
    return reference + step if up else reference - step


def levels(condition: Condition, *, references: Mapping[str, Decimal], entries: Mapping[str, Decimal]) -> Levels | None:
    """Where *condition* begins to hold, or None for one that is no fixed price.

    `references` are the frozen "current" prices by market, `entries` the average entry prices of open positions. A
    condition whose reference is not known holds nowhere.
    """
    match condition:
        case PriceLevel(for_s=None, operator=">=", price=price):
            return Levels(upper=price)
        case PriceLevel(for_s=None, price=price):
            return Levels(lower=price)
        case PriceChange(reference="current_price" | "entry_price", market=market, direction=direction):
            known = references if condition.reference == "current_price" else entries
            reference = known.get(market)
            if reference is None:
                return Levels()
            lower = moved(reference, condition.threshold, condition.unit, up=False)
            upper = moved(reference, condition.threshold, condition.unit, up=True)
            return Levels(
                lower=lower if direction in ("down", "either") else None,
                upper=upper if direction in ("up", "either") else None,
            )
        case _:
            return None


def stop_of(condition: Trailing, extreme: Decimal) -> Decimal:
    """Where a trailing condition fires, given its peak (`down`) or trough (`up`)."""
    return moved(extreme, condition.distance, condition.unit, up=condition.direction == "up")
