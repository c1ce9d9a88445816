"""The ledger in memory keeps what the port promises: a page whole or not at all, and nobody woken for nothing."""

import asyncio
from decimal import Decimal

import pytest

from core.db.memory_ledger import MemoryLedger
from core.domain.ids import OwnerId
from core.ports import Ledger

ANN, BOB = OwnerId(1), OwnerId(2)
D = Decimal


@pytest.fixture
def ledger() -> Ledger:
    return MemoryLedger()


async def test_a_page_is_kept_at_its_end(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        assert page.account is None
        await page.save_account({"cash": "5"}, wakes={}, exposed=["SOL-PERP"])
        await page.save_order("a", {"n": 1}, resting=True)
        await page.add_activity(1, {"kind": "funding"})
    async with ledger.open(ANN) as page:
        assert page.account == {"cash": "5"}
        assert await page.order("a") == {"n": 1}
        assert await page.resting() == [{"n": 1}]
        assert await page.activity(0, 10) == [{"kind": "funding"}]
    assert await ledger.exposed("SOL-PERP") == [ANN]
    async with ledger.open(BOB) as page:
        assert page.account is None
        assert await page.order("a") is None


async def test_a_page_that_fails_leaves_nothing(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        await page.save_order("a", {"n": 1}, resting=True)

    async def fail() -> None:
        async with ledger.open(ANN) as page:
            await page.save_account({}, wakes={"SOL-PERP": (D(1), None)}, exposed=["SOL-PERP"])
            await page.save_order("a", {"n": 2}, resting=False)
            await page.save_order("b", {"n": 3}, resting=True)
            await page.add_activity(1, {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with ledger.open(ANN) as page:
        assert page.account is None
        assert await page.resting() == [{"n": 1}]
        assert await page.order("b") is None
        assert await page.activity(0, 10) == []
    assert await ledger.woken("SOL-PERP", D(0), D(0)) == []
    assert await ledger.exposed("SOL-PERP") == []


async def test_a_page_reads_what_it_wrote(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        for signature in ("a", "b", "c"):
            await page.save_order(signature, {"is": signature}, resting=True)
    async with ledger.open(ANN) as page:
        await page.save_order("d", {"is": "d"}, resting=True)
        await page.save_order("b", {"is": "b", "done": True}, resting=False)
        await page.save_order("a", {"is": "a", "more": True}, resting=True)
        await page.add_activity(1, {"n": 1})
        assert await page.order("b") == {"is": "b", "done": True}
        assert await page.resting() == [{"is": "a", "more": True}, {"is": "c"}, {"is": "d"}]
        assert await page.activity(0, 10) == [{"n": 1}]
        with pytest.raises(ValueError, match="was 1 again"):
            await page.add_activity(1, {"n": 2})
    async with ledger.open(ANN) as page:
        assert await page.resting() == [{"is": "a", "more": True}, {"is": "c"}, {"is": "d"}]


async def test_pages_of_one_owner_are_opened_one_after_another(ledger: Ledger) -> None:
    async def add_one() -> None:
        async with ledger.open(ANN) as page:
            count = 0 if page.account is None else page.account["count"]
            await asyncio.sleep(0)
            await page.save_account({"count": count + 1}, wakes={}, exposed=())

    await asyncio.gather(*(add_one() for _ in range(10)))
    async with ledger.open(ANN) as page:
        assert page.account == {"count": 10}


async def test_those_are_woken_whose_price_was_traded(ledger: Ledger) -> None:
    for owner, below, above in ((1, D(90), None), (2, D(80), D(120)), (3, None, D(110))):
        async with ledger.open(OwnerId(owner)) as page:
            await page.save_account({}, wakes={"SOL-PERP": (below, above)}, exposed=())
    woken = {price: await ledger.woken("SOL-PERP", D(price), D(price)) for price in (80, 90, 91, 109, 110, 120)}
    assert woken == {80: [1, 2], 90: [1], 91: [], 109: [], 110: [3], 120: [2, 3]}
    assert await ledger.woken("SOL-PERP", D(85), D(115)) == [1, 3]
    assert await ledger.woken("ETH-PERP", D(1), D(1)) == []


async def test_wake_prices_are_replaced_as_a_whole(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        await page.save_account({}, wakes={"SOL-PERP": (D(90), None), "ETH-PERP": (D(9), None)}, exposed=())
    async with ledger.open(ANN) as page:
        await page.save_account({}, wakes={"SOL-PERP": (D(70), None)}, exposed=())
    assert await ledger.woken("SOL-PERP", D(80), D(80)) == []
    assert await ledger.woken("SOL-PERP", D(70), D(70)) == [ANN]
    assert await ledger.woken("ETH-PERP", D(1), D(1)) == []


async def test_an_order_saved_alone_leaves_the_wake_prices(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        await page.save_account({}, wakes={"SOL-PERP": (D(90), None)}, exposed=["SOL-PERP"])
    async with ledger.open(ANN) as page:
        await page.save_order("a", {}, resting=False)
    assert await ledger.woken("SOL-PERP", D(80), D(80)) == [ANN]
    assert await ledger.exposed("SOL-PERP") == [ANN]


async def test_activity_comes_in_order_and_in_pages(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        for number in range(1, 6):
            await page.add_activity(number, {"n": number})
    async with ledger.open(ANN) as page:
        assert await page.activity(1, 2) == [{"n": 2}, {"n": 3}]
        assert await page.activity(5, 2) == []


async def test_small_facts_are_kept(ledger: Ledger) -> None:
    assert await ledger.value("funded") is None
    await ledger.save_value("funded", "12:00")
    assert await ledger.value("funded") == "12:00"
    assert await ledger.mark("SOL-PERP") is None
