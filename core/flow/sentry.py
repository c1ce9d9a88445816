"""Orders that stand at the venue for armed exits: which should, and for what; decides no firing of our own.

One owner's rules and their sentries are compared, and what differs is planned or asked back: whatever happened in
between, and wherever a process died, the next comparison puts it right.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.errors import PriceUnavailable, VenueError
from core.domain.event import (
    Event,
    OrderEvent,
    PositionChanged,
    PositionClosed,
    PositionLiquidated,
    PositionOpened,
    RuleArmed,
    RuleRelieved,
)
from core.domain.ids import OrderId, OwnerId, RuleId, new_id
from core.domain.market import Market, Observation
from core.domain.order import ENDED, IN_FLIGHT, Order, OrderIntent, OrderState
from core.domain.position import Account
from core.domain.rule import Rule, RuleState
from core.domain.sentry import Terms, can_stand, terms_of
from core.domain.sizing import NothingToDo
from core.flow.asking import withdraw
from core.ports import Clock, Store, Transaction, Venue

TIME_OUT_S = 10.0
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=1)
"""How long our engine watches alone after the venue refused a sentry, before it is asked again: doubling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The venue as it is, read before the comparison."""

    venue: str
    account: Account
    markets: Mapping[str, Market]
    marks: Mapping[str, Observation]


async def tend(store: Store, venue: Venue, clock: Clock, owner: OwnerId) -> int:
    """Have a sentry planned, moved or asked back for each of *owner*'s armed exits; how many were.

    Safe to call any number of times, in any number of processes.
    """
    if not venue.holds_protective_orders:
        return 0
    async with store.begin(owner) as tx:
        awake = await tx.rules({RuleState.ARMED, RuleState.FIRING})
        orphans = await _ask_orphans_back(tx, {rule.id for rule in awake})
    concerned = [rule for rule in awake if rule.state is RuleState.ARMED and _is_concerned(rule)]
    if not concerned:
        return orphans
    try:
        async with asyncio.timeout(TIME_OUT_S):
            seen = await _see(venue, owner, {getattr(rule.spec.action, "market", "") for rule in concerned})
    except (VenueError, TimeoutError, OSError):
        return orphans
    async with store.begin(owner) as tx:
        if (await tx.read_owner()).paused:
            return orphans
        rules = [rule for rule in await tx.rules({RuleState.ARMED}) if _is_concerned(rule)]
        return orphans + sum([await _tend_one(tx, rule, seen, clock.now()) for rule in rules])


async def _ask_orphans_back(tx: Transaction, awake: set[RuleId]) -> int:
    """Ask back what stands for rules that do not act any more; what nobody may take off now is asked for again."""
    standing = [order for order in await tx.orders(states=IN_FLIGHT) if order.step == "sentry"]
    left = {order.rule_id for order in standing if not order.cancel_asked} - awake
    rules = [rule for rule_id in sorted(left) if (rule := await tx.rule(rule_id)) is not None]
    return sum([await withdraw(tx, rule) for rule in rules])


def calls_for_sentries(event: Event) -> bool:
    """Whether *event* may have changed what should stand at the venue for its owner's rules, or what does."""
    if isinstance(event, OrderEvent):
        return event.sentry and event.name not in ("order.signed", "order.sent")
    moved = PositionOpened | PositionChanged | PositionClosed | PositionLiquidated
    return isinstance(event, RuleArmed | RuleRelieved | moved)


def _is_concerned(rule: Rule) -> bool:
    return rule.sentry is not None or can_stand(rule.spec)


async def _see(venue: Venue, owner: OwnerId, names: set[str]) -> _Seen:
    markets = await venue.markets()
    marks = {}
    for name in sorted(names & markets.keys()):
        try:
            marks[name] = await venue.mark(name)
        except PriceUnavailable:
            continue  # what is placed without a price might fire at once
    return _Seen(venue=venue.name, account=await venue.account(owner), markets=markets, marks=marks)


