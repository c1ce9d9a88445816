"""Asking for orders to be taken off the venue; what became of each is found by settling it."""

from dataclasses import replace

from core.domain.condition import ALL_MARKETS
from core.domain.ids import RuleId
from core.domain.order import IN_FLIGHT, Order, OrderState
from core.domain.rule import Rule
from core.ports import Transaction

_OPEN = frozenset({*IN_FLIGHT, OrderState.PLANNED})


async def ask_cancel(
    tx: Transaction, market: str | None, *, rule_id: RuleId | None = None, sentries: bool = False
) -> int:
    """Have every order of the market (None or `*` = all) taken off the venue, or never sent; how many were asked.

    Sentries go with their rules: they are left alone unless *sentries* are meant too.
    """
    about = [
        order
        for order in await tx.orders(states=_OPEN, rule_id=rule_id)
        if market in (None, ALL_MARKETS, order.market) and (sentries or order.step != "sentry")
    ]
    return await _ask(tx, about)


async def withdraw(tx: Transaction, rule: Rule) -> int:
    """Have what stands at the venue for *rule* taken off, or never sent; how many were asked."""
    mine = await tx.orders(states=_OPEN, rule_id=rule.id)
    return await _ask(tx, [order for order in mine if order.step == "sentry"])


async def _ask(tx: Transaction, orders: list[Order]) -> int:
    asked = 0
    for order in orders:
        if not order.cancel_asked and await tx.save_order(replace(order, cancel_asked=True), was=order.state):
            await tx.enqueue(order.id, priority=2)
            asked += 1
    return asked
