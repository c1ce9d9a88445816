"""An order that was signed, stored before anything is sent; decides whether it is still to be sent at all."""

from dataclasses import replace
from datetime import datetime

from core.domain.event import OrderSigned
from core.domain.order import Order, OrderState
from core.domain.rule import RuleState
from core.ports import Prepared, Transaction, Venue


async def keep_signed(tx: Transaction, venue: Venue, order: Order, prepared: Prepared, now: datetime) -> Order | None:
    """Store what was signed for a planned *order*, so that it may be sent; None where it is not to be any more.

    It was killed, cancelled or claimed between looking and signing then, and nothing was sent.
    """
    rule = await tx.rule(order.rule_id)
    wanting = RuleState.ARMED if order.step == "sentry" else RuleState.FIRING
    if rule is None or rule.state is not wanting or order.intent is None:
        return None
    event = OrderSigned(
        at=now,
        owner=order.owner,
        rule_id=rule.id,
        label=rule.label,
        order_id=order.id,
        market=order.market,
        side=order.intent.side,
        base=order.intent.base,
        simulated=venue.simulated,
        venue=venue.name,
        sentry=order.step == "sentry",
        cause=order.cause,
    )
    signed = replace(
        order,
        state=OrderState.SIGNED,
        approval_until=None,
        signature=prepared.signature,
        raw=prepared.raw,
        valid_until=prepared.valid_until,
        attempts=order.attempts + 1,
        cause=await tx.append(event),
    )
    return signed if await tx.save_order(signed, was=OrderState.PLANNED) else None
