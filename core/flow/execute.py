"""A planned leg → at most one live order at the venue; decides what is sent, and never concludes what is not proven."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

from core.domain.errors import (
    ApprovalNeeded,
    NoPermission,
    PriceUnavailable,
    VenueError,
    VenuePaused,
    VenueRejected,
    VenueUnknown,
)
from core.domain.event import JobDeadLettered, JobRetried, JobWaiting, OrderSent, OrderUnknown
from core.domain.ids import OrderId, OwnerId
from core.domain.market import Side
from core.domain.order import ENDED, Order, OrderState
from core.domain.rule import Rule
from core.domain.sizing import NothingToDo
from core.flow.allow import AccountMoved, last_fill
from core.flow.approve import ask_owner, end_unapproved
from core.flow.intent import Look, intent_of, look_at
from core.flow.late import give_up, is_overdue, keeps_back, look_anew, not_posted
from core.flow.lifecycle import is_protective
from core.flow.outcome import Outcome
from core.flow.points import passing
from core.flow.revoked import heed
from core.flow.sentry_news import leave_to_keepers
from core.flow.settle import settle
from core.flow.signed import keep_signed
from core.ports import Again, Clock, JobLog, Prepared, Store, Transaction, Venue

TIME_OUT_S = 10.0
"""The longest wait for one answer of a venue; after it nothing is known.

