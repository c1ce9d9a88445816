"""Stops that rest on chain in part, as the price falls into faults of the node and SIGKILL of ours: one exit each."""

import asyncio
import multiprocessing
import random
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from core.venues.drift.emulator.chain import Chain
from core.venues.drift.emulator.exchange import Exchange
from core.venues.drift.emulator.faults import Faults
from core.venues.drift.emulator.keepers import Keepers
from core.venues.drift.emulator.node import serving
from tests.chain import account_of, ticking
from tests.chaos import test_drift
from tests.chaos.drift_victim import Place, live
from tests.chaos.stage import prepare
from tests.chaos.test_drift import EXAM, SLOT_S, SLOTS_A_PRICE, Counts, _arm, _judge, _open
from tests.postgres import Server

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.slow,
    pytest.mark.timeout(1_800),
    pytest.mark.skipif(not EXAM, reason="part of the exam"),
]

SEED = 10
STOPS = 200
BEFORE, AFTER = 4, 3
"""Lives that end by SIGKILL before the price falls, while stops are placed, and after."""


async def _lives(place: Place, rest: random.Random, many: int, first: int) -> None:
    for number in range(first, first + many):
        process = multiprocessing.get_context("forkserver").Process(
            target=live, args=(place, f"v-{number}"), daemon=True
        )
        process.start()
        try:
            await asyncio.sleep(rest.uniform(5, 9))
        finally:
            process.kill()
            await asyncio.to_thread(process.join)


async def test_stops_that_rest_or_do_not_yet_are_one_exit_each_whoever_is_killed(
    postgres_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_drift, "TRIGGERS", STOPS)
    await asyncio.to_thread(prepare)
    rest, counts = random.Random(SEED), Counts(kills=BEFORE + AFTER)
    exchange = Exchange(Chain(time=datetime.now(UTC).timestamp()))
    Keepers(exchange)
    exchange.show("SOL-PERP", Decimal(100))
    dsn = await postgres_server.borrow()
    try:
        async with (
            serving(exchange.chain) as (_, rpc, ws),
            ticking(exchange, SLOT_S, slots_a_price=SLOTS_A_PRICE),
            asyncpg.create_pool(dsn) as pool,
        ):
            place = Place(dsn=dsn, folder=tmp_path, rpc=rpc, ws=ws)
            owners = await _arm(place, exchange)
            exchange.chain.faults = faults = Faults(
                seed=SEED, lost=0.15, late=0.1, twice=0.05, fails=0.04, busy=0.03, broken=0.03, cut=0.03, stale=0.2
            )
            began = time.monotonic()
            await _lives(place, rest, BEFORE, 0)
            rested = await pool.fetchval("SELECT count(*) FROM orders WHERE step = 'sentry' AND state = 'accepted'")
            exchange.show("SOL-PERP", Decimal("98.5"))
            await _lives(place, rest, AFTER, BEFORE)
            last = multiprocessing.get_context("forkserver").Process(target=live, args=(place, "last"), daemon=True)
            last.start()
            async with asyncio.timeout(1_200):
                while await _open(pool):
                    assert last.is_alive()
                    await asyncio.sleep(0.2)
            last.kill()
            await asyncio.to_thread(last.join)
            counts.trading_s, counts.faults = round(time.monotonic() - began, 1), faults.counts
            await _judge(exchange, owners, pool, counts)
            keys = [account_of(owner) for owner in owners]
            orphans = sum(order["status"] == "Open" for key in keys for order in exchange.user(key)["orders"])
            by_sentry = await pool.fetchval("SELECT count(*) FROM orders WHERE step = 'sentry' AND filled_base > 0")
    finally:
        await postgres_server.give_back(dsn)
    with capsys.disabled():
        print(f"\nStops on chain, seed {SEED}: {rested} rested, {by_sentry} fired there: {counts}")  # noqa: T201 - the counts are what the test is for
    assert counts.triggers == STOPS
    assert (counts.lost, counts.doubled, counts.unresolved, counts.apart, orphans) == (0, 0, 0, 0, 0)
