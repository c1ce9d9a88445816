"""A planned leg and the venue as it is → what to send: side, size, price and bounds; sends and stores nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.domain.action import Close, LimitOrder, MarketOrder, Reverse, Trade, is_exit
from core.domain.errors import VenuePaused, VenueUnknown
from core.domain.market import Market, Observation
from core.domain.money import round_price
from core.domain.order import ENDED, Fill, Order, OrderIntent
from core.domain.position import Account
from core.domain.rule import Rule, RuleState
from core.domain.sizing import NothingToDo, Sized, size
from core.flow.sentry import sentry_intent
from core.ports import Clock, Transaction, Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The venue as it is just before an order is sized; `traded` is the owner's last fill known before that."""

    mark: Observation
    account: Account
    market: Market
    traded: Sequence[Fill] | None = None


async def look_at(venue: Venue, order: Order, rule: Rule) -> Look:
    """The venue as it is now, for *order*. Raises VenuePaused, VenueUnknown, PriceUnavailable."""
    status = await venue.status()
    refusal = status.refusal(order.market, is_exit=is_exit(rule.spec.action))
    if refusal is not None:
        where = venue.name if status.state != "open" else f"{order.market} on {venue.name}"
        raise VenuePaused(f"{where} takes no orders now: {refusal}")
    markets = await venue.markets()
    if order.market not in markets:
        raise VenueUnknown(f"{venue.name} does not list {order.market} now")
    return Look(
        mark=await venue.mark(order.market),
        account=await venue.account(order.owner),
        market=markets[order.market],
    )


async def intent_of(
    tx: Transaction, order: Order, rule: Rule, look: Look, clock: Clock
) -> OrderIntent | NothingToDo | None:
    """What to send, from the live position; None if it is not this leg's turn."""
    if order.step == "sentry":
        return await sentry_intent(tx, order, rule, look.account, look.market, look.mark)
    if rule.state is not RuleState.FIRING or rule.trigger_no != order.trigger_no:
        return NothingToDo(reason="its rule is not firing any more")
    action = rule.spec.action
    if not isinstance(action, Trade | Close | Reverse):
        return NothingToDo(reason="its rule trades nothing")
    if order.step == "reverse_open":
        return await _reverse_open(tx, order, action, look)
    sized = size(
        action,
        share=order.share,
        account=look.account,
        market=look.market,
        mark=look.mark.price,
        price=_limit_price(order, action),
        before=order.leg_no - 1,
    )
    if isinstance(sized, NothingToDo):
        return sized
    reduce_only = not isinstance(action, Trade) or action.reduce_only
    return _order_of(order, action, sized, look, reduce_only=reduce_only, ends=rule.spec.rests_until(clock.now()))


async def _reverse_open(
    tx: Transaction, order: Order, action: Trade | Close | Reverse, look: Look
) -> OrderIntent | NothingToDo | None:
    """The second half of a reversal: what the first half closed, opened on the other side."""
    legs = await tx.orders(rule_id=order.rule_id, trigger_no=order.trigger_no)
    first = next(leg for leg in legs if leg.step == "trade" and leg.market == order.market)
    if first.state not in ENDED:
        return None
    if first.filled_base == 0 or first.intent is None:
        return NothingToDo(reason="the position was not closed, so nothing was opened")
    held = look.account.position(order.market)
    if held is not None and (held.base > 0) is (first.intent.side == "sell"):
        # Opening now would only shrink what is left, by as much again: not what was agreed to.
        return NothingToDo(reason="the position was not closed whole, so nothing was opened")
    slippage = (action.order if isinstance(action.order, MarketOrder) else MarketOrder()).max_slippage_bps
    return OrderIntent(
        order_id=order.id,
        owner=order.owner,
        market=order.market,
        side=first.intent.side,
        base=first.filled_base,
        reduce_only=False,
        max_slippage_bps=slippage,
        oracle_price=look.mark.price,
    )


def _limit_price(order: Order, action: Trade | Close | Reverse) -> Decimal | None:
    if order.limit_price is not None:
        return order.limit_price
    return action.order.price if isinstance(action.order, LimitOrder) else None


def _order_of(
    order: Order,
    action: Trade | Close | Reverse,
    sized: Sized,
    look: Look,
    *,
    reduce_only: bool,
    ends: datetime | None,
) -> OrderIntent:
    common: dict[str, Any] = {
        "order_id": order.id,
        "owner": order.owner,
        "market": order.market,
        "side": sized.side,
        "base": sized.base,
        "reduce_only": reduce_only,
        "oracle_price": look.mark.price,
    }
    price = _limit_price(order, action)
    if price is not None:
        return OrderIntent(
            **common,
            type="limit",
            # On the tick that is no worse for the owner than what was said.
            price=round_price(price, look.market.tick, up=sized.side == "sell"),
            post_only=isinstance(action.order, LimitOrder) and action.order.post_only,
            expires_at=ends,
        )
    slippage = (
        action.order.max_slippage_bps if isinstance(action.order, MarketOrder) else MarketOrder().max_slippage_bps
    )
    return OrderIntent(**common, max_slippage_bps=slippage)
