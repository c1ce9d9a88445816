"""What only the storage in memory does: it drains its queue, and keeps candles of whatever size a replay has."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from core.db.memory import MemoryStore
from core.domain.ids import OrderId, OwnerId
from core.ports import Again
from tests import samples
from tests.clock import START

OWNER = OwnerId(1)


async def _enqueue(store: MemoryStore, *order_ids: str) -> None:
    async with store.begin(OWNER) as tx:
        for order_id in order_ids:
            await tx.enqueue(OrderId(order_id))


async def test_a_drain_also_does_what_it_leads_to() -> None:
    store, done = MemoryStore(), []

    async def step(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        done.append(order_id)
        if order_id == "a":
            await _enqueue(store, "c")

    await _enqueue(store, "a", "b")
    await store.queue.drain(step)
    assert done == ["a", "b", "c"]
    await store.queue.drain(step)
    assert done == ["a", "b", "c"]


async def test_what_wants_to_go_again_waits_for_the_next_drain() -> None:
    store, attempts = MemoryStore(), []

    async def step(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        attempts.append(attempt)
        if attempt < 3:
            raise Again("not yet")

    await _enqueue(store, "a")
    for drained in ([1], [1, 2], [1, 2, 3], [1, 2, 3]):
        await _enqueue(store, *(["a"] if len(attempts) in (1, 2) else []))  # it waits already: woken once
        await store.queue.drain(step)
        assert attempts == drained


async def test_candles_are_built_from_the_largest_that_fit() -> None:
    store = MemoryStore()
    quarter = [
        samples.candle(START + timedelta(minutes=15 * n), str(100 + n), timeframe="15m", volume=Decimal(2))
        for n in range(8)
    ]
    await store.save_candles(quarter)
    await store.save_candles([replace(samples.candle(START, "1"), timeframe="5m")])
    hours = await store.candles("SOL-PERP", "1h", START, START + timedelta(hours=2))
    assert [(c.open, c.close, c.volume, c.start) for c in hours] == [
        (Decimal(100), Decimal(103), Decimal(8), START),
        (Decimal(104), Decimal(107), Decimal(8), START + timedelta(hours=1)),
    ]
    assert await store.candles("SOL-PERP", "15m", START, START + timedelta(hours=2)) == quarter
    assert len(await store.candles("SOL-PERP", "5m", START, START + timedelta(hours=2))) == 1
    assert await store.candles("SOL-PERP", "1m", START, START + timedelta(hours=2)) == []


async def test_a_failed_step_frees_its_order_for_the_next_wake_up() -> None:
    store, starts = MemoryStore(), []

    async def step(owner: OwnerId, order_id: OrderId, attempt: int) -> None:
        starts.append(attempt)
        raise KeyError(order_id)

    for _ in range(2):
        await _enqueue(store, "a")
        await store.queue.drain(step)
    assert starts == [1, 1]
    letters = await store.queue.dead_letters()
    assert [letter.order_id for letter in letters] == ["a", "a"]
    assert letters[0].id > letters[1].id
