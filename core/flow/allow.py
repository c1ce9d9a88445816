"""Whether an owner's limits allow what a rule would do; asked when it is drafted and confirmed, and again at send."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Protocol

from core.domain.action import LimitOrder, Trade, is_exit, trades
from core.domain.condition import ALL_MARKETS
from core.domain.limit import Denial, Limits, Weighing, check
from core.domain.market import Market
from core.domain.money import HUNDRED, ONE, ZERO, percent_of
from core.domain.order import IN_FLIGHT, Fill, Order, OrderIntent, OrderState
from core.domain.position import Account
from core.domain.rule import RuleSet, RuleSpec
from core.flow.lifecycle import slippage_of
from core.ports import Transaction, VenueStatus

_MAYBE_SENT = frozenset(OrderState) - {OrderState.PLANNED, OrderState.DENIED}


class _Scene(Protocol):
    @property
    def prices(self) -> Mapping[str, Decimal]: ...
    @property
    def markets(self) -> Mapping[str, Market]: ...
    @property
    def account(self) -> Account: ...


def objections(rules: RuleSet, limits: Limits, scene: _Scene) -> list[str]:
    """What the owner's limits, and the venue's leverage, have against *rules* as things stand; empty = nothing."""
    found = []
    for spec in rules:
        denial = check(limits, _weigh(spec, scene))
        if denial is not None:
            found.append(denial.reason)
            continue
        leverage = getattr(spec.action, "leverage", None)
        market = scene.markets.get(getattr(spec.action, "market", ""))
        if leverage is not None and leverage > limits.max_leverage:
            found.append(f"{leverage:f}x is over your limit of {limits.max_leverage:f}x leverage")
        elif leverage is not None and market is not None and leverage > market.max_leverage:
            found.append(f"{market.symbol} allows at most {market.max_leverage:.0f}x")
    return found


def refusals(rules: RuleSet, venue: VenueStatus) -> list[str]:
    """Why the venue would take no order of *rules* as things stand, each reason once; empty = it would."""
    found: dict[str, None] = {}
    for spec in rules:
        if not trades(spec.action):
            continue
        market = getattr(spec.action, "market", ALL_MARKETS)
        reason = venue.refusal(market, is_exit=is_exit(spec.action))
        if reason is not None:
            found[f"{'The venue' if venue.state != 'open' else market} takes no orders now: {reason}"] = None
    return list(found)


def _weigh(spec: RuleSpec, scene: _Scene) -> Weighing:
    """The rule's order as it would be if it filled at its own price, or at the price of now."""
    action = spec.action
    if not trades(action) or is_exit(action) or not isinstance(action, Trade):
        return Weighing(notional_usd=ZERO, reduce_only=True, slippage_bps=slippage_of(spec))
    price = scene.prices.get(action.market)
    if isinstance(action.order, LimitOrder):
        price = action.order.price
    else:
        level = getattr(spec.condition, "price", None)
        price = level if isinstance(level, Decimal) else price
    if action.amount_usd is not None:
        notional = action.amount_usd
    elif action.margin_usd is not None:
        notional = action.margin_usd * (action.leverage or ONE)
    elif action.amount_percent is not None:
        notional = percent_of(min(action.amount_percent, HUNDRED), scene.account.free_collateral)
        notional *= action.leverage or ONE
    else:
        notional = (action.amount_base or ZERO) * (price or ZERO)
    return Weighing(notional_usd=notional, reduce_only=False, slippage_bps=slippage_of(spec))


class AccountMoved(Exception):
    """The owner has traded since their account was looked at, so what may be added to it is not known."""


async def last_fill(tx: Transaction) -> Sequence[Fill]:
    """What the owner traded last, for `denial_at_send` to see whether they have traded since."""
    return await tx.fills(limit=1)


async def denial_at_send(
    tx: Transaction,
    limits: Limits,
    intent: OrderIntent,
    account: Account,
    now: datetime,
    traded: Sequence[Fill] | None = None,
) -> Denial | None:
    """What the owner's limits have against *intent*, weighed against the account as it will be at most.

    Whatever rests or is on its way, and may open, counts as if it had filled: limits hold for all orders together.
    Raises AccountMoved where `last_fill` is not what was *traded* when *account* was looked at.
    """
    pending: list[Order] = []
    if not intent.reduce_only:
        if traded is not None and await last_fill(tx) != traded:
            raise AccountMoved
        pending = [o for o in await tx.orders(states=IN_FLIGHT) if o.id != intent.order_id and _opens(o.intent)]
    at = intent.price if intent.price is not None else intent.oracle_price
    held = account.position(intent.market)
    before = held.base if held is not None else ZERO
    beside = sum((_left(order) for order in pending if _is_beside(order, intent)), ZERO)
    whole = intent.base + beside
    after = abs(before + (whole if intent.side == "buy" else -whole)) * at
    grown = after - abs(before) * at
    gross = sum((position.notional for position in account.positions), ZERO) + max(ZERO, grown)
    gross += sum((_worth(order) for order in pending if order.market != intent.market), ZERO)
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    sent = await tx.orders(since=midnight, states=_MAYBE_SENT, limit=max(1000, 2 * limits.max_orders_a_day))
    today = [
        order
        for order in sent
        # What was never signed was never sent, and what only stands for a rule has not traded.
        if order.signature is not None and order.id != intent.order_id
        if order.step != "sentry" or order.filled_base > 0
    ]
    return check(
        limits,
        Weighing(
            notional_usd=intent.base * at,
            reduce_only=intent.reduce_only,
            slippage_bps=intent.max_slippage_bps,
            position_usd_after=after,
            leverage_after=gross / account.equity if account.equity > 0 else limits.max_leverage + ONE,
            orders_today=len(today),
            others_open=bool(pending),
        ),
    )


def _opens(intent: OrderIntent | None) -> bool:
    return intent is not None and not intent.reduce_only


def _is_beside(order: Order, intent: OrderIntent) -> bool:
    """Whether *order* would grow the same side of the same position."""
    return order.intent is not None and order.market == intent.market and order.intent.side == intent.side


def _left(order: Order) -> Decimal:
    """Base that may still trade."""
    return ZERO if order.intent is None else order.intent.base - order.filled_base


def _worth(order: Order) -> Decimal:
    """What may still trade, in quote."""
    intent = order.intent
    return ZERO if intent is None else _left(order) * (intent.price or intent.oracle_price)
