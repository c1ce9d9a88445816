"""Whether an owner's limits allow what a rule would do; asked when it is drafted and confirmed, and again at send."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Protocol

from core.domain.action import LimitOrder, Trade, is_exit, trades
from core.domain.condition import ALL_MARKETS
from core.domain.limit import Denial, Limits, Weighing, check
from core.domain.market import Market
from core.domain.money import HUNDRED, ONE, ZERO, percent_of
from core.domain.order import OrderIntent
from core.domain.position import Account
from core.domain.rule import RuleSet, RuleSpec
from core.flow.lifecycle import slippage_of
from core.ports import Transaction, VenueStatus


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


async def denial_at_send(
    tx: Transaction, limits: Limits, intent: OrderIntent, account: Account, now: datetime
) -> Denial | None:
    """What the owner's limits have against *intent*, weighed against the account as it is at this moment."""
    at = intent.price if intent.price is not None else intent.oracle_price
    notional = intent.base * at
    held = account.position(intent.market)
    signed = intent.base if intent.side == "buy" else -intent.base
    before = held.base if held is not None else ZERO
    after = abs(before + signed) * at
    grown = after - abs(before) * at
    gross = sum((position.notional for position in account.positions), ZERO) + max(ZERO, grown)
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    today = [
        order
        for order in await tx.orders(since=midnight)
        # What was never signed was never sent, and what only stands for a rule has not traded.
        if order.signature is not None and order.id != intent.order_id
        if order.step != "sentry" or order.filled_base > 0
    ]
    return check(
        limits,
        Weighing(
            notional_usd=notional,
            reduce_only=intent.reduce_only,
            slippage_bps=intent.max_slippage_bps,
            position_usd_after=after,
            leverage_after=gross / account.equity if account.equity > 0 else limits.max_leverage + ONE,
            orders_today=len(today),
        ),
    )
