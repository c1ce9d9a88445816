"""The sending half of the product as a worker drives it: wake-ups in, orders out."""

import logging

from core.app.parts import Parts
from core.db.backoff import LONGEST_S, backoff_s
from core.domain.errors import PriceUnavailable, SayWhenError, StorageUnavailable, VenueError
from core.domain.event import JobWaiting
from core.domain.ids import OrderId, OwnerId
from core.flow.execute import MAX_ATTEMPTS, execute
from core.ports import Again, DeadLetter

_log = logging.getLogger(__name__)


class Execution:
    """Orders, one step at a time. Any number of processes may work at once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def work(self) -> None:
        """Bring orders further as they are woken, until cancelled; first those that a crash left behind."""
        try:
            await self.recover()
        except SayWhenError as problem:
            _log.warning("recovery is left to the sweep: %s", problem)
        await self._parts.queue.work(self.step)

    async def recover(self) -> None:
        """Wake every order that is due or moves: start-up and recovery are the same path."""
        for owner, order_id, _ in await self._parts.store.orders_to_settle(self._parts.clock.now(), resting=False):
            async with self._parts.store.begin(owner) as tx:
                await tx.enqueue(order_id)

    async def step(self, owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        """One order, as far as it goes now.

        What only a fault of ours explains is tried again, less and less often, and its owner is told of it once: the
        order is not over, and a dead letter for each try would hide that.
        """
        try:
            await execute(self._parts.store, self._parts.venue, self._parts.clock, owner, order_id, attempt)
        except (Again, StorageUnavailable, VenueError, PriceUnavailable, TimeoutError, OSError):
            raise
        except Exception as fault:
            _log.exception("order %s cannot be brought further, and is tried again", order_id)
            if attempt == MAX_ATTEMPTS:
                await self._tell(owner, order_id)
            raise Again(f"a fault of ours: {fault!r}", backoff_s(attempt)) from fault

    async def _tell(self, owner: OwnerId, order_id: OrderId) -> None:
        async with self._parts.store.begin(owner) as tx:
            order = await tx.order(order_id)
            rule = None if order is None else await tx.rule(order.rule_id)
            if order is None or rule is None:
                return
            event = JobWaiting(
                at=self._parts.clock.now(),
                owner=owner,
                rule_id=rule.id,
                label=rule.label,
                cause=order.cause,
                order_id=order_id,
                reason="a fault of ours keeps it from going on; check your position and your orders",
                every_s=int(LONGEST_S),
            )
            await tx.append(event)

    async def dead_letters(self) -> list[DeadLetter]:
        """Wake-ups whose attempts are used up."""
        return await self._parts.queue.dead_letters()

    async def discard(self, letter_id: int) -> bool:
        """Throw a dead letter away; False if there is none of that number."""
        return await self._parts.queue.discard(letter_id)