Waited for with `asyncio.timeout`: before Python 3.12, `wait_for` may swallow a cancellation that comes with the answer.
"""
MOST_LOOKS = 5
MAX_ATTEMPTS = 6
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 30.0


async def execute(store: Store, venue: Venue, clock: Clock, owner: OwnerId, order_id: OrderId, attempt: int) -> None:
    """Bring one leg a step further: size, sign, store, send, settle; or settle what was sent before a crash.

    Safe to call at any time, any number of times, in any number of processes: each step claims the order's state.
    Raises Again where the venue or its price cannot be had now; the last of `MAX_ATTEMPTS` marks the order dead and
    lets the error through, so that the queue holds the wake-up for inspection. What protects a position is not given
    up: it waits, and once the venue answers its rule looks at the price anew.
    """
    async with store.begin(owner) as tx:
        order = await tx.order(order_id)
        rule = None if order is None else await tx.rule(order.rule_id)
    if order is None or rule is None or order.state in ENDED:
        return
    if order.state is not OrderState.PLANNED:
        await _resume(store, venue, clock, order)
        return
    if order.cancel_asked:
        async with store.begin(owner) as tx:
            present = await tx.order(order_id)
            if present is not None and present.state is OrderState.PLANNED:
                outcome = Outcome(tx=tx, now=clock.now(), account=None, simulated=venue.simulated)
                await outcome.end(present, OrderState.CANCELLED, "it was cancelled before it was sent")
        return
    if order.due_at > clock.now():
        return
    if order.approval_until is not None:
        await end_unapproved(store, venue, order, clock.now())
        return
    if await give_up(store, venue, order, clock.now()):
        return
    try:
        signed = await _look_and_sign(store, venue, clock, order, rule)
    except (VenueError, PriceUnavailable, TimeoutError, OSError) as problem:
        if order.step == "sentry" and (isinstance(problem, VenuePaused) or order.attempts + 1 >= MAX_ATTEMPTS):
            await not_posted(store, venue, order, clock.now(), str(problem))
            return
        await _again_or_dead(store, clock, order, max(attempt, order.attempts + 1), problem, simulated=venue.simulated)
        return
    if signed is not None:
        await _send(store, venue, clock, signed)


async def _look_and_sign(store: Store, venue: Venue, clock: Clock, order: Order, rule: Rule) -> Order | None:
    """The order signed and stored, or None if it ended; an account that trades meanwhile is looked at again."""
    for _ in range(MOST_LOOKS):
        async with store.begin(order.owner) as tx:
            traded = await last_fill(tx)
        async with asyncio.timeout(TIME_OUT_S):
            look = replace(await look_at(venue, order, rule), traded=traded)
        waited = order.attempts >= MAX_ATTEMPTS
        if waited or await is_overdue(store, order, clock.now()):
            why = f"{venue.name} takes orders again" if waited else "it waited for long"
            await look_anew(store, venue, order, look.account, clock.now(), why)
            return None
        with suppress(AccountMoved):
            return await _sign(store, venue, clock, order, rule, look)
    raise VenueUnknown(f"the account at {venue.name} changes faster than it can be looked at")


async def _sign(store: Store, venue: Venue, clock: Clock, order: Order, rule: Rule, look: Look) -> Order | None:
    """The order sized, checked against the limits, signed and stored; None if it ended instead. Raises AccountMoved."""
    now = clock.now()

    def outcome(tx: Transaction) -> Outcome:
        return Outcome(tx=tx, now=now, account=look.account, simulated=venue.simulated)

    async with store.begin(order.owner) as tx:
        if await tx.order(order.id) != order:
            return None  # another worker has it
        wanted = await intent_of(tx, order, rule, look, clock)
        if isinstance(wanted, NothingToDo):
            await outcome(tx).end(order, OrderState.CANCELLED, wanted.reason, gone=wanted.position_gone)
            return None
        if wanted is None or await keeps_back(outcome(tx), replace(order, intent=wanted), look.account, look.traded):
            return None
    try:
        async with asyncio.timeout(TIME_OUT_S):
            prepared = await venue.prepare(wanted)
    except ApprovalNeeded:
        await ask_owner(store, venue, replace(order, intent=wanted), now)
        return None
    except VenueRejected as refusal:
        async with store.begin(order.owner) as tx:
            # Never signed, so never sent: our own denial, in the venue's words; an exit outlives a lost permission.
            ended = OrderState.REJECTED if isinstance(refusal, NoPermission) else OrderState.DENIED
            await outcome(tx).end(replace(order, intent=wanted), ended, str(refusal))
        await heed(refusal, store, order.owner, venue.name, clock.now())
        return None
    async with store.begin(order.owner) as tx:
        if await tx.order(order.id) != order:
            return None
        # What was signed or traded while this one was prepared counts too.
        if not wanted.reduce_only and await keeps_back(
            outcome(tx), replace(order, intent=wanted), look.account, look.traded
        ):
            return None
        signed = await keep_signed(tx, venue, replace(order, intent=wanted), prepared, now)
        if signed is None:
            return None
        passing("execute.before_sign_commit")
    passing("execute.after_sign_commit")
    return signed


async def _resume(store: Store, venue: Venue, clock: Clock, order: Order) -> None:
    """Go on with what may have been sent: ask first, and send again only the same bytes while they are valid."""
    known = await settle(store, venue, clock, order.owner, order.id)
    if known is None or known.cancel_asked:
        return
    await leave_to_keepers(store, known)
    if known.valid_until is None or clock.now() >= known.valid_until:
        return
    if known.state in (OrderState.SIGNED, OrderState.UNKNOWN):
        await _send(store, venue, clock, known)


async def _send(store: Store, venue: Venue, clock: Clock, order: Order) -> None:
    if order.signature is None or order.raw is None or order.valid_until is None:
        raise ValueError(f"Expected a signed order, was {order.id} in state {order.state}")
    prepared = Prepared(signature=order.signature, raw=order.raw, valid_until=order.valid_until)
    passing("execute.before_send")
    try:
        async with asyncio.timeout(TIME_OUT_S):
            await venue.send(prepared)
    except VenueRejected as refusal:
        passing("execute.after_send")
        try:
            async with asyncio.timeout(TIME_OUT_S):
                account = await venue.account(order.owner)
        except (VenueError, TimeoutError, OSError):
            return  # asked again by the sweep, which finds the same refusal
        async with store.begin(order.owner) as tx:
            present = await tx.order(order.id)
            if present is not None and present.state not in ENDED:
                outcome = Outcome(tx=tx, now=clock.now(), account=account, simulated=venue.simulated)
                await outcome.end(present, OrderState.REJECTED, str(refusal))
        await heed(refusal, store, order.owner, venue.name, clock.now())
        return
    except (VenueError, TimeoutError, OSError) as problem:
        passing("execute.after_send")
        await _note(store, venue, clock, order, OrderState.UNKNOWN, str(problem) or "no answer in time")
    else:
        passing("execute.after_send")
        await _note(store, venue, clock, order, OrderState.SENT, "")
    passing("execute.after_sent_commit")
    await settle(store, venue, clock, order.owner, order.id)


async def _note(store: Store, venue: Venue, clock: Clock, order: Order, state: OrderState, reason: str) -> None:
    """Store that the order was sent, or that nobody knows; whoever got further meanwhile stays ahead."""
    async with store.begin(order.owner) as tx:
        present = await tx.order(order.id)
        if present is None or present.state not in (OrderState.SIGNED, OrderState.UNKNOWN) or present.state is state:
            return
        rule = await tx.rule(order.rule_id)
        side: Side = "buy" if order.intent is None else order.intent.side
        said: dict[str, Any] = {
            "at": clock.now(),
            "owner": order.owner,
            "rule_id": order.rule_id,
            "label": None if rule is None else rule.label,
            "order_id": order.id,
            "market": order.market,
            "side": side,
            "base": None if order.intent is None else order.intent.base,
            "simulated": venue.simulated,
            "venue": venue.name,
            "sentry": order.step == "sentry",
            "cause": present.cause,
        }
        unknown = state is OrderState.UNKNOWN
        cause = await tx.append(OrderUnknown(**said, reason=reason) if unknown else OrderSent(**said))
        await tx.save_order(replace(present, state=state, reason=reason or None, cause=cause), was=present.state)


async def _again_or_dead(
    store: Store, clock: Clock, order: Order, attempt: int, problem: Exception, *, simulated: bool
) -> None:
    """Ask to be woken again, or give the leg up: it was never signed, so it provably does nothing by itself."""
    reason = str(problem) or "the venue did not answer in time"
    now = clock.now()
    in_s = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempt - 1, MAX_ATTEMPTS))
    async with store.begin(order.owner) as tx:
        present = await tx.order(order.id)
        if present is None or present.state is not OrderState.PLANNED:
            return
        rule = await tx.rule(order.rule_id)
        waits = rule is not None and is_protective(rule.spec)
        said: dict[str, Any] = {
            "at": now,
            "owner": order.owner,
            "rule_id": order.rule_id,
            "label": None if rule is None else rule.label,
            "cause": present.cause,
            "order_id": order.id,
            "reason": reason,
        }
        detail = {"why": reason}
        log = JobLog(rule_id=order.rule_id, owner=order.owner, at=now, what="retried", detail=detail)
        if attempt < MAX_ATTEMPTS:
            cause = await tx.append(JobRetried(**said, attempt=attempt, in_s=int(in_s)))
            await tx.save_order(replace(present, attempts=attempt, cause=cause), was=OrderState.PLANNED)
            await tx.log_job(log)
        elif not waits:
            cause = await tx.append(JobDeadLettered(**said, attempts=attempt))
            await tx.log_job(replace(log, what="dead_lettered"))
            outcome = Outcome(tx=tx, now=now, account=None, simulated=simulated)
            gone = replace(present, cause=cause, attempts=attempt)
            await outcome.end(gone, OrderState.CANCELLED, f"given up: {reason}")
        elif present.attempts < MAX_ATTEMPTS:  # said once: it may wait for days
            cause = await tx.append(JobWaiting(**said, every_s=int(LONGEST_RETRY_S)))
            await tx.save_order(replace(present, attempts=MAX_ATTEMPTS, cause=cause), was=OrderState.PLANNED)
            await tx.log_job(log)
    if attempt >= MAX_ATTEMPTS and not waits:
        raise problem
    raise Again(reason, in_s)
