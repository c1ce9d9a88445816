"""Where rules and orders stand, and why, in words for people; decides no state."""

from core.domain.event.rules import BY_OWNER
from core.domain.order import Order, OrderState
from core.domain.rule import Rule, RuleState
from core.domain.wording import say_amount, say_price

STATE_WORDS = {
    RuleState.AWAITING_CONFIRMATION: "not confirmed",
    RuleState.WAITING: "waits for the rule before it",
    RuleState.ARMED: "armed",
    RuleState.FIRING: "fired, order under way",
    RuleState.HELD: "on hold until the other rule's order is settled",
    RuleState.PAUSED: "paused",
    RuleState.COMPLETED: "done",
    RuleState.FAILED: "failed",
    RuleState.CANCELLED: "cancelled",
    RuleState.EXPIRED: "expired",
}


_ORDER_WORDS = {
    OrderState.PLANNED: "not sent yet",
    OrderState.SIGNED: "being sent",
    OrderState.SENT: "sent, not proven yet",
    OrderState.UNKNOWN: "its fate is not known yet",
    OrderState.ACCEPTED: "resting",
    OrderState.PARTIALLY_FILLED: "partly filled",
}


WHY = {
    "confirmed": "as you confirmed",
    "resumed": "as you resumed it",
    "repeat": "for its next time",
    "after_fill": "as the rule before it filled",
    "released": "as the other order ended without a fill",
    "late_run": "to run late",
    BY_OWNER: "by you",
}
"""Why a rule was armed or ended, where its log has a word of ours for it."""


def state_of(rule: Rule, before: str | None = None) -> str:
    """Where *rule* stands, in words; *before* is what the rule is called that it may wait for."""
    if rule.state is RuleState.WAITING and before is not None:
        return f"waits for {before}"
    return STATE_WORDS[rule.state]


def ordered(order: Order) -> str:
    """What an order that has been sized asks of the venue: `buy 1 SOL at $148.00`."""
    intent = order.intent
    if intent is None:
        return order.market
    price = intent.price if intent.price is not None else order.limit_price
    at = "at market" if price is None else f"at {say_price(price, exact=True)}"
    if intent.trigger_price is not None:
        beyond = "below" if intent.trigger_when == "<=" else "above"
        at = f"{beyond} {say_price(intent.trigger_price, exact=True)}"
    return f"{intent.side} {say_amount(intent.base, order.market, exact=True)} {at}"


def order_state(order: Order) -> str:
    """Where an open order stands, in words."""
    if order.cancel_asked:
        return "being cancelled"
    if order.state is OrderState.ACCEPTED and not _rests(order):
        return "accepted by the venue"
    return _ORDER_WORDS.get(order.state, order.state.value.replace("_", " "))


def _rests(order: Order) -> bool:
    """Whether it waits at a price; a market order does not, and is soon over."""
    intent = order.intent
    return order.limit_price is not None or (
        intent is not None and (intent.price is not None or intent.trigger_price is not None)
    )
