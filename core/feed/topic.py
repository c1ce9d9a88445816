"""What an event is about, as people switch notices on and off, and what is told first; decides no words."""

from core.domain.event import (
    Event,
    JobDeadLettered,
    JobWaiting,
    OrderApprovalRequested,
    OrderFilled,
    OrderPartiallyFilled,
    PositionEndangered,
    PositionLiquidated,
    RuleTriggered,
)
from core.domain.preference import Topic

FIRST = 0
"""The urgency of what must not wait behind anything: money that moved, or is about to be lost."""
LATER = 1

_BY_NOUN: dict[str, Topic] = {
    "rule": "rules",
    "order": "orders",
    "job": "orders",
    "position": "positions",
    "price": "market",
    "venue": "market",
    "engine": "market",
}


def topic_of(event: Event) -> Topic:
    """The switch that *event* belongs to; whatever has none of its own belongs to the account."""
    if isinstance(event, OrderFilled | OrderPartiallyFilled):
        return "fills"
    if isinstance(event, RuleTriggered):
        return "triggers"
    return _BY_NOUN.get(event.name.partition(".")[0], "account")


def urgency_of(event: Event) -> int:
    """FIRST for fills, for positions in danger and for what waits for its owner, LATER for the rest."""
    filled = isinstance(event, OrderFilled | OrderPartiallyFilled)
    return FIRST if filled or isinstance(event, _URGENT) else LATER


def is_grave(event: Event) -> bool:
    """Whether quiet hours and `silent` do not count: what may cost a person everything while they sleep."""
    return isinstance(event, (*_URGENT, JobDeadLettered, JobWaiting))


_URGENT = (PositionEndangered, PositionLiquidated, OrderApprovalRequested)
