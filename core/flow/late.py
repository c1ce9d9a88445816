"""What becomes of a rule whose moment passed unused, and of a leg that is not to be sent any more; sends nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.action import is_exit
from core.domain.condition import AtTime, Now, Schedule
from core.domain.event import RuleMissed
from core.domain.order import ENDED, Fill, Order, OrderState
from core.domain.position import Account
from core.domain.rule import Rule, RuleState
from core.domain.wording import say_duration, say_live
from core.flow import lifecycle
from core.flow.allow import denial_at_send
from core.flow.outcome import Outcome
from core.flow.siblings import settle_siblings
from core.ports import Store, Transaction, Venue

SENDABLE = timedelta(minutes=2)
"""How long after its moment a leg may be sent that opens something: our own tries last for less."""


async def miss(tx: Transaction, rule: Rule, now: datetime, late_s: int, entries: Mapping[str, Decimal]) -> Rule:
    """Tell that *rule* was not run, and do as its `late` says: ask, or wait for the next time there is."""
    asked = rule.spec.lateness().do == "ask"
    missed = RuleMissed(
        at=now,
        owner=rule.owner,
        rule_id=rule.id,
        label=rule.label,
        cause=rule.cause,
        late_s=late_s,
        asked=asked,
        summary=say_live(rule),
    )
    rule = replace(rule, cause=await tx.append(missed))
    match rule.spec.condition:
        case Schedule():  # one run was missed; the next ones are due all the same
            skipped = replace(rule, fired_at=now)
            return await lifecycle.arm(tx, skipped, at=now, why="repeat", prices={}, entries=entries)
        case _ if asked:
            return await lifecycle.pause(tx, rule, now, "it crossed while nobody watched")
        case AtTime() | Now():  # there is no next time to wait for
            return await lifecycle.cancel(tx, rule, now, "its time passed while nobody watched")
        case _:
            memory = {**rule.memory, "reset": True}
            return await lifecycle.arm(tx, rule, at=now, why="resumed", prices={}, entries=entries, memory=memory)


async def overdue_s(tx: Transaction, order: Order, rule: Rule, now: datetime) -> int | None:
    """By how many seconds it is too late to send a planned leg without asking; None while it is not.

    The second half of a reversal is due once the first has ended. A sentry acts at its price, whenever it is placed.
    """
    late = rule.spec.lateness()
    runs = late.do == "run"
    if order.step == "sentry" or rule.state is not RuleState.FIRING or (runs and not is_exit(rule.spec.action)):
        return None
    legs = await tx.orders(rule_id=rule.id, trigger_no=order.trigger_no)
    if runs and any(leg.signature is not None for leg in legs):
        return None  # an exit that has begun is brought to its end
    due = order.due_at
    if order.step == "reverse_open":
        due = max([due, *(leg.ended_at for leg in legs if leg.market == order.market and leg.ended_at is not None)])
    late_s = int((now - due).total_seconds())
    return late_s if late_s > max(late.after_s, SENDABLE.total_seconds()) else None


async def is_overdue(store: Store, order: Order, now: datetime) -> bool:
    """Whether it is too late for a planned leg, as its rule stands."""
    if now - order.due_at <= SENDABLE:
        return False
    async with store.begin(order.owner) as tx:
        rule = await tx.rule(order.rule_id)
        return rule is not None and await overdue_s(tx, order, rule, now) is not None


async def give_up(store: Store, venue: Venue, order: Order, now: datetime) -> bool:
    """End a planned leg that it is too late for, and ask its owner; False where it is not too late, or runs anyway.

    An exit that runs however late looks at the price anew first: `is_overdue`.
    """
    if now - order.due_at <= SENDABLE:
        return False
    async with store.begin(order.owner) as tx:
        present, rule = await tx.order(order.id), await tx.rule(order.rule_id)
        if present is None or rule is None or present.state is not OrderState.PLANNED:
            return False
        late_s = await overdue_s(tx, present, rule, now)
        if late_s is None or rule.spec.lateness().do == "run":
            return False
        others = await tx.orders(rule_id=rule.id, trigger_no=order.trigger_no)
        if not _has_done_more(present, others):
            await settle_siblings(tx, rule, now, filled=False)
            await miss(tx, rule, now, late_s, {})
        outcome = Outcome(tx=tx, now=now, account=None, simulated=venue.simulated)
        reason = f"nobody could send it for {say_duration(late_s)}, so nothing was sent"
        await outcome.end(present, OrderState.CANCELLED, reason)
        return True


def _has_done_more(order: Order, legs: Sequence[Order]) -> bool:
    """Whether the trigger of *order* has traded, or may yet; a reversal's second half does nothing without the one."""
    others = [leg for leg in legs if leg.id != order.id and leg.step == "trade"]
    return any(leg.filled_base > 0 or leg.state not in ENDED for leg in others)


async def keeps_back(outcome: Outcome, order: Order, account: Account, traded: Sequence[Fill] | None) -> bool:
    """Whether a leg that is sized is not to be sent: its owner paused everything, or their limits say no. It has ended.

    What shrinks a position is sent though everything is paused. Raises AccountMoved.
    """
    tx, person = outcome.tx, await outcome.tx.read_owner()
    if order.intent is None:
        raise ValueError(f"Expected a sized order, was {order.id}")
    if person.paused and not order.intent.reduce_only:
        rule = await tx.rule(order.rule_id)
        if rule is not None and not _has_done_more(
            order, await tx.orders(rule_id=rule.id, trigger_no=order.trigger_no)
        ):
            await settle_siblings(tx, rule, outcome.now, filled=False)
            await lifecycle.pause(tx, rule, outcome.now, lifecycle.PAUSED_ALL)
        await outcome.end(order, OrderState.CANCELLED, "everything of yours was paused, so nothing was sent")
        return True
    denial = await denial_at_send(tx, person.limits, order.intent, account, outcome.now, traded)
    if denial is not None:
        await outcome.end(order, OrderState.DENIED, denial.reason)
    return denial is not None


async def look_anew(store: Store, venue: Venue, order: Order, account: Account, now: datetime, why: str) -> None:
    """End a protective leg that waited: its rule is armed again, to act if its condition still holds."""
    async with store.begin(order.owner) as tx:
        present = await tx.order(order.id)
        if present is not None and present.state is OrderState.PLANNED:
            outcome = Outcome(tx=tx, now=now, account=account, simulated=venue.simulated)
            waited = replace(present, attempts=max(1, present.attempts))
            await outcome.end(waited, OrderState.CANCELLED, f"{why}, so the rule looks at the price anew")


async def not_posted(store: Store, venue: Venue, order: Order, now: datetime, reason: str) -> None:
    """Give a sentry up that cannot be placed now: nothing of it was signed, and our engine watches its rule."""
    async with store.begin(order.owner) as tx:
        present = await tx.order(order.id)
        if present is not None and present.state is OrderState.PLANNED:
            outcome = Outcome(tx=tx, now=now, account=None, simulated=venue.simulated)
            await outcome.end(present, OrderState.DENIED, reason or "the venue did not answer in time")
