"""A crossing → one trigger: the rule fired, its legs planned, its siblings held, all or nothing in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import assert_never

from core.domain.action import (
    Action,
    Alert,
    Close,
    MoveStop,
    Retraction,
    Reverse,
    Trade,
    is_exit,
    leaves_the_rest_armed,
)
from core.domain.condition import ALL_MARKETS
from core.domain.event import RuleTriggered
from core.domain.event.rules import BY_TELLING
from core.domain.ids import OrderId, new_id
from core.domain.level import levels
from core.domain.market import Observation
from core.domain.order import ENDED, Order, OrderState
from core.domain.position import Account
from core.domain.rule import LIVE, Rule, RuleState, leaves_at_once
from core.domain.sentry import level_of
from core.domain.sizing import plan_legs
from core.domain.wording import say_live
from core.flow import lifecycle
from core.flow.asking import ask_cancel, withdraw
from core.flow.late import miss
from core.flow.moving import move_stop
from core.flow.points import passing
from core.flow.siblings import hold_siblings, settle_siblings
from core.ports import Clock, Crossing, Fence, Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What firing needs to know of the world, read before its transaction begins."""

    account: Account
    observation: Observation | None
    venue: str
    prices: Mapping[str, Decimal]
    """Fresh prices (quote) by market."""


async def fire(store: Store, clock: Clock, crossing: Crossing, world: World, fence: Fence | None) -> RuleState | None:
    """The state the rule is in after *crossing*, or None if nothing was done: somebody else's firing, a stale fence, a
    rule that is not armed any more in the version that crossed. Where the owner paused everything it is paused too.
    """
    state: RuleState | None = None
    async with store.begin(crossing.rule.owner) as tx:
        if fence is not None and not await tx.fenced(fence):
            return None
        rule = await tx.rule(crossing.rule.id)
        if rule is None or rule.state is not RuleState.ARMED or rule.version != crossing.rule.version:
            return None
        rule = replace(rule, memory=crossing.rule.memory)
        now = clock.now()
        if (await tx.read_owner()).paused and not leaves_at_once(rule.spec):
            state = (await lifecycle.pause(tx, rule, now, lifecycle.PAUSED_ALL)).state
        elif rule.spec.is_over(now):
            state = (await lifecycle.expire(tx, rule, now)).state
        elif (sentry := await _sentry(tx, rule, now)) is not None:
            state = await _trigger(tx, rule, crossing, world, now, sentry=sentry)
        elif (late_s := _lateness(rule, crossing, now)) is None:
            state = await _trigger(tx, rule, crossing, world, now)
        else:
            state = await _late(tx, rule, crossing, world, now, late_s)
        passing("fire.before_commit")
    passing("fire.after_commit")
    return state


async def _sentry(tx: Transaction, rule: Rule, now: datetime) -> Order | None:
    """The order that acts for *rule* at the venue, or may; one that was not even signed stays unsent."""
    order = None if rule.sentry is None else await tx.order(rule.sentry)
    while order is not None and order.state is OrderState.PLANNED:
        reason = "the price came before it was placed"
        await tx.save_order(replace(order, state=OrderState.CANCELLED, reason=reason, ended_at=now), was=order.state)
        order = None if order.replaces is None else await tx.order(order.replaces)
    return None if order is None or order.state in ENDED else order


def _lateness(rule: Rule, crossing: Crossing, now: datetime) -> int | None:
    """By how many seconds the crossing is late, or None where it is not."""
    due = crossing.due
    if crossing.already and (off := rule.memory.get("off_since")) is not None:
        due = min(due, datetime.fromisoformat(off))
    late = int((now - due).total_seconds())
    return late if late > 0 and (crossing.already or late > rule.spec.lateness().after_s) else None


async def _late(tx: Transaction, rule: Rule, crossing: Crossing, world: World, now: datetime, late_s: int) -> RuleState:
    lateness = rule.spec.lateness()
    entries = {position.market: position.entry_price for position in world.account.positions}
    runs = lateness.do == "run" and not _holds_no_more(rule, world.prices, entries)
    if late_s <= lateness.after_s or runs:
        return await _trigger(tx, rule, crossing, world, now, late_s=late_s)
    return (await miss(tx, rule, now, late_s, entries)).state


def _holds_no_more(rule: Rule, prices: Mapping[str, Decimal], entries: Mapping[str, Decimal]) -> bool:
    """Whether the price is known to be back on this side of the one level, while its crossing could not be stored."""
    where = levels(rule.spec.condition, references=rule.references, entries=entries)
    price = prices.get(getattr(rule.spec.condition, "market", ""))
    known = where is not None and (where.lower is not None or where.upper is not None)
    return known and where is not None and price is not None and not where.reached(price)


