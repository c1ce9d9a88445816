"""Every change of a rule's state, with its job row and its event, in one transaction; decides what follows from it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from core.domain.action import MarketOrder, is_exit, trades
from core.domain.condition import PriceChange, Schedule, Trailing, leaves
from core.domain.errors import Conflict
from core.domain.event import (
    Event,
    RuleArmed,
    RuleCancelled,
    RuleCompleted,
    RuleExpired,
    RuleFailed,
    RuleHeld,
    RulePaused,
    RuleResumed,
)
from core.domain.rule import LIVE, TRANSITIONS, Rule, RuleSpec, RuleState, job_kind
from core.domain.sentry import can_stand
from core.domain.wording import say_rule, trigger_prices
from core.flow.asking import withdraw
from core.ports import Job, JobLog, Transaction

PAUSED_ALL = "everything was paused"
"""Why a rule is paused that its owner did not pause by itself: it is watched again when everything is resumed."""

Why = Literal["confirmed", "resumed", "after_fill", "released", "repeat", "late_run"]


async def change(
    tx: Transaction,
    rule: Rule,
    state: RuleState,
    event: Event,
    *,
    detail: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Rule:
    """*rule* moved to *state* with *fields* changed, its job and log kept in step, and *event* appended.

    What stands for it at the venue is asked back with the same commit, unless it may go on standing.

    Raises Conflict if the rule is not in the state and version it was read in any more, and ValueError for a move that
    the table of transitions does not know.
    """
    if state not in TRANSITIONS[rule.state] and state is not rule.state:
        raise ValueError(f"Expected a state that can follow {rule.state}, was {state}")
    event_id = await tx.append(replace(event, cause=rule.cause))
    moved = replace(rule, state=state, cause=event_id, **fields)
    stands = state is RuleState.FIRING or (state is RuleState.ARMED and can_stand(moved.spec))
    if moved.sentry is not None and not stands:
        await withdraw(tx, moved)
    if not await tx.save_rule(moved, was=rule.state, version=rule.version):
        raise Conflict(f"Rule {rule.label} has changed meanwhile.", "Look at /rules and try again.")
    await _keep_job(tx, moved)
    await tx.log_job(
        JobLog(rule_id=rule.id, owner=rule.owner, at=event.at, what=event.name.partition(".")[2], detail=detail or {})
    )
    return moved


async def _keep_job(tx: Transaction, rule: Rule) -> None:
    match rule.state:
        case RuleState.ARMED | RuleState.FIRING:
            state: Literal["active", "idle", "done", "failed"] = "active"
        case RuleState.FAILED:
            state = "failed"
        case _ if rule.state in LIVE:
            state = "idle"
        case _:
            state = "done"
    job = await tx.job(rule.id)
    if job is None:
        job = Job(rule_id=rule.id, owner=rule.owner, kind=job_kind(rule.spec.condition), state=state)
    await tx.save_job(replace(job, state=state, failures=job.failures + (rule.state is RuleState.FAILED)))


async def arm(
    tx: Transaction,
    rule: Rule,
    *,
    at: datetime,
    why: Why,
    prices: Mapping[str, Decimal],
    entries: Mapping[str, Decimal] | None = None,
    memory: Mapping[str, Any] | None = None,
) -> Rule:
    """Watch *rule* from now on. "From current price" is frozen here, once, at *prices* (quote by market).

    A repeating rule takes a new reference each time. A schedule keeps counting from its first arming, and a released
    rule from where it was held or fired: what closed or came due meanwhile is not lost on it.
    """
    references = dict(rule.references)
    for market in current_price_markets(rule.spec):
        if (why == "repeat" or market not in references) and market in prices:
            references[market] = prices[market]
    keeps_start = why == "released" or (why == "repeat" and isinstance(rule.spec.condition, Schedule))
    event = RuleArmed(
        at=at,
        owner=rule.owner,
        rule_id=rule.id,
        label=rule.label,
        why=why,
        summary=say_rule(replace(rule.spec, after=None), references),
        trigger_prices=trigger_prices(rule.spec.condition, references, entries),
    )
    return await change(
        tx,
        rule,
        RuleState.ARMED,
        event,
        detail={"why": why, "trigger_prices": event.trigger_prices},
        references=references,
        armed_at=rule.armed_at if keeps_start and rule.armed_at is not None else at,
        memory=dict(rule.memory) if memory is None else dict(memory),
        held_by=None,
        resume_to=None,
        reason=None,
    )


def current_price_markets(spec: RuleSpec) -> frozenset[str]:
    """The markets whose current price the condition is measured from."""
    return frozenset(
        leaf.market
        for leaf in leaves(spec.condition)
        if isinstance(leaf, PriceChange) and leaf.reference == "current_price"
    )


def unwatched_since(memory: Mapping[str, Any], since: datetime) -> dict[str, Any]:
    """A rule's *memory* with since when nobody watches it, where it does not go back further already."""
    known = memory.get("off_since")
    return {**memory, "off_since": min(since, since if known is None else datetime.fromisoformat(known)).isoformat()}


