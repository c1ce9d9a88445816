"""What the chain tells by itself: never frozen, mixed up or of the past, whatever becomes of the connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import pytest

from core.domain.errors import NotConfigured, PriceUnavailable
from core.domain.ids import OwnerId
from core.domain.market import Observation
from core.ports import Changed
from core.venues.drift.emulator.exchange import keypair
from core.venues.drift.emulator.tables import WIRE
from core.venues.drift.prices import DriftPrices
from core.venues.drift.rpc import Rpc, checked
from core.venues.drift.shelf import Shelf
from tests.core.venues.drift.stage import SHARD, DriftStage, drift_stage

MARKETS = ("SOL-PERP", "BTC-PERP", "ETH-PERP")


class Watching:
    """A price source on the stage and what it has told."""

    def __init__(self, stage: DriftStage) -> None:
        self.stage = stage
        self.opened = stage.open(ws=True)
        assert self.opened.feed is not None
        self.feed = self.opened.feed
        self.source = DriftPrices("drift-emulator", self.opened.atlas, self.feed, stage.clock)
        self.last: dict[str, Observation] = {}
        self.seen: list[Observation] = []
        self._changed = asyncio.Event()
        self.again = asyncio.Event()
        self.feed.on_connect.append(self.again.set)

    async def follow(self) -> None:
        async with aclosing(self.source.observe(MARKETS)) as observations:
            async for seen in observations:
                self.last[seen.market] = seen
                self.seen.append(seen)
                self._changed.set()

    async def until(self, market: str, price: str) -> None:
        async with asyncio.timeout(10):
            while market not in self.last or self.last[market].price != Decimal(price):
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def _watching() -> AsyncIterator[Watching]:
    async with drift_stage() as stage:
        for number, market in enumerate(MARKETS):
            stage.exchange.show(market, Decimal(100 + number))
        watching = Watching(stage)
        task = asyncio.create_task(watching.follow())
        try:
            async with asyncio.timeout(10):
                await watching.again.wait()
            for number, market in enumerate(MARKETS):
                await watching.until(market, str(100 + number))
            yield watching
        finally:
            task.cancel()
            await asyncio.wait([task])
            await watching.source.close()
            await watching.opened.venue.close()


@pytest.mark.parametrize("abruptly", [False, True])
async def test_after_a_lost_connection_every_market_shows_its_own_price_again(abruptly: bool) -> None:
    async with _watching() as watching:
        for turn in range(3):
            watching.again.clear()
            await watching.stage.node.hang_up(abruptly=abruptly)
            async with asyncio.timeout(10):
                await watching.again.wait()
            for number, market in enumerate(MARKETS):
                watching.stage.exchange.show(market, Decimal(200 + 10 * turn + number))
            for number, market in enumerate(MARKETS):
                await watching.until(market, str(200 + 10 * turn + number))
        assert watching.feed.reconnects >= 3
        for number, market in enumerate(MARKETS):
            assert {seen.price for seen in watching.seen if seen.market == market} <= {
                Decimal(first + number) for first in (100, 200, 210, 220)
            }


async def test_what_is_told_of_the_past_is_dropped() -> None:
    async with _watching() as watching:
        watching.stage.chain.faults.stale = 1.0
        for price in range(110, 140):
            watching.stage.exchange.show("SOL-PERP", Decimal(price))
            watching.stage.chain.advance()
        await watching.until("SOL-PERP", "139")
        prices = [seen.price for seen in watching.seen if seen.market == "SOL-PERP"]
        assert prices == sorted(prices)
        assert watching.opened.atlas.shelf.dropped >= 29


async def test_what_no_stream_told_is_found_by_asking() -> None:
    async with _watching() as watching:
        for listener in watching.stage.node.listeners:
            listener._wanted.clear()
        watching.stage.exchange.show("ETH-PERP", Decimal(300))
        await watching.feed.check()
        await watching.until("ETH-PERP", "300")


async def test_all_markets_share_one_connection_and_one_subscription_each() -> None:
    async with _watching() as watching:
        assert len(watching.stage.node.listeners) == 1
        # Oracle and market of each, the venue's state, the quote coin and its oracle, and slots.
        assert watching.stage.node.asked["accountSubscribe"] == 2 * len(MARKETS) + 3
        assert watching.stage.node.asked["slotSubscribe"] == 1


async def test_a_mark_that_is_old_in_slots_or_in_time_is_no_mark() -> None:
    async with drift_stage() as stage:
        await stage.show("100")
        assert (await stage.drift.mark("SOL-PERP")).price == 100
        stage.chain.advance(150, seconds=1)
        with pytest.raises(PriceUnavailable, match="slots old"):
            await stage.drift.mark("SOL-PERP")
        await stage.show("100")
        stage._clock.apart = timedelta(seconds=20)
        with pytest.raises(PriceUnavailable, match=r"2[01] s"):
            await stage.drift.mark("SOL-PERP")


def test_an_account_told_of_an_older_slot_changes_nothing() -> None:
    shelf = Shelf()
    key, told = "key", []
    shelf.watchers.append(lambda key, kept: told.append(kept.content))
    assert shelf.put(key, b"new", 10, 1.0)  # type: ignore[arg-type]
    assert not shelf.put(key, b"old", 9, 2.0)  # type: ignore[arg-type]
    assert shelf.put(key, b"new", 11, 3.0)  # type: ignore[arg-type]
    assert told == [b"new"]
    assert (shelf.kept[key].slot, shelf.kept[key].at, shelf.dropped) == (11, 3.0, 1)  # type: ignore[index]


@pytest.mark.parametrize("url", ["http://node.example", "ftp://127.0.0.1", "https://", "ws://127.0.0.1"])
def test_an_address_that_is_open_to_listeners_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(NotConfigured) as refused:
        checked(url, "SOLANA_RPC_URL", "https")
    assert "example" not in str(refused.value)


async def test_a_second_node_answers_where_the_first_does_not() -> None:
    async with drift_stage() as stage:
        rpc = Rpc(["http://127.0.0.1:9", stage.http])
        assert await rpc.call("getHealth") == "ok"
        await rpc.close()


async def test_accounts_delegated_to_one_key_are_followed_by_one_subscription_and_a_revocation_is_found() -> None:
    async with _watching() as watching:
        venue, stage = watching.opened.venue, watching.stage
        told: list[Changed] = []
        news = asyncio.Event()

        async def follow() -> None:
            async with aclosing(venue.changes()) as changes:
                async for changed in changes:
                    told.append(changed)
                    news.set()

        task = asyncio.create_task(follow())
        others = [stage.exchange.open_user(keypair("wallet", n).pubkey(), Decimal(9), SHARD.pubkey()) for n in (2, 3)]
        for owner in (1, 2, 3):
            await venue.account(OwnerId(owner))
        await asyncio.sleep(0.1)
        assert stage.node.asked["programSubscribe"] == 1
        told.clear()
        news.clear()
        stage.exchange.change("User", others[0], total_deposits=5)
        async with asyncio.timeout(5):
            await news.wait()
        assert told == [Changed(owner=OwnerId(2))]
        news.clear()
        stage.exchange.change("User", others[1], delegate=WIRE.program)
        stage.chain.advance()
        await watching.feed.check()
        async with asyncio.timeout(5):
            await news.wait()
        assert told[1:] == [Changed(owner=OwnerId(3), permitted=False)]
        task.cancel()
        await asyncio.wait([task])
