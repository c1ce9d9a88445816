"""What every Ledger promises the simulated venue of its books, whatever keeps them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal

import pytest

from core.domain.ids import OwnerId
from core.domain.market import Observation
from core.ports import Document, Ledger, LedgerPage
from tests.clock import START
from tests.storage import Storage

ANN, BOB = OwnerId(1), OwnerId(2)


class _BrokenOff(Exception):
    """What ends a page in these tests."""


@pytest.fixture
def ledger(storage: Storage) -> Ledger:
    return storage.ledger


@asynccontextmanager
async def _torn(ledger: Ledger, owner: OwnerId) -> AsyncIterator[LedgerPage]:
    with suppress(_BrokenOff):
        async with ledger.open(owner) as page:
            yield page
            raise _BrokenOff


def _order(name: str) -> Document:
    return {"name": name, "base": "1.5", "parts": [{"price": "150.1"}], "post_only": False, "price": None}


async def test_books_are_kept_per_owner(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        before = page.account
        assert before is None
        await page.save_account({"cash": "10000"}, wakes={}, exposed=())
        await page.save_order("s1", _order("a"), resting=True)
        await page.add_activity(1, {"kind": "funding"})
        assert page.account == {"cash": "10000"}
    async with ledger.open(ANN) as page:
        assert page.account == {"cash": "10000"}
        assert await page.order("s1") == _order("a")
        assert await page.order("s2") is None
        assert await page.activity(0, 10) == [{"kind": "funding"}]
    async with ledger.open(BOB) as page:
        assert page.account is None
        assert await page.order("s1") is None
        assert await page.resting() == []
        assert await page.activity(0, 10) == []


async def test_a_page_sees_what_was_written_on_it_and_an_exception_drops_it(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        await page.save_order("s1", _order("a"), resting=True)
    async with _torn(ledger, ANN) as page:
        await page.save_account({"cash": "0"}, wakes={"SOL-PERP": (Decimal(1), None)}, exposed=["SOL-PERP"])
        await page.save_order("s1", _order("a, filled"), resting=False)
        await page.save_order("s2", _order("b"), resting=True)
        await page.add_activity(1, {"kind": "funding"})
        assert await page.order("s1") == _order("a, filled")
        assert await page.resting() == [_order("b")]
        assert await page.activity(0, 10) == [{"kind": "funding"}]
    async with ledger.open(ANN) as page:
        assert page.account is None
        assert await page.resting() == [_order("a")]
        assert await page.order("s2") is None
        assert await page.activity(0, 10) == []
    assert await ledger.exposed("SOL-PERP") == []
    assert await ledger.woken("SOL-PERP", Decimal(0), Decimal(0)) == []


async def test_resting_orders_keep_their_age_and_activity_its_number(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        for name in ("c", "a", "b"):
            await page.save_order(name, _order(name), resting=True)
        for number in (2, 1, 3):
            await page.add_activity(number, {"number": number})
    async with ledger.open(ANN) as page:
        await page.save_order("c", _order("c again"), resting=True)
        await page.save_order("a", _order("a"), resting=False)
    async with ledger.open(ANN) as page:
        assert await page.resting() == [_order("c again"), _order("b")]
        assert await page.activity(1, 1) == [{"number": 2}]
        assert await page.activity(1, 5) == [{"number": 2}, {"number": 3}]


async def test_one_owners_books_are_open_once_at_a_time(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        await page.save_account({"n": "0"}, wakes={}, exposed=())

    async def count() -> None:
        async with ledger.open(ANN) as page:
            assert page.account is not None
            number = int(page.account["n"])
            await asyncio.sleep(0)
            await page.save_account({"n": str(number + 1)}, wakes={}, exposed=())

    await asyncio.gather(*(count() for _ in range(5)))
    async with ledger.open(ANN) as page:
        assert page.account == {"n": "5"}


async def test_owners_are_woken_by_a_range_that_touches_their_price(ledger: Ledger) -> None:
    async with ledger.open(ANN) as page:
        await page.save_account(
            {}, wakes={"SOL-PERP": (Decimal("140.5"), Decimal(160)), "BTC-PERP": (None, None)}, exposed=["SOL-PERP"]
        )
    async with ledger.open(BOB) as page:
        await page.save_account({}, wakes={"SOL-PERP": (None, Decimal(155))}, exposed=["BTC-PERP"])

    async def woken(low: str, high: str, market: str = "SOL-PERP") -> list[OwnerId]:
        return sorted(await ledger.woken(market, Decimal(low), Decimal(high)))

    assert await woken("141", "154.99") == []
    assert await woken("140.5", "141") == [ANN]
    assert await woken("145", "155") == [BOB]
    assert await woken("100", "200") == [ANN, BOB]
    assert await woken("0", "1000000", "BTC-PERP") == []
    assert await ledger.exposed("SOL-PERP") == [ANN]
    assert await ledger.exposed("BTC-PERP") == [BOB]
    async with ledger.open(ANN) as page:
        await page.save_account({}, wakes={"SOL-PERP": (None, Decimal(170))}, exposed=())
    assert await woken("100", "160") == [BOB]
    assert await ledger.exposed("SOL-PERP") == []


async def test_marks_and_values_are_the_last_ones_saved(ledger: Ledger) -> None:
    assert await ledger.mark("SOL-PERP") is None
    assert await ledger.value("funding") is None
    mark = Observation(
        market="SOL-PERP",
        price=Decimal("150.123456789"),
        at=START,
        seen_at=START,
        source="simulated",
        simulated=True,
        funding_rate=Decimal("-0.0001"),
    )
    for price in ("149", "150.5"):
        await ledger.save_mark(
            Observation(market="SOL-PERP", price=Decimal(price), at=START, seen_at=START, source="x")
        )
    await ledger.save_mark(mark)
    await ledger.save_value("funding", "a")
    await ledger.save_value("funding", "b")
    assert await ledger.mark("SOL-PERP") == mark
    assert await ledger.value("funding") == "b"
