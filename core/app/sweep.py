"""Rounds over the orders of all owners: decides who is asked about and woken, not what comes of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from core.app.parts import Parts
from core.domain.errors import SayWhenError
from core.domain.ids import OrderId, OwnerId
from core.domain.order import IN_FLIGHT, OrderState
from core.flow.settle import settle

AT_A_TIME = 4
"""Owners that are settled and reconciled at once, in all: each takes a database connection of the dozen there are, and
whoever renews leases needs one too."""
MOST_AT_ONCE, MOST_KNOWN = 500, 10_000
"""Orders that one round asks about, of each sort, and that it knows of: with more of them rounds take turns."""

Due = tuple[OwnerId, OrderId, OrderState]

_log = logging.getLogger(__name__)


class Abreast:
    """Work for many owners, some at a time; what goes wrong with one is logged, and the others go on."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_A_TIME)

    async def attempt(self, what: str, work: Callable[[], Awaitable[object]]) -> None:
        """One owner's trouble must not keep the others waiting."""
        try:
            await work()
        except (SayWhenError, TimeoutError, OSError) as problem:
            _log.warning("%s is tried again: %s", what, problem)
        except Exception:  # noqa: BLE001 - a fault of ours with one owner's order must not be everybody's
            _log.exception("%s is tried again", what)

    async def attempt_all(self, what: str, works: Sequence[Callable[[], Awaitable[object]]]) -> None:
        """Some at a time: most of each is waiting for a venue, and one that waits long must not hold up all others."""
        waiting = iter(works)

        async def attempt() -> None:
            for work in waiting:
                async with self._places:
                    await self.attempt(what, work)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(AT_A_TIME, len(works))):
                tasks.create_task(attempt(), name=what)


class Sweep:
    """Rounds that begin where the last one ended, so that no number of orders keeps one of them waiting for ever."""

    def __init__(self, parts: Parts, abreast: Abreast) -> None:
        self._parts = parts
        self._abreast = abreast
        self._reached: dict[bool, OrderId] = {}

    async def due(self) -> None:
        """Wake workers for what is due, ask the venue about what is in flight.

        What is proven to rest at a venue that tells of changes is left to `resting`: so much that rests for days must
        not keep waiting what moves. Elsewhere it is asked about here, after what moves.
        """
        moving = await self._known(resting=False)
        await self._settle(self._turn(moving, resting=False))
        if self._parts.changes is None:
            moves = {order_id for _, order_id, _ in moving}
            rests = [order for order in await self._known(resting=True) if order[1] not in moves]
            await self._settle(self._turn(rests, resting=True))

    async def resting(self) -> None:
        """Also what rests at a venue that tells of changes, should a telling be lost."""
        if self._parts.changes is not None:
            await self._settle(await self._known(resting=True))

    async def of_owner(self, owner: OwnerId) -> None:
        """Ask the venue about whatever *owner* has in flight."""
        async with self._parts.store.begin(owner) as tx:
            orders = await tx.orders(states=IN_FLIGHT)
        for order in orders:
            await settle(self._parts.store, self._parts.venue, self._parts.clock, owner, order.id)

    async def _known(self, *, resting: bool) -> list[Due]:
        return await self._parts.store.orders_to_settle(self._parts.clock.now(), MOST_KNOWN, resting=resting)

    def _turn(self, orders: Sequence[Due], *, resting: bool) -> list[Due]:
        """Whose turn it is among *orders*: those behind where the last round of their sort ended come first."""
        if len(orders) <= MOST_AT_ONCE:
            return list(orders)
        reached = self._reached.get(resting, OrderId(""))
        turn = sorted(orders, key=lambda order: (order[1] <= reached, order[1]))[:MOST_AT_ONCE]
        self._reached[resting] = turn[-1][1]
        return turn

    async def _settle(self, orders: Sequence[Due]) -> None:
        await self._abreast.attempt_all("settling", [partial(self._settle_one, *order) for order in orders])

    async def _settle_one(self, owner: OwnerId, order_id: OrderId, state: OrderState) -> None:
        if state in (OrderState.PLANNED, OrderState.SIGNED, OrderState.UNKNOWN):
            async with self._parts.store.begin(owner) as tx:
                await tx.enqueue(order_id)
        if state is not OrderState.PLANNED:
            order = await settle(self._parts.store, self._parts.venue, self._parts.clock, owner, order_id)
            if order is not None and order.cancel_asked and order.state in IN_FLIGHT and self._parts.own is None:
                async with self._parts.store.begin(owner) as tx:
                    await tx.enqueue(order_id)  # only a worker can sign what takes it off
