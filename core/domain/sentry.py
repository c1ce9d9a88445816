"""Which exits can stand at a venue as a trigger order, and what that order is; decides nothing about placing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from core.domain.action import Action, Close, MarketOrder, Trade, is_exit
from core.domain.condition import ALL_MARKETS, PriceChange, PriceLevel, Trailing
from core.domain.level import levels
from core.domain.market import Market, Side
from core.domain.position import Account
from core.domain.rule import Rule, RuleSpec
from core.domain.sizing import NothingToDo, size

AUCTION_BPS = 50
"""How far from the price that set it off a trigger order's own auction goes (Drift: half a percent, and no choice)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a sentry is: a reduce-only market order of `base` once the price is at or beyond `price` (quote)."""

    side: Side
    base: Decimal
    price: Decimal
    when: Literal[">=", "<="]
    expires_at: datetime | None = None


def why_not(spec: RuleSpec) -> str | None:
    """Why *spec* cannot stand at a venue, in words; None if it can.

    What moves with the market stays with our engine: a trailing stop that followed every new peak on chain would pay
    for each, and stand where it was a moment ago.
    """
    action = spec.action
    if spec.protect == "engine":
        return "you asked for it to be watched by SayWhen"
    if not is_exit(action) or not isinstance(action, Trade | Close):
        return "only what shrinks a position can rest at the venue"
    if isinstance(spec.condition, Trailing):
        return "a trailing stop moves with the price, so SayWhen watches it"
    if not _has_one_level(spec):
        return "only an exit at one fixed price can rest at the venue"
    if action.market == ALL_MARKETS or not isinstance(action.order, MarketOrder):
        return "only a market order in one market can rest at the venue"
    if getattr(spec.condition, "market", None) != action.market:
        return "it is fired by the price of another market"
    if action.order.max_slippage_bps < AUCTION_BPS:
        return "the venue cannot hold it to so little slippage"
    return None if spec.repeat.times == 1 else "it repeats"


def can_stand(spec: RuleSpec) -> bool:
    """Whether *spec* can stand at a venue that holds protective orders."""
    return why_not(spec) is None


def _has_one_level(spec: RuleSpec) -> bool:
    match spec.condition:
        case PriceLevel(for_s=None):
            return True
        case PriceChange(reference="current_price" | "entry_price", direction="up" | "down"):
            return True
        case _:
            return False


def level_of(rule: Rule, entries: Mapping[str, Decimal]) -> tuple[Decimal, Literal[">=", "<="]] | None:
    """The one price at which the rule's condition begins to hold; None while it is not known."""
    where = levels(rule.spec.condition, references=rule.references, entries=entries)
    if where is None:
        return None
    if where.lower is not None:
        return where.lower, "<="
    return None if where.upper is None else (where.upper, ">=")


def terms_of(rule: Rule, account: Account, market: Market) -> Terms | NothingToDo:
    """What the sentry of *rule* is for the position as it is: sized at its own price, as if it had come."""
    action: Action = rule.spec.action
    if not isinstance(action, Trade | Close):
        raise ValueError(f"Expected an exit, was {action.type}")
    found = level_of(rule, {held.market: held.entry_price for held in account.positions})
    if found is None or found[0] <= 0:
        return NothingToDo(reason="the price it fires at is not known")
    sized = size(action, share=Decimal(1), account=account, market=market, mark=found[0])
    if isinstance(sized, NothingToDo):
        return sized
    return Terms(side=sized.side, base=sized.base, price=found[0], when=found[1], expires_at=rule.spec.expires_at)
