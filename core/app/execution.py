"""The sending half of the product as a worker drives it: wake-ups in, orders out."""

import logging

from core.app.parts import Parts
from core.domain.errors import SayWhenError
from core.domain.ids import OrderId, OwnerId
from core.flow.execute import execute
from core.ports import DeadLetter

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
        """One order, as far as it goes now."""
        await execute(self._parts.store, self._parts.venue, self._parts.clock, owner, order_id, attempt)

    async def dead_letters(self) -> list[DeadLetter]:
        """Wake-ups whose attempts are used up."""
        return await self._parts.queue.dead_letters()

    async def discard(self, letter_id: int) -> bool:
        """Throw a dead letter away; False if there is none of that number."""
        return await self._parts.queue.discard(letter_id)
