"""Asking a venue what became of an order and taking in what it proves; what proves nothing changes nothing."""

import asyncio
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from core.domain.errors import ApprovalNeeded, NoPermission, PriceUnavailable, VenueError
from core.domain.event import PositionFundingPaid, PositionLiquidated
from core.domain.ids import OrderId, OwnerId
from core.domain.money import ZERO
from core.domain.order import IN_FLIGHT, Order, OrderState
from core.domain.position import Account
from core.domain.rule import LIVE, RuleState
from core.flow import lifecycle
from core.flow.approve import ask_to_take_off
from core.flow.outcome import Outcome, retire
from core.flow.points import passing
from core.ports import Activity, Clock, Finding, Store, Transaction, Venue

TIME_OUT_S = 10.0


async def settle(store: Store, venue: Venue, clock: Clock, owner: OwnerId, order_id: OrderId) -> Order | None:
    """Ask the venue about an order in flight and record what it proves; the order as it then is.

    Safe to call any number of times, in any number of processes.
    """
    async with store.begin(owner) as tx:
        order = await tx.order(order_id)
    if order is None or order.state not in IN_FLIGHT or order.signature is None:
        return order
    passing("settle.before_lookup")
    by_hand = False
    try:
        async with asyncio.timeout(TIME_OUT_S):
            report = await venue.lookup(owner, order.signature)
            if order.cancel_asked and report.finding in (Finding.LIVE, Finding.ABSENT):
                try:
                    await venue.cancel(owner, order.signature)
                except ApprovalNeeded:
                    by_hand = True
                report = await venue.lookup(owner, order.signature)
            account = await venue.account(owner)
            marks = await _marks(store, venue, order) if report.fills else {}
    except NoPermission:
        return await _leave_standing(store, order)
    except (VenueError, TimeoutError, OSError):
        return order
    async with store.begin(owner) as tx:
        order = await tx.order(order_id)
        if order is None or order.state not in IN_FLIGHT:
            return order
        outcome = Outcome(tx=tx, now=clock.now(), account=account, simulated=venue.simulated, marks=marks)
        order = await outcome.record(order, report)
        if by_hand:
            order = await ask_to_take_off(tx, order, clock.now())
        passing("settle.before_commit")
    passing("settle.after_commit")
    return order


async def _leave_standing(store: Store, order: Order) -> Order:
    """Let a sentry be that we may not take off: it is asked back again now and then, not every second."""
    async with store.begin(order.owner) as tx:
        present = await tx.order(order.id)
        if order.step == "sentry" and present is not None and present.state in IN_FLIGHT:
            await tx.save_order(replace(present, cancel_asked=False), was=present.state)
    return order


async def _marks(store: Store, venue: Venue, order: Order) -> dict[str, Decimal]:
    """Prices (quote) that rules are measured from once *order* has filled: its own, and those behind it."""
    async with store.begin(order.owner) as tx:
        rules = [rule for rule in await tx.rules(LIVE) if order.rule_id in (rule.id, rule.after_rule)]
    marks = {}
    for market in sorted({market for rule in rules for market in lifecycle.current_price_markets(rule.spec)}):
        try:
            marks[market] = (await venue.mark(market)).price
        except (VenueError, PriceUnavailable):
            continue  # a fill is taken in whether or not the price of another market is known
    return marks


async def reconcile(store: Store, venue: Venue, clock: Clock, owner: OwnerId) -> int:
    """Take in what the venue did by itself (funding, liquidations) and retire exits whose position is gone.

    Positions closed by hand or on another device are found here too. Returns how many things were found.
    """
    asked_at = clock.now()
    async with store.begin(owner) as tx:
        after = await tx.activity_cursor(venue.name)
        traded = await tx.fills(limit=1)
    try:
        async with asyncio.timeout(TIME_OUT_S):
            news = await venue.activity(owner, after)
            account = await venue.account(owner)
    except (VenueError, TimeoutError, OSError):
        return 0
    await _prove_sentries(store, venue, clock, owner, account)
    async with store.begin(owner) as tx:
        if await tx.activity_cursor(venue.name) != after:
            return 0  # another process took the same news in
        for item in news:
            if item.kind == "funding":
                await tx.append(
                    PositionFundingPaid(
                        at=item.at,
                        owner=owner,
                        market=item.market,
                        base=item.base_after,
                        simulated=venue.simulated,
                        venue=venue.name,
                        amount=item.amount,
                        rate=item.rate,
                    )
                )
            else:
                await tx.append(_liquidated(item, owner, venue, account))
        if news:
            await tx.save_activity_cursor(venue.name, news[-1].number)
        await _expire_unwatched(tx, clock.now())
        if await tx.fills(limit=1) != traded:
            return len(news)  # the account is older than our books: what it does not show may just have been opened
        bound = [rule for rule in await tx.rules(LIVE) if rule.bound_side is not None]
        markets = {market for rule in bound if (market := getattr(rule.spec.action, "market", None)) is not None}
        # What is in flight may explain a position that is gone, and will settle it; what is proven to rest does not.
        markets -= {order.market for order in await tx.orders(states=IN_FLIGHT) if not _is_at_rest(order)}
        gone = [
            await retire(tx, account, clock.now(), market=market, armed_before=asked_at) for market in sorted(markets)
        ]
    return len(news) + sum(gone)


def _liquidated(item: Activity, owner: OwnerId, venue: Venue, account: Account) -> PositionLiquidated:
    """What a liquidation did; where the venue tells only what it took, what is left is what *account* shows."""
    was, base = item.base_before, item.base_after
    if item.taken is not None:
        held = account.position(item.market)
        base = ZERO if held is None else held.base
        was = base + item.taken
    return PositionLiquidated(
        at=item.at,
        owner=owner,
        market=item.market,
        base=base,
        simulated=venue.simulated,
        venue=venue.name,
        was=was,
        price=item.price,
        fee=item.amount,
        realised_pnl=item.realised,
    )


def _is_at_rest(order: Order) -> bool:
    return order.step == "sentry" and order.state is OrderState.ACCEPTED and order.filled_base == 0


async def _prove_sentries(store: Store, venue: Venue, clock: Clock, owner: OwnerId, account: Account) -> None:
    """Ask about sentries whose position *account* does not show: one that still rests then has not closed it."""
    if not venue.holds_protective_orders:
        return
    async with store.begin(owner) as tx:
        resting = [order for order in await tx.orders(states={OrderState.ACCEPTED}) if _is_at_rest(order)]
    for order in resting:
        held, intent = account.position(order.market), order.intent
        if intent is not None and (held is None or (held.base > 0) is (intent.side == "buy")):
            await settle(store, venue, clock, owner, order.id)


async def _expire_unwatched(tx: Transaction, now: datetime) -> None:
    """Expire what is over among rules that nobody watches; armed ones expire where they are watched."""
    for listed in await tx.rules({RuleState.WAITING, RuleState.PAUSED}):
        rule = await tx.rule(listed.id)  # an expiry cancels what waited for it, further down this list
        if rule is not None and rule.spec.is_over(now) and rule.state in (RuleState.WAITING, RuleState.PAUSED):
            await lifecycle.expire(tx, rule, now)
