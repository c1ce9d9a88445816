"""A planned leg that its owner's own wallet must sign: decides when they are asked, and when it is given up."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.event import AccountApprovalRequested, OrderApprovalRequested
from core.domain.order import IN_FLIGHT, Order, OrderState
from core.domain.rule import RuleState
from core.domain.wording import say_amount
from core.flow.outcome import Outcome
from core.flow.siblings import settle_siblings
from core.ports import Store, Transaction, Venue

APPROVAL_LIFE = timedelta(minutes=15)
"""How long a leg waits for its owner; a stop that nobody signed is asked for anew while its condition holds."""


async def ask_owner(store: Store, venue: Venue, order: Order, now: datetime) -> None:
    """Have *order* wait for its owner, and tell them. What excludes its rule is watched on meanwhile."""
    async with store.begin(order.owner) as tx:
        rule, present = await tx.rule(order.rule_id), await tx.order(order.id)
        if rule is None or order.intent is None:
            return
        if present is None or present.state is not OrderState.PLANNED or present.cancel_asked:
            return
        if rule.state is not RuleState.FIRING:
            outcome = Outcome(tx=tx, now=now, account=None, simulated=venue.simulated)
            await outcome.end(order, OrderState.DENIED, "your own wallet would have to sign it first")
            return
        until = now + APPROVAL_LIFE
        event = OrderApprovalRequested(
            at=now,
            owner=order.owner,
            rule_id=rule.id,
            label=rule.label,
            order_id=order.id,
            market=order.market,
            side=order.intent.side,
            base=order.intent.base,
            price=order.intent.price,
            simulated=venue.simulated,
            venue=venue.name,
            cause=order.cause,
            until=until,
        )
        asked = replace(order, approval_until=until, due_at=until, cause=await tx.append(event))
        await tx.save_order(asked, was=OrderState.PLANNED)
        await settle_siblings(tx, rule, now, filled=False)


async def ask_to_take_off(tx: Transaction, order: Order, now: datetime) -> Order:
    """Tell the owner that only their wallet can take a resting order off; not again before that long has passed."""
    if order.state not in IN_FLIGHT or (order.approval_until is not None and now < order.approval_until):
        return order
    size = "" if order.intent is None else f" to {order.intent.side} {say_amount(order.intent.base, order.market)}"
    what = f"Take the {order.market} order{size} off {order.venue}, in the dashboard, under Account"
    await tx.append(AccountApprovalRequested(at=now, owner=order.owner, what=what))
    asked = replace(order, approval_until=now + APPROVAL_LIFE)
    await tx.save_order(asked, was=order.state)
    return asked


async def end_unapproved(store: Store, venue: Venue, order: Order, now: datetime) -> None:
    """Give up what nobody signed in time; it was never sent."""
    async with store.begin(order.owner) as tx:
        present = await tx.order(order.id)
        if present is not None and present.state is OrderState.PLANNED and present.approval_until is not None:
            outcome = Outcome(tx=tx, now=now, account=None, simulated=venue.simulated)
            await outcome.end(present, OrderState.CANCELLED, "nobody signed it in time, and nothing was sent")