def seen_by_us(memory: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's *memory* once what it was found to have crossed is dealt with."""
    return {key: value for key, value in memory.items() if key != "off_since"}


async def hold(tx: Transaction, rule: Rule, by: Rule, at: datetime) -> Rule:
    """Put *rule* aside until the order of its sibling *by* is proven."""
    event = RuleHeld(at=at, owner=rule.owner, rule_id=rule.id, label=rule.label, by=by.label)
    return await change(tx, rule, RuleState.HELD, event, held_by=by.id, memory=_off(rule, at))


async def pause(tx: Transaction, rule: Rule, at: datetime, why: str = "") -> Rule:
    """Stop watching *rule* until resumed."""
    event = RulePaused(at=at, owner=rule.owner, rule_id=rule.id, label=rule.label, why=why)
    back = RuleState.WAITING if rule.state is RuleState.WAITING else RuleState.ARMED
    return await change(
        tx,
        rule,
        RuleState.PAUSED,
        event,
        detail={"why": why} if why else None,
        resume_to=back,
        held_by=None,
        reason=why or None,
        memory=_off(rule, at),
    )


def _off(rule: Rule, at: datetime) -> dict[str, Any]:
    """The rule's memory with since when nobody watches it: what it then finds crossed may be that old."""
    return unwatched_since(seen_by_us(rule.memory) if rule.state is RuleState.ARMED else rule.memory, at)


async def resume(
    tx: Transaction, rule: Rule, *, at: datetime, prices: Mapping[str, Decimal], entries: Mapping[str, Decimal]
) -> Rule:
    """Watch a paused *rule* again, or let it wait again for the rule before it."""
    event = RuleResumed(at=at, owner=rule.owner, rule_id=rule.id, label=rule.label)
    if rule.resume_to is RuleState.WAITING:
        return await change(tx, rule, RuleState.WAITING, event, resume_to=None, reason=None)
    cause = await tx.append(replace(event, cause=rule.cause))
    return await arm(tx, replace(rule, cause=cause), at=at, why="resumed", prices=prices, entries=entries)


async def cancel(tx: Transaction, rule: Rule, at: datetime, why: str) -> Rule:
    """Take *rule* back for good, and whatever waited for its fill."""
    event = RuleCancelled(at=at, owner=rule.owner, rule_id=rule.id, label=rule.label, why=why)
    done = await change(tx, rule, RuleState.CANCELLED, event, detail={"why": why}, reason=why)
    await end_waiting(tx, rule, at, f"{rule.label}, which it waited for, was cancelled")
    return done


async def expire(tx: Transaction, rule: Rule, at: datetime) -> Rule:
    """Its time ran out."""
    event = RuleExpired(at=at, owner=rule.owner, rule_id=rule.id, label=rule.label)
    done = await change(tx, rule, RuleState.EXPIRED, event, reason="expired")
    await end_waiting(tx, rule, at, f"{rule.label}, which it waited for, expired")
    return done


async def complete(tx: Transaction, rule: Rule, at: datetime, why: str = "") -> Rule:
    """Its work is done."""
    event = RuleCompleted(at=at, owner=rule.owner, rule_id=rule.id, label=rule.label, why=why)
    done = await change(tx, rule, RuleState.COMPLETED, event)
    await end_waiting(tx, rule, at, f"{rule.label}, which it waited for, ended without a fill")
    return done


async def fail(tx: Transaction, rule: Rule, at: datetime, why: str) -> Rule:
    """It could not do its work, and nothing of it is in flight."""
    event = RuleFailed(at=at, owner=rule.owner, rule_id=rule.id, label=rule.label, why=why)
    failed = await change(tx, rule, RuleState.FAILED, event, reason=why)
    await end_waiting(tx, rule, at, f"{rule.label}, which it waited for, ended without a fill")
    return failed


async def end_waiting(tx: Transaction, before: Rule, at: datetime, why: str) -> None:
    """Cancel the rules that would have been armed by *before*'s first fill."""
    for rule in await tx.rules({RuleState.WAITING, RuleState.PAUSED}):
        if rule.after_rule == before.id and (rule.state is RuleState.WAITING or rule.resume_to is RuleState.WAITING):
            await cancel(tx, rule, at, why)


async def rearm(
    tx: Transaction, rule: Rule, *, at: datetime, prices: Mapping[str, Decimal], entries: Mapping[str, Decimal]
) -> Rule | None:
    """A fired *rule* watched again as its `repeat` says, or None if it has fired as often as it may."""
    repeat = rule.spec.repeat
    if repeat.times is not None and rule.trigger_no >= repeat.times:
        return None
    memory: dict[str, Any] = {}
    if repeat.cooldown_s > 0:
        memory["rest_until"] = (at + timedelta(seconds=repeat.cooldown_s)).isoformat()
    measured = current_price_markets(rule.spec)
    moves = isinstance(rule.spec.condition, Trailing | Schedule) or (measured and measured <= prices.keys())
    if not moves:
        # What it is measured from stays where it was, and is still crossed: it would fire again with every tick.
        memory["reset"] = True
    return await arm(tx, rule, at=at, why="repeat", prices=prices, entries=entries, memory=memory)


def slippage_of(spec: RuleSpec) -> int | None:
    """The slippage in basis points that the rule's order allows, or None where it has none."""
    if trades(spec.action) and isinstance(order := getattr(spec.action, "order", None), MarketOrder):
        return order.max_slippage_bps
    return None


def is_protective(spec: RuleSpec) -> bool:
    """Whether the rule shrinks a position: it is then tried again rather than given up."""
    return is_exit(spec.action)