async def _trigger(
    tx: Transaction,
    rule: Rule,
    crossing: Crossing,
    world: World,
    now: datetime,
    *,
    late_s: int = 0,
    sentry: Order | None = None,
) -> RuleState:
    action = rule.spec.action
    trigger_no = rule.trigger_no + 1
    seen = world.observation
    orders: list[Order] = []
    if sentry is None and isinstance(action, Trade | Close | Reverse):
        orders = _plan(rule, action, crossing, world, now)
    event = RuleTriggered(
        at=now,
        owner=rule.owner,
        rule_id=rule.id,
        label=rule.label,
        trigger_no=trigger_no,
        summary=say_live(rule),
        market=crossing.market,
        price=crossing.price,
        source=seen.source if seen is not None else "",
        simulated=seen.simulated if seen is not None else False,
        late_s=late_s,
        message=action.message if isinstance(action, Alert) else None,
        orders=len(orders) if sentry is None else 1,
        resting=sentry is not None,
    )
    detail = {"trigger_no": trigger_no, "price": crossing.price, "late_s": late_s}
    fired = await lifecycle.change(
        tx,
        rule,
        RuleState.FIRING,
        event,
        detail=detail,
        trigger_no=trigger_no,
        fired_at=now,
        reason=None,
        memory=lifecycle.seen_by_us(rule.memory),
        sentry=None if sentry is None else sentry.id,
    )
    for order in orders:
        await tx.add_order(replace(order, cause=fired.cause))
        if order.due_at <= now and order.step == "trade":
            await tx.enqueue(order.id, priority=1 if is_exit(action) else 0)
    if not leaves_the_rest_armed(action):
        await hold_siblings(tx, fired, now)
    if sentry is not None:
        level = level_of(fired, {held.market: held.entry_price for held in world.account.positions})
        if level is None or level[0] != sentry.trigger_price:
            await withdraw(tx, fired)  # it stands where the rule no longer says
        await tx.enqueue(sentry.id, priority=1)
    if orders or sentry is not None:
        return RuleState.FIRING
    return await _act(tx, fired, action, world, now)


def _plan(rule: Rule, action: Trade | Close | Reverse, crossing: Crossing, world: World, now: datetime) -> list[Order]:
    markets: Sequence[str] = [action.market]
    if action.market == ALL_MARKETS:
        markets = [position.market for position in world.account.positions if position.base != 0]
    return [
        Order(
            id=OrderId(new_id("o", now)),
            owner=rule.owner,
            rule_id=rule.id,
            trigger_no=rule.trigger_no + 1,
            leg_no=number,
            market=leg.market,
            due_at=leg.due_at,
            created_at=now,
            venue=world.venue,
            share=leg.share,
            step=leg.step,
            limit_price=leg.limit_price,
            trigger_price=crossing.price if crossing.market == leg.market else None,
        )
        for number, leg in enumerate(plan_legs(action, markets, now), 1)
    ]


async def _act(tx: Transaction, rule: Rule, action: Action, world: World, now: datetime) -> RuleState:
    """Do what needs no order, and finish or re-arm the rule."""
    moved = True
    entries = {position.market: position.entry_price for position in world.account.positions}
    match action:
        case Alert():
            why = BY_TELLING
        case Trade() | Close() | Reverse():
            await settle_siblings(tx, rule, now, filled=False)
            return (await lifecycle.fail(tx, rule, now, "there was no open position to close")).state
        case MoveStop():
            moved, why = await move_stop(tx, rule, action, world.account, world.prices, now)
        case Retraction(type="cancel_orders", market=market):
            why = f"{await ask_cancel(tx, market)} open orders are being cancelled"
        case Retraction(type=kind, market=market):
            why = await _retract_rules(tx, rule, kind == "pause_rules", market, now)
        case _:
            assert_never(action)
    await settle_siblings(tx, rule, now, filled=True)
    again = await lifecycle.rearm(tx, rule, at=now, prices=world.prices, entries=entries)
    if again is None and not moved:  # nobody may believe in a stop that is not there
        return (await lifecycle.fail(tx, rule, now, why)).state
    return (again or await lifecycle.complete(tx, rule, now, why)).state


async def _retract_rules(tx: Transaction, by: Rule, pausing: bool, market: str, now: datetime) -> str:
    count = 0
    states = {RuleState.ARMED, RuleState.WAITING} if pausing else LIVE - {RuleState.FIRING}
    for listed in await tx.rules(states):
        rule = await tx.rule(listed.id)  # cancelling one cancels what waited for it, further down this list
        if rule is None or rule.state not in states:
            continue
        about = {getattr(leaf, "market", None) for leaf in (rule.spec.condition, rule.spec.action)}
        if rule.id == by.id or (market != ALL_MARKETS and market not in about):
            continue
        if pausing:
            await lifecycle.pause(tx, rule, now, f"{by.label} paused it")
        else:
            await lifecycle.cancel(tx, rule, now, f"{by.label} cancelled it")
        count += 1
    return f"{count} rules were {'paused' if pausing else 'cancelled'}"
