"""What becomes of a rule by what is proven of its sentry: posted, fired there, overdue, gone; decides no placing."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.action import leaves_the_rest_armed
from core.domain.event import RulePosted, RuleRelieved, RuleTriggered
from core.domain.order import ENDED, Order, OrderState
from core.domain.rule import Rule, RuleState
from core.domain.wording import say_live
from core.flow import lifecycle
from core.flow.asking import withdraw
from core.flow.sentry import is_taken_off_by_hand, refused_last
from core.flow.siblings import hold_siblings, settle_siblings
from core.ports import Again, OrderReport, Store, Transaction

KEEPERS = timedelta(seconds=15)
"""How long after a price has come we leave it to the venue's keepers; then our engine takes over."""


async def fired(tx: Transaction, order: Order, now: datetime, *, simulated: bool) -> None:
    """Record that the rule of a sentry has fired, where the venue saw it first, or we were not there."""
    rule = await tx.rule(order.rule_id)
    awake = {RuleState.ARMED, RuleState.HELD, RuleState.PAUSED}
    if rule is None or rule.state not in awake or rule.trigger_no + 1 != order.trigger_no:
        return
    event = RuleTriggered(
        at=now,
        owner=rule.owner,
        rule_id=rule.id,
        label=rule.label,
        trigger_no=order.trigger_no,
        summary=say_live(rule),
        market=order.market,
        price=order.trigger_price,
        source=order.venue,
        simulated=simulated,
        orders=1,
        resting=True,
    )
    detail = {"trigger_no": order.trigger_no, "price": order.trigger_price, "by": order.venue}
    rule = await lifecycle.change(
        tx,
        rule,
        RuleState.FIRING,
        event,
        detail=detail,
        trigger_no=order.trigger_no,
        fired_at=now,
        held_by=None,
        resume_to=None,
        reason=None,
        memory=lifecycle.seen_by_us(rule.memory),
    )
    if not leaves_the_rest_armed(rule.spec.action):
        await hold_siblings(tx, rule, now)


async def leave_to_keepers(store: Store, order: Order) -> None:
    """Raises Again where *order* is a sentry whose price has come: the venue is given time before we take over."""
    if order.step != "sentry" or order.state is not OrderState.ACCEPTED:
        return
    async with store.begin(order.owner) as tx:
        present = await tx.order(order.id)
        if present is not None and await _is_awaited(tx, present):
            raise Again("its price has come; the venue's keepers are given time", KEEPERS.total_seconds())


async def _is_awaited(tx: Transaction, order: Order) -> bool:
    """Whether the rule of *order*, a sentry that rests, has fired and waits for the venue to act."""
    if order.step != "sentry" or order.state is not OrderState.ACCEPTED or order.cancel_asked:
        return False
    rule = await tx.rule(order.rule_id)
    return rule is not None and rule.state is RuleState.FIRING and rule.trigger_no == order.trigger_no


async def hurry(tx: Transaction, order: Order, report: OrderReport, now: datetime) -> None:
    """Ask a sentry back that nobody at the venue fired although its price has come for long: our engine acts then."""
    if report.triggered or report.fills or not await _is_awaited(tx, order):
        return
    rule = await tx.rule(order.rule_id)
    if rule is not None and rule.fired_at is not None and now - rule.fired_at >= KEEPERS:
        await withdraw(tx, rule)


async def posted(tx: Transaction, order: Order, now: datetime, *, simulated: bool) -> None:
    """Tell that a sentry is proven to rest."""
    rule, intent = await tx.rule(order.rule_id), order.intent
    if rule is None or rule.sentry != order.id or rule.state is not RuleState.ARMED or intent is None:
        return
    before = None if order.replaces is None else await tx.order(order.replaces)
    event = RulePosted(
        at=now,
        owner=rule.owner,
        rule_id=rule.id,
        label=rule.label,
        cause=order.cause,
        order_id=order.id,
        market=order.market,
        side=intent.side,
        base=intent.base,
        price=intent.trigger_price or intent.oracle_price,
        when=intent.trigger_when or "<=",
        venue=order.venue,
        simulated=simulated,
        resized=before is not None
        and before.intent is not None
        and before.intent.trigger_price == intent.trigger_price,
    )
    await _keep(tx, replace(rule, cause=await tx.append(event)))


async def ended(tx: Transaction, order: Order, now: datetime, *, gone: bool) -> bool:
    """Follow the end of a sentry that traded nothing; whether its rule has legs that decide what becomes of it.

    `gone` = the position that it stood for is: its rule follows, and that is told.
    """
    rule = await tx.rule(order.rule_id)
    if rule is None:
        return False
    legs = await tx.orders(rule_id=rule.id, trigger_no=order.trigger_no)
    live = [leg for leg in legs if leg.state not in ENDED]
    if rule.state is RuleState.FIRING and rule.trigger_no == order.trigger_no:
        if live or any(leg.filled_base > 0 for leg in legs):
            return not live
        await _release(tx, rule, now)
        return False
    if rule.sentry != order.id:
        return False
    before = next((leg for leg in live if leg.id == order.replaces), None)
    rule = replace(rule, sentry=None if before is None else before.id)
    if rule.state is RuleState.ARMED and before is None and not gone and _is_news(order, legs):
        reason = order.reason or f"it was taken off at {order.venue}"
        event = RuleRelieved(
            at=now,
            owner=rule.owner,
            rule_id=rule.id,
            label=rule.label,
            cause=order.cause,
            order_id=order.id,
            venue=order.venue,
            reason=reason,
        )
        rule = replace(rule, cause=await tx.append(event))
    await _keep(tx, rule)
    return False


async def _release(tx: Transaction, rule: Rule, now: datetime) -> None:
    """Watch a rule again whose sentry did not act: our engine fires it if its condition still holds."""
    await settle_siblings(tx, rule, now, filled=False)
    alone = replace(rule, sentry=None)
    if (await tx.read_owner()).paused:
        await lifecycle.pause(tx, alone, now, lifecycle.PAUSED_ALL)
    else:
        await lifecycle.arm(tx, alone, at=now, why="released", prices={})


def _is_news(order: Order, legs: list[Order]) -> bool:
    """Whether its owner must hear that the sentry is gone: not of what we did ourselves, nor of each further try.

    That bytes got lost on their way is news only once it happens again.
    """
    sentries = sorted((leg for leg in legs if leg.step == "sentry"), key=lambda leg: -leg.leg_no)  # -1 is the first
    so_far = [order if leg.id == order.id else leg for leg in sentries if leg.leg_no >= order.leg_no]
    if is_taken_off_by_hand(order):
        return True
    return _is_told(refused_last(so_far)) and not _is_told(refused_last(so_far[:-1]))


def _is_told(refused: list[Order]) -> bool:
    return len(refused) > 1 or any(leg.state is not OrderState.LAPSED for leg in refused)


async def _keep(tx: Transaction, rule: Rule) -> None:
    await tx.save_rule(rule, was=rule.state, version=rule.version)
