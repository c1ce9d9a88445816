"""The queue in memory, for replays and tests; decides order and retries as the PostgreSQL one does."""

import asyncio
import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from core.db.backoff import backoff_s
from core.domain.errors import StorageUnavailable
from core.domain.ids import OrderId, OwnerId
from core.ports.storage import Again, DeadLetter, Step


@dataclass(order=True, slots=True)
class _Wake:
    """One wake-up in the heap: higher priority first, then first come, first served."""

    rank: tuple[int, int]
    owner: OwnerId = field(compare=False)
    order_id: OrderId = field(compare=False)
    attempt: int = field(default=1, compare=False)


class MemoryQueue:
    """The Queue in memory; a replay drains it, a test may also let it `work`."""

    def __init__(self) -> None:
        self._ready: list[_Wake] = []
        self._known: set[OrderId] = set()
        self._dead: dict[int, DeadLetter] = {}
        self._numbers = count(1)
        self._some = asyncio.Event()

    def put(self, owner: OwnerId, order_id: OrderId, priority: int = 0) -> None:
        """Wake for the order, unless a wake-up for it waits or runs already."""
        if order_id not in self._known:
            self._known.add(order_id)
            self._push(_Wake((-priority, next(self._numbers)), owner, order_id))

    async def drain(self, step: Step) -> None:
        """Run *step* for each wake-up, also those that come meanwhile; what must go again waits for the next drain."""
        again: list[_Wake] = []
        while self._ready:
            wake = heapq.heappop(self._ready)
            if await self._run(step, wake) is not None:
                again.append(wake)
        for wake in again:
            self._push(wake)

    async def work(self, step: Step) -> None:
        """One after another; a pause before a retry stops nobody else."""
        loop = asyncio.get_running_loop()
        timers: set[asyncio.TimerHandle] = set()
        try:
            while True:
                while self._ready:
                    wake = heapq.heappop(self._ready)
                    pause = await self._run(step, wake)
                    if pause is not None:
                        timers.add(loop.call_later(pause, self._push, wake))
                self._some.clear()
                await self._some.wait()
        finally:
            for timer in timers:
                timer.cancel()

    async def dead_letters(self, owner: OwnerId | None = None) -> list[DeadLetter]:
        return [letter for letter in reversed(self._dead.values()) if owner in (None, letter.owner)][:100]

    async def discard(self, letter_id: int) -> bool:
        return self._dead.pop(letter_id, None) is not None

    async def _run(self, step: Step, wake: _Wake) -> float | None:
        """Seconds to wait before the wake-up goes again, or None where it is over."""
        try:
            await step(wake.owner, wake.order_id, wake.attempt)
        except Again as again:
            pause = backoff_s(wake.attempt) if again.in_s is None else again.in_s
        except StorageUnavailable:
            pause = backoff_s(wake.attempt)
        except Exception as problem:  # noqa: BLE001 - whatever a step raises is what its dead letter says
            self._known.discard(wake.order_id)
            number = next(self._numbers)
            self._dead[number] = DeadLetter(
                id=number,
                owner=wake.owner,
                order_id=wake.order_id,
                attempts=wake.attempt,
                reason=str(problem),
                at=datetime.now(UTC),
            )
            return None
        else:
            self._known.discard(wake.order_id)
            return None
        wake.attempt += 1
        return pause

    def _push(self, wake: _Wake) -> None:
        heapq.heappush(self._ready, wake)
        self._some.set()
