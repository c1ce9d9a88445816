"""An event in words for people: which are told and how; decides no channel, no markup and no recipient."""

import logging
from typing import assert_never

from core.domain.event import Event
from core.feed.card_orders import OrderHappened, order_card
from core.feed.card_rules import RuleHappened, rule_card
from core.feed.card_world import (
    AccountHappened,
    MarketHappened,
    PositionHappened,
    account_card,
    market_card,
    position_card,
)
from core.feed.parts import Button, Card, Chart, ChartLine, ChartMark, Rows, Tone

__all__ = ["Button", "Card", "Chart", "ChartLine", "ChartMark", "Rows", "Tone", "card_of"]

_log = logging.getLogger(__name__)


def card_of(event: Event) -> Card | None:
    """What *event* is told as; None for what people need not hear (traffic, and what a dialogue already answered).

    Never raises: each group of events is a `match` that ends in `assert_never`, and so does their sum. What a fault of
    ours keeps from being put in words is told as that: one card must not keep all later ones from everybody.
    """
    try:
        return _in_words(event)
    except Exception:  # noqa: BLE001 - as above
        _log.exception("%s %s cannot be put in words", event.name, event.id)
        lines = ("A fault of ours keeps it from being put in words. Look at your positions, orders and rules.",)
        return Card(title=f"Something happened: {event.name}", lines=lines, tone="warn", key=f"odd:{event.id}")


def _in_words(event: Event) -> Card | None:
    if isinstance(event, RuleHappened):
        return rule_card(event)
    if isinstance(event, OrderHappened):
        return order_card(event)
    if isinstance(event, PositionHappened):
        return position_card(event)
    if isinstance(event, MarketHappened):
        return market_card(event)
    if isinstance(event, AccountHappened):
        return account_card(event)
    assert_never(event)
