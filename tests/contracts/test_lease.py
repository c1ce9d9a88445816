"""What every Lease promises: one holder a partition, and a fence that tells the present one from those before."""

from dataclasses import replace

from core.domain.ids import OwnerId
from core.ports import Fence, Store
from tests.storage import Storage


async def _holds(store: Store, fence: Fence) -> bool:
    async with store.begin(OwnerId(1)) as tx:
        return await tx.fenced(fence)


async def test_a_partition_has_one_holder(storage: Storage) -> None:
    first, second = storage.lease("first"), storage.lease("second")
    taken = await first.acquire(["a", "b"])
    assert [(fence.partition, fence.holder) for fence in taken] == [("a", "first"), ("b", "first")]
    assert [fence.partition for fence in await second.acquire(["a", "b", "c"])] == ["c"]
    assert await second.acquire([]) == []


async def test_acquiring_what_is_held_already_keeps_its_epoch(storage: Storage) -> None:
    lease = storage.lease("first")
    taken = await lease.acquire(["a"])
    assert await lease.acquire(["a"]) == taken
    assert await lease.renew() == taken


async def test_a_released_partition_goes_to_the_next_with_a_new_epoch(storage: Storage) -> None:
    first, second = storage.lease("first"), storage.lease("second")
    (before,) = await first.acquire(["a"])
    await first.release()
    assert await first.renew() == []
    (after,) = await second.acquire(["a"])
    assert after.epoch > before.epoch
    assert not await _holds(storage.store, before)
    assert await _holds(storage.store, after)


async def test_only_the_present_fence_holds(storage: Storage) -> None:
    (fence,) = await storage.lease("first").acquire(["a"])
    assert await _holds(storage.store, fence)
    assert not await _holds(storage.store, replace(fence, epoch=fence.epoch - 1))
    assert not await _holds(storage.store, replace(fence, holder="second"))
    assert not await _holds(storage.store, replace(fence, partition="b"))
