"""What the venue does when it is shown a mark: how often it writes, whom it wakes, what it ignores."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from core.db.memory_ledger import MemoryLedger
from core.domain.errors import NotConfigured, PriceUnavailable
from core.domain.ids import OwnerId
from core.domain.market import Observation
from core.ports import Finding
from core.venues.paper import PaperVenue
from tests.core.venues.paper.bench import ANN, MARKETS, Bench, D, HandClock


class CountingLedger(MemoryLedger):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[Observation] = []

    async def save_mark(self, mark: Observation) -> None:
        self.saved.append(mark)
        await super().save_mark(mark)


async def test_a_mark_that_hardly_moves_is_kept_four_times_a_second() -> None:
    bench, ledger = Bench(), CountingLedger()
    venue = PaperVenue(ledger, bench.clock, MARKETS)
    for _ in range(20):
        await venue.observe(bench.seen("100.001"))
        bench.pass_time(milliseconds=50)
    assert len(ledger.saved) == 4


async def test_a_mark_that_moved_a_tick_is_kept_at_once() -> None:
    bench, ledger = Bench(), CountingLedger()
    venue = PaperVenue(ledger, bench.clock, MARKETS)
    for price in ("100", "100.009", "100.01", "100.015", "100.00"):
        await venue.observe(bench.seen(price))
    assert [mark.price for mark in ledger.saved] == [D("100"), D("100.01"), D("100.00")]


async def test_the_mark_is_what_was_seen_until_it_is_too_old() -> None:
    bench = Bench()
    with pytest.raises(PriceUnavailable, match="No price of SOL-PERP is known"):
        await bench.venue.mark("SOL-PERP")
    await bench.see(100)
    assert (await bench.another_process().mark("SOL-PERP")).price == 100
    bench.pass_time(seconds=16)
    with pytest.raises(PriceUnavailable, match="16 s old"):
        await bench.venue.mark("SOL-PERP")


async def test_an_observation_from_the_past_changes_nothing() -> None:
    bench = Bench()
    await bench.see(100)
    signature = await bench.send("buy", "1", type="limit", price="99")
    late = replace(bench.seen(90), at=bench.clock.now() - timedelta(seconds=1))
    assert await bench.venue.observe(late) == []
    assert (await bench.venue.mark("SOL-PERP")).price == 100
    assert (await bench.report(signature)).finding is Finding.LIVE


async def test_orders_meet_the_price_just_seen_though_it_was_not_worth_keeping() -> None:
    bench = Bench()
    await bench.see("99.995")
    await bench.send("buy", "1", type="trigger_market", trigger_price="99.99", trigger_when="<=")
    bench.pass_time(milliseconds=50)
    assert await bench.venue.observe(bench.seen("99.99")) == [ANN]
    assert (await bench.venue.mark("SOL-PERP")).price == D("99.995")


async def test_a_price_too_old_to_trade_on_fills_nothing() -> None:
    bench = Bench()
    await bench.see(100)
    signature = await bench.send("buy", "1", type="limit", price="99")
    old = bench.seen(90)
    bench.pass_time(seconds=16)
    assert await bench.venue.observe(old) == []
    assert (await bench.report(signature)).finding is Finding.LIVE
    assert await bench.see(90) == [ANN]


async def test_a_price_from_before_an_order_was_placed_does_not_fill_it() -> None:
    bench = Bench()
    await bench.see(100)
    dip = bench.seen(90)
    bench.pass_time(milliseconds=100)
    await bench.send("buy", "1", type="limit", price="99")
    assert await bench.venue.observe(dip) == []
    assert await bench.base() == 0
    assert await bench.see(99) == [ANN]


async def test_a_price_from_before_a_trade_liquidates_nothing() -> None:
    bench = Bench(deposit="1000")
    await bench.see(100)
    dip = bench.seen(90)
    bench.pass_time(milliseconds=100)
    await bench.send("buy", "150")
    assert await bench.venue.observe(dip) == []
    assert await bench.base() == 150
    assert await bench.see(90) == [ANN]
    assert await bench.base() < 150


async def test_a_market_that_is_not_listed_is_not_the_venue_s_business() -> None:
    bench = Bench()
    assert await bench.see(1, "DOGE-PERP") == []
    assert await bench.ledger.mark("DOGE-PERP") is None


async def test_only_owners_whose_prices_are_reached_are_touched() -> None:
    bench = Bench()
    await bench.see(100)
    for owner, price in ((1, "99"), (2, "98"), (3, "97")):
        await bench.send("buy", "1", type="limit", price=price, owner=OwnerId(owner))
    assert await bench.see("98.5") == [1]
    assert await bench.see("97.5") == [2]


async def test_one_owner_s_broken_books_do_not_stop_the_others() -> None:
    bench = Bench()
    await bench.see(100)
    for owner in (1, 2, 3):
        await bench.send("buy", "1", type="limit", price="99", owner=OwnerId(owner))
    async with bench.ledger.open(OwnerId(2)) as page:
        account = page.account
        assert account is not None
        await page.save_account(
            {**account, "books": {"deposits": "many"}}, wakes={"SOL-PERP": (D(99), None)}, exposed=()
        )
    with pytest.raises(ExceptionGroup) as failure:
        await bench.see(98)
    assert len(failure.value.exceptions) == 1
    for owner in (1, 3):
        assert (await bench.venue.account(OwnerId(owner))).position("SOL-PERP") is not None


async def test_a_market_that_left_the_list_is_named_when_somebody_still_holds_it() -> None:
    bench = Bench()
    await bench.see(100)
    await bench.venue.open_position(ANN, "SOL-PERP", D(1), D(100))
    shorter = PaperVenue(bench.ledger, bench.clock, {"ETH-PERP": MARKETS["ETH-PERP"]})
    with pytest.raises(NotConfigured, match="SOL-PERP"):
        await shorter.account(ANN)


async def test_marks_come_from_the_ledger_when_another_process_watches() -> None:
    bench = Bench()
    watcher, worker = bench.venue, bench.another_process()
    await bench.see(100)
    await bench.send("buy", "1")
    bench.pass_time(seconds=10)
    await watcher.observe(bench.seen(120))
    prepared = await worker.prepare(await bench.intent("sell", "1", reduce_only=True))
    await worker.send(prepared)
    [fill] = (await worker.lookup(ANN, prepared.signature)).fills
    assert D("119.9") < fill.price < 120


async def test_an_account_gains_markets_in_another_process() -> None:
    bench = Bench()
    worker = bench.another_process()
    await bench.see(100)
    await bench.send("buy", "1")
    await worker.account(ANN)
    await bench.see(2000, "ETH-PERP")
    await bench.send("buy", "1", market="ETH-PERP")
    marks = {position.market: position.mark for position in (await worker.account(ANN)).positions}
    assert marks == {"SOL-PERP": 100, "ETH-PERP": 2000}


def test_an_observation_that_wakes_nobody_costs_microseconds() -> None:
    """A year of candles is 140,000 observations. Ten times what it takes, for busy machines."""

    async def spend() -> float:
        clock = HandClock()
        venue = PaperVenue(MemoryLedger(), clock, MARKETS)
        now = clock.now()
        observations = [
            Observation(market="SOL-PERP", price=D(100) + n % 7, at=now, seen_at=now, source="bench")
            for n in range(20_000)
        ]
        await venue.observe(observations[0])
        await venue.open_position(ANN, "SOL-PERP", D(1), D(100))
        best = 1.0
        for _ in range(3):
            began = time.perf_counter()
            for observation in observations:
                await venue.observe(observation)
            best = min(best, time.perf_counter() - began)
        return best / len(observations)

    assert asyncio.run(spend()) < 10e-6


async def test_the_first_price_after_a_pause_opens_the_venue_at_once() -> None:
    bench = Bench()
    await bench.see(100)
    bench.pass_time(minutes=10)
    assert (await bench.venue.status()).state == "paused"
    await bench.venue.observe(bench.seen(101))
    assert (await bench.venue.status()).state == "open", "whoever sees this price may trade on it"
