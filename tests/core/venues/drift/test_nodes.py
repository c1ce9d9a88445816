"""Two nodes of one chain that differ, lag, hang or tell things twice and out of order: what is proven stays proven."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import pytest

from core.domain.errors import VenueUnknown
from core.domain.ids import OrderId, OwnerId
from core.domain.order import OrderIntent
from core.ports import Finding, Prepared
from core.venues.drift import ticket
from core.venues.drift.emulator.node import Node, serving
from core.venues.drift.opening import Opened
from core.venues.drift.prices import DriftPrices
from tests.core.venues.drift.stage import DriftStage, drift_stage

OWNER = OwnerId(1)
SOLD_OUT = {"InstructionError": [2, {"Custom": 6003}]}


class Pair:
    """Two nodes of one chain, and a venue that knows both: the first is asked first."""

    def __init__(self, stage: DriftStage, second: Node, opened: Opened) -> None:
        self.stage, self.first, self.second = stage, stage.node, second
        self.opened, self.drift = opened, opened.venue

    async def placed(self, **changes: Any) -> Prepared:
        """A market buy of ten SOL, handed over and confirmed."""
        prepared = await self.drift.prepare(dataclasses.replace(WANTED, **changes))
        await self.drift.send(prepared)
        await self.stage.proceed()
        return prepared

    async def finding(self, prepared: Prepared) -> Finding:
        return (await self.drift.lookup(OWNER, prepared.signature)).finding


WANTED = OrderIntent(
    order_id=OrderId("ord_1"), owner=OWNER, market="SOL-PERP", side="buy", base=Decimal(10), reduce_only=False,
    oracle_price=Decimal(100), max_slippage_bps=100,
)  # fmt: skip


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with drift_stage() as stage, serving(stage.chain) as (second, http, ws):
        stage.wait_s = 0.3
        await stage.show("100")
        opened = stage.open(ws=True, spare=(http, ws))
        yield Pair(stage, second, opened)
        await opened.venue.close()


def _signature(prepared: Prepared) -> str:
    reference = ticket.reference_of(prepared.signature)
    assert reference is not None
    return reference.signature


async def test_a_node_that_fell_behind_is_passed_over_for_one_that_knows_the_present(pair: Pair) -> None:
    bought = await pair.placed()
    assert await pair.finding(bought) is Finding.FILLED
    pair.first.falls_behind()
    await pair.stage.show("110")
    closing = {"order_id": OrderId("ord_2"), "side": "sell", "reduce_only": True, "oracle_price": Decimal(110)}
    sold = await pair.placed(**closing)
    assert await pair.finding(sold) is Finding.FILLED
    assert (await pair.drift.account(OWNER)).positions == ()


async def test_where_every_node_is_behind_nothing_is_known_and_nothing_is_signed(pair: Pair) -> None:
    assert await pair.finding(await pair.placed()) is Finding.FILLED
    for node in (pair.first, pair.second):
        node.falls_behind()
        node.past.slot -= 50  # type: ignore[union-attr]
    signed = pair.stage.keyring.signed
    with pytest.raises(VenueUnknown, match="behind"):
        await pair.drift.prepare(dataclasses.replace(WANTED, order_id=OrderId("ord_2")))
    assert pair.stage.keyring.signed == signed


async def test_a_node_that_hangs_holds_up_one_call_and_not_every_one(pair: Pair) -> None:
    pair.first.answering.clear()
    began = asyncio.get_running_loop().time()
    bought = await pair.placed()
    assert await pair.finding(bought) is Finding.FILLED
    pair.first.answering.set()
    assert asyncio.get_running_loop().time() - began < 4 * pair.stage.wait_s


async def test_what_one_node_does_not_know_another_proves(pair: Pair) -> None:
    prepared = await pair.drift.prepare(WANTED)
    await pair.drift.send(prepared)
    pair.first.falls_behind()
    pair.first.past.landed.clear()  # type: ignore[union-attr]
    pair.first.claims[_signature(prepared)] = None
    await pair.stage.proceed()
    assert await pair.finding(prepared) is Finding.FILLED


async def test_a_failure_counts_once_no_node_contradicts_it(pair: Pair) -> None:
    prepared = await pair.drift.prepare(WANTED)
    await pair.drift.send(prepared)
    failed = {"slot": pair.stage.chain.slot, "confirmations": 2, "err": SOLD_OUT, "confirmationStatus": "confirmed"}
    pair.first.claims[_signature(prepared)] = failed
    assert await pair.finding(prepared) is Finding.ABSENT, "the other node has not told yet"
    await pair.stage.proceed()
    assert await pair.finding(prepared) is Finding.ABSENT, "the other node says that it landed"
    for _ in range(6):
        await pair.stage.proceed()
    assert await pair.finding(prepared) is Finding.FILLED, "the finalized word counts"


async def test_a_failure_that_is_final_or_told_by_both_ends_the_order(pair: Pair) -> None:
    prepared = await pair.drift.prepare(WANTED)
    pair.stage.chain.faults.fail_next = 1
    await pair.drift.send(prepared)
    await pair.stage.proceed()
    pair.second.claims[_signature(prepared)] = None
    assert await pair.finding(prepared) is Finding.ABSENT
    del pair.second.claims[_signature(prepared)]
    assert await pair.finding(prepared) is Finding.REJECTED


async def test_a_height_told_wrong_does_not_bury_an_order_that_may_still_land(pair: Pair) -> None:
    pair.first.height_claimed = pair.stage.chain.height("finalized") + 1
    prepared = await pair.drift.prepare(WANTED)
    pair.stage.chain.faults.lose = 1
    await pair.drift.send(prepared)
    for _ in range(8):
        await pair.stage.proceed()
    assert pair.stage.chain.height("finalized") > pair.first.height_claimed
    pair.drift._fates._sent_at[str(ticket.reference_of(prepared.signature))] = 1e12  # it is not sent again here
    assert await pair.finding(prepared) is Finding.ABSENT, "a node would still take it"
    for _ in range(30):
        await pair.stage.proceed()
    assert await pair.finding(prepared) is Finding.DEAD


async def test_a_blockhash_that_one_node_does_not_know_yet_is_no_refusal(pair: Pair) -> None:
    pair.first.falls_behind()
    pair.stage.chain.advance(40)
    prepared = await pair.drift.prepare(WANTED)
    pair.first.past._hashes = {}  # type: ignore[union-attr]
    with pytest.raises(VenueUnknown):
        await pair.drift.send(prepared)
    pair.drift._fates._sent_at.clear()
    assert await pair.finding(prepared) is Finding.ABSENT
    await pair.stage.proceed()
    assert await pair.finding(prepared) is Finding.FILLED
    assert pair.stage.keyring.signed == 1


async def test_a_transaction_that_is_listed_late_is_still_read(pair: Pair) -> None:
    pair.stage.keepers.idle = True
    bought = await pair.placed()
    assert await pair.finding(bought) is Finding.LIVE
    pair.stage.keepers.idle = False
    await pair.stage.proceed()
    [fill] = [s for s in pair.stage.chain.history[pair.stage.user] if str(s) != _signature(bought)]
    for node in (pair.first, pair.second):
        node.hidden.add(str(fill))
    limit = {"order_id": OrderId("ord_2"), "type": "limit", "price": Decimal(90), "max_slippage_bps": None}
    resting = await pair.placed(**limit)
    assert await pair.finding(resting) is Finding.LIVE, "what came later was read"
    with pytest.raises(VenueUnknown, match="not been told yet"):
        await pair.drift.lookup(OWNER, bought.signature)
    pair.first.hidden.clear()
    pair.second.hidden.clear()
    assert await pair.finding(bought) is Finding.FILLED


async def test_pages_of_a_long_history_are_all_one_node_s(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.venues.drift.rpc.PAGE", 2)
    for number in range(5):
        limit = {"type": "limit", "price": Decimal(90 - number), "max_slippage_bps": None}
        await pair.placed(order_id=OrderId(f"ord_{number}"), **limit)
    pair.first.answering.clear()
    listed = await pair.opened.rpc.signatures(str(pair.stage.user), until=None, since=0, commitment="confirmed")
    pair.first.answering.set()
    assert len(listed) == 5
    assert [one["slot"] for one in listed] == sorted(one["slot"] for one in listed)
    assert pair.second.asked["getSignaturesForAddress"] == 3


async def test_two_sockets_tell_each_price_once_in_order_and_one_alone_tells_on(pair: Pair) -> None:
    feed = pair.opened.feed
    assert feed is not None
    source = DriftPrices("drift-emulator", pair.opened.atlas, feed, pair.stage.clock)
    seen: list[Decimal] = []
    arrived = asyncio.Event()

    async def follow() -> None:
        async with aclosing(source.observe(["SOL-PERP"])) as observations:
            async for observation in observations:
                seen.append(observation.price)
                arrived.set()

    async def until(price: int) -> None:
        async with asyncio.timeout(10):
            while not seen or seen[-1] != price:
                arrived.clear()
                await arrived.wait()

    lines = asyncio.Semaphore(0)
    feed.on_connect.append(lines.release)
    task = asyncio.create_task(follow())
    async with asyncio.timeout(10):
        for _ in range(2):
            await lines.acquire()
    await until(100)
    pair.first.falls_behind()
    for price in range(101, 111):
        pair.stage.exchange.show("SOL-PERP", Decimal(price))
        pair.stage.chain.advance()
        await until(price)
    pair.first.catches_up()
    pair.stage.exchange.show("SOL-PERP", Decimal(111))
    await until(111)
    await pair.second.hang_up(abruptly=True)
    assert feed.connected.is_set(), "the other one tells on"
    pair.stage.chain.advance()
    pair.stage.exchange.show("SOL-PERP", Decimal(112))
    await until(112)
    assert seen == sorted(set(seen)), "nothing twice, nothing of the past"
    assert pair.opened.atlas.shelf.dropped >= 10
    task.cancel()
    await asyncio.wait([task])
    await source.close()
