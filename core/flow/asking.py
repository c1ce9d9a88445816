"""Asking for orders to be taken off the venue; what became of each is found by settling it."""

from dataclasses import replace

from core.domain.condition import ALL_MARKETS
from core.domain.ids import RuleId
from core.domain.order import IN_FLIGHT, OrderState
from core.ports import Transaction


async def ask_cancel(tx: Transaction, market: str | None, *, rule_id: RuleId | None = None) -> int:
    """Have every order of the market (None or `*` = all) taken off the venue, or never sent; how many were asked."""
    asked = 0
    for order in await tx.orders(states={*IN_FLIGHT, OrderState.PLANNED}, rule_id=rule_id):
        about = market in (None, ALL_MARKETS, order.market) and not order.cancel_asked
        if about and await tx.save_order(replace(order, cancel_asked=True), was=order.state):
            await tx.enqueue(order.id, priority=2)
            asked += 1
    return asked