async def _tend_one(tx: Transaction, rule: Rule, seen: _Seen, now: datetime) -> int:
    standing = None if rule.sentry is None else await tx.order(rule.sentry)
    if standing is not None and not _is_at_rest(standing):
        return 0  # unproven, on its way off, or trading: looked at again when that is known
    terms = _terms(rule, seen)
    if terms is None:
        return 0 if standing is None else await withdraw(tx, rule)
    mark = seen.marks.get(getattr(rule.spec.action, "market", ""))
    if mark is None or is_reached(terms, mark) or (standing is not None and _is_so(standing, terms)):
        return 0
    legs = [
        leg
        for leg in await tx.orders(rule_id=rule.id, trigger_no=rule.trigger_no + 1)
        if leg.step == "sentry"
    ]  # fmt: skip
    if standing is None and not _may_try(rule, sorted(legs, key=lambda leg: -leg.leg_no), now):
        return 0
    planned = Order(
        id=OrderId(new_id("o", now)),
        owner=rule.owner,
        rule_id=rule.id,
        trigger_no=rule.trigger_no + 1,
        leg_no=-1 - len(legs),
        market=mark.market,
        due_at=now,
        created_at=now,
        venue=seen.venue,
        step="sentry",
        trigger_price=terms.price,
        replaces=None if standing is None else standing.id,
        cause=rule.cause,
    )
    await tx.add_order(planned)
    await tx.save_rule(replace(rule, sentry=planned.id), was=rule.state, version=rule.version)
    await tx.enqueue(planned.id, priority=1)
    return 1


def _terms(rule: Rule, seen: _Seen) -> Terms | None:
    """What should stand for *rule*; None where nothing should, or nothing can."""
    market = seen.markets.get(getattr(rule.spec.action, "market", ""))
    if market is None or seen.account.by_hand or not can_stand(rule.spec):
        return None
    terms = terms_of(rule, seen.account, market)
    return None if isinstance(terms, NothingToDo) else terms


def _is_at_rest(order: Order) -> bool:
    return order.state is OrderState.ACCEPTED and not order.cancel_asked and order.filled_base == 0


def is_reached(terms: Terms, mark: Observation) -> bool:
    """Whether the price is there already: then it is too late to place anything that waits for it."""
    return mark.price <= terms.price if terms.when == "<=" else mark.price >= terms.price


def _is_so(order: Order, terms: Terms) -> bool:
    intent = order.intent
    return intent is not None and terms == Terms(
        side=intent.side,
        base=intent.base,
        price=intent.trigger_price or terms.price,
        when=intent.trigger_when or terms.when,
        expires_at=intent.expires_at,
    )


def _may_try(rule: Rule, legs: list[Order], now: datetime) -> bool:
    """Whether one may be placed after *legs*, oldest first, that are gone: not at once after the venue refused one.

    What its owner took off at the venue by hand stays off until they arm the rule anew.
    """
    if not legs or legs[-1].cancel_asked:
        return True
    ended = legs[-1].ended_at
    if ended is None or (rule.armed_at is not None and rule.armed_at > ended):
        return True
    if is_taken_off_by_hand(legs[-1]):
        return False
    tries = len(refused_last(legs))
    if tries == 0 or (tries == 1 and legs[-1].state is OrderState.LAPSED):
        return True  # bytes that got lost on their way say nothing of the next ones
    return now >= ended + min(LONGEST_RETRY, FIRST_RETRY * int(2 ** min(tries - 1, 8)))


def refused_last(legs: list[Order]) -> list[Order]:
    """Of *legs*, oldest first, those at the end that the venue did not want, one after another."""
    run: list[Order] = []
    for leg in reversed(legs):
        if not is_refused(leg):
            break
        run.append(leg)
    return run


def is_refused(order: Order) -> bool:
    """Whether an ended sentry was one that the venue did not want, or did not keep."""
    own = order.cancel_asked or (order.state is OrderState.CANCELLED and order.signature is None)
    return order.state in ENDED and not own and order.filled_base == 0


def is_taken_off_by_hand(order: Order) -> bool:
    """Whether somebody took the sentry off at the venue, for no reason that the venue has."""
    return order.state is OrderState.CANCELLED and order.proof == "venue" and not (order.cancel_asked or order.reason)


async def sentry_intent(
    tx: Transaction, order: Order, rule: Rule, account: Account, market: Market, mark: Observation
) -> OrderIntent | NothingToDo:
    """What to send for a planned sentry, from the live position."""
    if rule.state is not RuleState.ARMED or rule.sentry != order.id or not can_stand(rule.spec):
        return NothingToDo(reason="its rule does not need it any more")
    terms = terms_of(rule, account, market)
    if isinstance(terms, NothingToDo):
        return terms
    if is_reached(terms, mark):
        return NothingToDo(reason="the price was there before it was placed")
    before = None if order.replaces is None else await tx.order(order.replaces)
    if before is not None and before.state in ENDED:
        before = None
    if before is not None and not _is_at_rest(before):
        return NothingToDo(reason="the order whose place it was to take is on its way off")
    return OrderIntent(
        order_id=order.id,
        owner=order.owner,
        market=order.market,
        side=terms.side,
        base=terms.base,
        type="trigger_market",
        trigger_price=terms.price,
        trigger_when=terms.when,
        reduce_only=True,
        oracle_price=mark.price,
        expires_at=terms.expires_at,
        replaces=None if before is None else before.signature,
    )
