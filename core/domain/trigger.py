"""The prices at which an armed rule would fire, and how far off they are; decides no firing."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.domain.condition import Trailing
from core.domain.level import stop_of
from core.domain.money import HUNDRED
from core.domain.rule import Rule, RuleState
from core.domain.wording_condition import trigger_levels

WATCHED = frozenset({RuleState.ARMED, RuleState.HELD})
"""States whose levels stand; a paused rule measured from the current price takes a new one when it is resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerLine:
    """A price (quote) of a market at which a rule's condition, or a part of it, begins to hold."""

    market: str
    price: Decimal

    def distance(self, now: Decimal) -> Decimal:
        """From the price *now* to the line, in quote: below zero where the price must fall."""
        return self.price - now

    def percent(self, now: Decimal) -> Decimal:
        """The distance in percent of the price *now*."""
        return (self.price - now) / now * HUNDRED


def trigger_lines(rule: Rule, entries: Mapping[str, Decimal]) -> tuple[TriggerLine, ...]:
    """The lines of a watched rule; none for one that is not watched, or hangs on no price.

    *entries* are the entry prices of open positions by market. A trailing line is where the peak or trough that was
    last remembered puts it.
    """
    if rule.state not in WATCHED:
        return ()
    condition = rule.spec.condition
    found = trigger_levels(condition, rule.references, entries)
    extreme = rule.memory.get("extreme")
    if isinstance(condition, Trailing) and extreme is not None:
        found.append((condition.market, stop_of(condition, Decimal(extreme))))
    return tuple(TriggerLine(market=market, price=price) for market, price in found)
