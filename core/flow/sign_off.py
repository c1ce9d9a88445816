"""What an owner does about a leg that waits for their wallet: opens, signs or declines it; sends nothing.

Opened, it is sized anew on the live position and made into a transaction, which replaces the one made before: at most
one can be signed. Signed, it is stored like any other, and from then on goes the way of every order.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from core.domain.errors import Conflict, Denied, NotFound, VenueUnknown
from core.domain.ids import OrderId, OwnerId
from core.domain.market import Market
from core.domain.order import Order, OrderIntent, OrderState
from core.domain.rule import Rule, RuleState
from core.domain.sizing import NothingToDo
from core.flow.allow import denial_at_send
from core.flow.execute import TIME_OUT_S
from core.flow.intent import intent_of, look_at
from core.flow.outcome import Outcome
from core.flow.signed import keep_signed
from core.ports import Clock, Custody, Store, Transaction, Unsigned, Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where orders that wait are kept, sized and made into transactions."""

    store: Store
    venue: Venue
    custody: Custody
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the wallet is to sign, and the order in it as it would be placed now."""

    intent: OrderIntent
    market: Market
    unsigned: Unsigned


async def open_waiting(desk: Desk, owner: OwnerId, order_id: OrderId) -> Opened:
    """The leg as a fresh transaction. Raises NotFound, Conflict where it waits no more, Denied by their limits."""
    async with desk.store.begin(owner) as tx:
        order, rule = await _waiting(tx, order_id, desk.clock.now())
    async with asyncio.timeout(TIME_OUT_S):
        look = await look_at(desk.venue, order, rule)
    now = desk.clock.now()
    gone: str | None = None
    async with desk.store.begin(owner) as tx:
        order, rule = await _waiting(tx, order_id, desk.clock.now())
        wanted = await intent_of(tx, order, rule, look, desk.clock)
        if isinstance(wanted, NothingToDo):
            outcome = Outcome(tx=tx, now=now, account=look.account, simulated=desk.venue.simulated)
            await outcome.end(order, OrderState.CANCELLED, wanted.reason, gone=wanted.position_gone)
            gone = wanted.reason
        elif wanted is not None:
            denial = await denial_at_send(tx, (await tx.read_owner()).limits, wanted, look.account, now)
            if denial is not None:
                raise Denied(f"Your own limit: {denial.reason}.", "Decline it, or change your limits.")
    if gone is not None:
        raise Conflict(f"There is nothing to sign any more: {gone}.", "Nothing was sent.")
    if wanted is None or isinstance(wanted, NothingToDo):
        raise Conflict("It is not this order's turn yet.", "Wait for the one before it.")
    async with asyncio.timeout(TIME_OUT_S):
        unsigned = await desk.custody.place(wanted)
    async with desk.store.begin(owner) as tx:
        order, _ = await _waiting(tx, order_id, desk.clock.now())
        shown = replace(order, intent=wanted, raw=None if unsigned.refused else unsigned.raw)
        shown = replace(shown, valid_until=None if unsigned.refused else unsigned.valid_until)
        await tx.save_order(shown, was=OrderState.PLANNED)
    return Opened(intent=wanted, market=look.market, unsigned=unsigned)


async def take_signed(desk: Desk, owner: OwnerId, order_id: OrderId, signed: bytes) -> Order:
    """Store the leg as its wallet signed it; a worker sends it. The same bytes told twice are told once.

    Raises NotFound, Denied for other bytes than were made last, Conflict where it waits no more or they are too old.
    """
    async with desk.store.begin(owner) as tx:
        known = await tx.order(order_id)
        if known is not None and known.signature is not None:
            if desk.custody.is_in(known.raw or b"", signed):
                return known
            raise Conflict("Another signature of this order was taken already.", "Look at your orders.")
        order, _ = await _waiting(tx, order_id, desk.clock.now())
    if order.raw is None or order.intent is None or order.valid_until is None:
        raise Conflict("This order was not opened.", "Open it, then sign it.")
    prepared = desk.custody.prepared(order, signed)
    async with asyncio.timeout(TIME_OUT_S):
        account = await desk.venue.account(owner)
        if desk.clock.now() >= order.valid_until or not await desk.custody.still_lands(order.raw):
            raise Conflict("This transaction is too old: it can no longer land.", "Open it anew, and sign that one.")
    now = desk.clock.now()
    async with desk.store.begin(owner) as tx:
        present, _ = await _waiting(tx, order_id, desk.clock.now())
        if present.raw != order.raw:
            raise Conflict("It was opened anew meanwhile.", "Sign the one that was opened last.")
        denial = await denial_at_send(tx, (await tx.read_owner()).limits, order.intent, account, now)
        if denial is not None:
            raise Denied(f"Your own limit: {denial.reason}.", "Decline it, or change your limits.")
        kept = await keep_signed(tx, desk.venue, present, prepared, now)
        if kept is None:
            raise VenueUnknown("It could not be stored, and was not sent.", "Open it anew.")
        await tx.enqueue(order_id, priority=2)
    return kept


async def decline(desk: Desk, owner: OwnerId, order_id: OrderId) -> None:
    """Let the leg not be sent, and its rule end with it. Raises NotFound, Conflict."""
    async with desk.store.begin(owner) as tx:
        order, _ = await _waiting(tx, order_id, desk.clock.now())
        asked = replace(order, cancel_asked=True)
        outcome = Outcome(tx=tx, now=desk.clock.now(), account=None, simulated=desk.venue.simulated)
        await outcome.end(asked, OrderState.CANCELLED, "you declined it, and nothing was sent")


async def _waiting(tx: Transaction, order_id: OrderId, now: datetime) -> tuple[Order, Rule]:
    order = await tx.order(order_id)
    if order is None or order.approval_until is None:
        raise NotFound("No order of yours waits under that id.", "See what waits.")
    rule = await tx.rule(order.rule_id)
    waits = order.state is OrderState.PLANNED and not order.cancel_asked and now < order.approval_until
    if not waits or rule is None or rule.state is not RuleState.FIRING:
        raise Conflict("This order does not wait for you any more.", "Look at your orders.")
    return order, rule
