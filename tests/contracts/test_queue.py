"""What every Queue promises a worker: each wake-up, retries, and letters that are dead until somebody acts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from core.domain.errors import StorageUnavailable
from core.domain.ids import OrderId, OwnerId
from core.ports import Again, Queue, Store
from tests.clock import START
from tests.storage import Storage, broken_off

OrderIds = list[tuple[OwnerId, OrderId, int]]


class Worker:
    """Records what it is woken for; `script` says what to raise at each start of an order."""

    def __init__(self, script: dict[str, list[BaseException | None]] | None = None) -> None:
        self.woken: OrderIds = []
        self._script = script or {}
        self._changed = asyncio.Event()

    async def __call__(self, owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        self.woken.append((owner, order_id, attempt))
        self._changed.set()
        outcome = self._script.get(order_id, [])
        if outcome and (problem := outcome.pop(0)) is not None:
            raise problem

    async def until(self, count: int) -> OrderIds:
        async with asyncio.timeout(10):
            while len(self.woken) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.woken


@asynccontextmanager
async def working(queue: Queue, worker: Worker) -> AsyncIterator[Worker]:
    task = asyncio.create_task(queue.work(worker))
    try:
        yield worker
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def queue(storage: Storage) -> Queue:
    return storage.queue


@pytest.fixture
async def owner(store: Store) -> OwnerId:
    return await store.create_owner("console", "ann", START)


async def _enqueue(store: Store, owner: OwnerId, *order_ids: str, priority: int = 0) -> None:
    async with store.begin(owner) as tx:
        for order_id in order_ids:
            await tx.enqueue(OrderId(order_id), priority=priority)


async def test_a_wake_up_comes_once_the_transaction_is_over(store: Store, queue: Queue, owner: OwnerId) -> None:
    async with working(queue, Worker()) as worker:
        async with broken_off(store, owner) as tx:
            await tx.enqueue(OrderId("lost"))
        await _enqueue(store, owner, "a", "a")
        assert await worker.until(1) == [(owner, "a", 1)]
        await _enqueue(store, owner, "b")
        assert await worker.until(2) == [(owner, "a", 1), (owner, "b", 1)]


async def test_what_waited_before_the_worker_came_is_done_by_priority(
    store: Store, queue: Queue, owner: OwnerId
) -> None:
    await _enqueue(store, owner, "second")
    await _enqueue(store, owner, "third")
    await _enqueue(store, owner, "first", priority=5)
    async with working(queue, Worker()) as worker:
        assert [order_id for _, order_id, _ in await worker.until(3)] == ["first", "second", "third"]


async def test_again_and_lost_storage_are_tried_again_and_counted(
    store: Store, queue: Queue, owner: OwnerId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.db.backoff._FIRST_S", 0.01)
    script: dict[str, list[BaseException | None]] = {
        "a": [Again("not yet", 0.01), Again("not yet"), StorageUnavailable("gone"), None]
    }
    await _enqueue(store, owner, "a")
    async with working(queue, Worker(script)) as worker:
        assert await worker.until(4) == [(owner, "a", attempt) for attempt in (1, 2, 3, 4)]
    assert await queue.dead_letters() == []


async def test_any_other_exception_makes_a_dead_letter_that_can_be_discarded(
    store: Store, queue: Queue, owner: OwnerId
) -> None:
    script: dict[str, list[BaseException | None]] = {"a": [Again("once", 0), KeyError("bug")]}
    await _enqueue(store, owner, "a", "b")
    async with working(queue, Worker(script)) as worker:
        await worker.until(3)
    (letter,) = await queue.dead_letters()
    assert (letter.owner, letter.order_id, letter.attempts) == (owner, "a", 2)
    assert "bug" in letter.reason
    await _enqueue(store, owner, "a")
    async with working(queue, Worker()) as worker:
        assert await worker.until(1) == [(owner, "a", 1)]
    assert await queue.discard(letter.id) is True
    assert await queue.discard(letter.id) is False
    assert await queue.dead_letters() == []


async def test_only_dead_letters_can_be_discarded(store: Store, queue: Queue, owner: OwnerId) -> None:
    await _enqueue(store, owner, "a")
    assert [await queue.discard(number) for number in range(5)] == [False] * 5
    async with working(queue, Worker()) as worker:
        assert await worker.until(1) == [(owner, "a", 1)]
