"""What the ledger in memory does beyond the contract that every ledger keeps."""

from decimal import Decimal

import pytest

from core.db.memory_ledger import MemoryLedger
from core.domain.errors import Conflict
from core.domain.ids import OwnerId

ANN = OwnerId(1)
D = Decimal


async def test_a_page_lists_what_rests_as_it_will_be_kept() -> None:
    ledger = MemoryLedger()
    async with ledger.open(ANN) as page:
        for signature in ("a", "b", "c"):
            await page.save_order(signature, {"is": signature}, resting=True)
    expected = [{"is": "a", "more": True}, {"is": "c"}, {"is": "d"}]
    async with ledger.open(ANN) as page:
        await page.save_order("d", {"is": "d"}, resting=True)
        await page.save_order("b", {"is": "b"}, resting=False)
        await page.save_order("a", {"is": "a", "more": True}, resting=True)
        assert await page.resting() == expected
    async with ledger.open(ANN) as page:
        assert await page.resting() == expected


async def test_an_activity_number_is_used_once() -> None:
    ledger = MemoryLedger()
    async with ledger.open(ANN) as page:
        await page.add_activity(1, {})
        with pytest.raises(Conflict, match="was 1 again"):
            await page.add_activity(1, {})
    async with ledger.open(ANN) as page:
        with pytest.raises(Conflict, match="was 1 again"):
            await page.add_activity(1, {})


async def test_an_order_saved_alone_leaves_the_wake_prices() -> None:
    ledger = MemoryLedger()
    async with ledger.open(ANN) as page:
        await page.save_account({}, wakes={"SOL-PERP": (D(90), None)}, exposed=["SOL-PERP"])
    async with ledger.open(ANN) as page:
        await page.save_order("a", {}, resting=False)
    assert await ledger.woken("SOL-PERP", D(80), D(80)) == [ANN]
    assert await ledger.exposed("SOL-PERP") == [ANN]


async def test_the_outermost_wake_prices_follow_their_owners() -> None:
    ledger = MemoryLedger()
    for owner, below, above in ((1, D(90), None), (2, D(80), D(120)), (3, None, D(110))):
        async with ledger.open(OwnerId(owner)) as page:
            await page.save_account({}, wakes={"SOL-PERP": (below, above)}, exposed=())
    woken = {price: await ledger.woken("SOL-PERP", D(price), D(price)) for price in (80, 90, 91, 109, 110, 120)}
    assert woken == {80: [1, 2], 90: [1], 91: [], 109: [], 110: [3], 120: [2, 3]}
    async with ledger.open(OwnerId(1)) as page:
        await page.save_account({}, wakes={}, exposed=())
    assert await ledger.woken("SOL-PERP", D(85), D(85)) == []
    assert await ledger.woken("SOL-PERP", D(80), D(80)) == [2]
