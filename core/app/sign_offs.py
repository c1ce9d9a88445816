"""Orders that wait for their owner's own wallet: what is shown, opened, signed and declined; decides no rule."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.app.parts import TIME_OUT_S, Parts
from core.app.seats import Seats
from core.domain.errors import Conflict, NotFound
from core.domain.ids import OrderId, OwnerId
from core.domain.money import BPS, round_price
from core.domain.order import IN_FLIGHT, Order, OrderIntent, OrderState
from core.flow.sign_off import Desk, decline, open_waiting, take_signed
from core.ports import Journal, Unsigned, WalletTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An order as its wallet is to sign it. `worst_price` bounds it where one does; `fee` (quote) is the venue's."""

    intent: OrderIntent
    worst_price: Decimal | None
    fee: Decimal
    unsigned: Unsigned


class SignOffs:
    """One owner's at a time; nothing of anybody else's is found."""

    def __init__(self, parts: Parts, journal: Journal, seats: Seats) -> None:
        self._parts = parts
        self._journal = journal
        self._seats = seats

    async def waiting(self, owner: OwnerId) -> list[Order]:
        """Orders to be sent, and orders that rest and are to be taken off, newest first."""
        if self._parts.custody is None:
            return []
        found = await self._journal.orders(owner, IN_FLIGHT | {OrderState.PLANNED}, None, 200)
        now, by_hand = self._parts.clock.now(), await self._seats.is_by_hand(owner)
        return [order for order in found if _waits(order, now, by_hand=by_hand)]

    async def open(self, owner: OwnerId, order_id: str) -> Shown:
        """The order as a fresh transaction. Raises NotFound, Conflict, Denied, VenueError."""
        opened = await open_waiting(self._desk(), owner, OrderId(order_id))
        intent = opened.intent
        fee_bps = opened.market.maker_fee_bps if intent.post_only else opened.market.taker_fee_bps
        worst = worst_price(intent, opened.market.tick)
        fee = intent.base * (worst or intent.oracle_price) * fee_bps / BPS
        return Shown(intent=intent, worst_price=worst, fee=fee, unsigned=opened.unsigned)

    async def sign(self, owner: OwnerId, order_id: str, signed: bytes) -> Order:
        """Take what the wallet signed. Raises NotFound, Denied, Conflict."""
        return await take_signed(self._desk(), owner, OrderId(order_id), signed)

    async def decline(self, owner: OwnerId, order_id: str) -> None:
        """Let it not be sent. Raises NotFound, Conflict."""
        await decline(self._desk(), owner, OrderId(order_id))

    async def take_off(self, owner: OwnerId, order_id: str) -> tuple[WalletTransaction, Unsigned]:
        """What the wallet signs so that a resting order is taken off. Raises NotFound, Conflict."""
        custody = self._seats.custody
        async with self._parts.store.begin(owner) as tx:
            order = await tx.order(OrderId(order_id))
        if order is None:
            raise NotFound("You have no such order.", "See your orders.")
        if order.signature is None or not order.cancel_asked or order.state not in IN_FLIGHT:
            raise Conflict("This order is not to be taken off.", "Cancel it first.")
        view = await self._seats.view(owner)
        if view is None or view.trading is None:
            raise Conflict("No wallet of yours is traded.", "Choose one.")
        async with asyncio.timeout(TIME_OUT_S):
            unsigned = await custody.take_off(owner, order.signature)
        return await self._seats.made(owner, view.trading.address, "take_off", unsigned), unsigned

    def _desk(self) -> Desk:
        parts = self._parts
        return Desk(store=parts.store, venue=parts.venue, custody=self._seats.custody, clock=parts.clock)


def worst_price(intent: OrderIntent, tick: Decimal) -> Decimal | None:
    """What it trades at, at worst (quote, on the *tick*); None where nothing bounds it."""
    if intent.price is not None:
        return intent.price
    if intent.max_slippage_bps is None:
        return None
    away = intent.oracle_price * intent.max_slippage_bps / BPS
    buys = intent.side == "buy"
    return round_price(intent.oracle_price + (away if buys else -away), tick, up=not buys)


def _waits(order: Order, now: datetime, *, by_hand: bool) -> bool:
    if order.state is OrderState.PLANNED:
        return not order.cancel_asked and order.approval_until is not None and order.approval_until > now
    return by_hand and order.cancel_asked and order.state in {OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED}
