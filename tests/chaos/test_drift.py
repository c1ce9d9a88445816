"""Triggers on the Drift emulator under faults of its node and SIGKILL of ours: each leg trades once, come what may."""

import asyncio
import multiprocessing
import os
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest
from solders.pubkey import Pubkey

from core.app import Core, open_core
from core.db.store import PostgresStore
from core.domain.errors import SayWhenError
from core.domain.ids import OwnerId
from core.domain.owner import Draft
from core.domain.reading import Command
from core.venues.drift.emulator.chain import Chain
from core.venues.drift.emulator.exchange import Exchange
from core.venues.drift.emulator.faults import Faults
from core.venues.drift.emulator.keepers import Keepers
from core.venues.drift.emulator.node import serving
from core.venues.drift.emulator.tables import WIRE
from tests.chain import account_of, put_position, ticking
from tests.chaos.drift_victim import Place, live
from tests.chaos.leaks import leaked
from tests.chaos.stage import prepare
from tests.postgres import Server

EXAM = bool(os.environ.get("SAYWHEN_EXAM"))
TRIGGERS, KILLS = (1_000, 40) if EXAM else (50, 4)
ROUNDS, REVOKED = (6, 30) if EXAM else (2, 6)
LAST_LIFE_S = 2_400 if EXAM else 240
SEED = 8
SLOT_S, SLOTS_A_PRICE = 0.025, 20
"""Sixteen times as fast as in life."""
HELD = 10 * 10**9
SOLD = 5 * 10**9
RESTING = "SELECT DISTINCT owner FROM trading_rules WHERE state = 'paused'"
MISSED = "SELECT 1 FROM events WHERE owner = $1 AND name = 'account.delegate_revoked'"
WORDS = "if SOL drops below 99 sell half my position"

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(3_600 if EXAM else 300)]


@dataclass
class Counts:
    """What came of it, from the chain's books and from ours."""

    triggers: int = 0
    kills: int = 0
    revoked: int = 0
    switched_off: int = 0
    resumed: int = 0
    lost: int = 0
    doubled: int = 0
    unresolved: int = 0
    apart: int = 0
    tries: int = 0
    arming_s: float = 0
    trading_s: float = 0
    faults: dict[str, int] = field(default_factory=dict)


def _held(exchange: Exchange, key: Pubkey) -> int:
    return sum(position["base_asset_amount"] for position in exchange.user(key)["perp_positions"])


async def _confirm(core: Core, owner: OwnerId) -> None:
    draft = await core.drafts.say(owner, WORDS, "console")
    assert isinstance(draft, Draft), draft
    await core.drafts.confirm(owner, draft.id, draft.revision)


async def _arm(place: Place, exchange: Exchange) -> list[OwnerId]:
    """Owners with ten SOL each, and a rule of each that waits for the price."""
    async with open_core(place.settings(), role="people", signs=True) as core:
        store = core.parts.store
        assert isinstance(store, PostgresStore)
        tasks = [asyncio.create_task(work()) for work in (core.prices.follow, core.trading_keys.keep_room)]
        owners = [await store.create_owner("console", f"o{n}", core.clock.now()) for n in range(TRIGGERS)]
        async with asyncio.timeout(20):
            while not core.parts.board.known():  # noqa: ASYNC110 - prices come from another task
                await asyncio.sleep(0.05)
        for owner in owners:
            await core.parts.venue.account(owner)
            put_position(exchange, account_of(owner), HELD)
            await _confirm(core, owner)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return owners


def _revoke(exchange: Exchange, owner: OwnerId) -> Pubkey:
    """Take the delegate's right away; who had it."""
    delegate: Pubkey = exchange.user(account_of(owner))["delegate"]
    exchange.change("User", account_of(owner), delegate=Pubkey.default())
    return delegate


async def _give_back(exchange: Exchange, owner: OwnerId, delegate: Pubkey, pool: asyncpg.Pool) -> None:
    """Give *owner*'s right back once it was missed, so that their rule has rested for certain."""
    while not await pool.fetchval(MISSED, owner):  # noqa: ASYNC110 - victims are other processes
        await asyncio.sleep(0.1)
    exchange.change("User", account_of(owner), delegate=delegate)


async def _disturb(
    exchange: Exchange, owners: list[OwnerId], pool: asyncpg.Pool, counts: Counts, rest: random.Random
) -> None:
    """Once orders are in flight, take the delegate's right away from some owners for a while, and switch Drift off."""
    while not await pool.fetchval("SELECT count(*) FROM trades"):  # noqa: ASYNC110 - victims are other processes
        await asyncio.sleep(0.1)
    for _ in range(ROUNDS):
        unsold = [owner for owner in owners if _held(exchange, account_of(owner)) == HELD]
        delegates = {owner: _revoke(exchange, owner) for owner in rest.sample(unsold, min(REVOKED, len(unsold)))}
        counts.revoked += len(delegates)
        exchange.program.off = True
        await asyncio.sleep(rest.uniform(0.5, 1.5))
        exchange.program.off = False
        counts.switched_off += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(60):
                while not await pool.fetchval(f"{RESTING} AND owner = ANY ($1)", list(delegates)):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        await asyncio.sleep(rest.uniform(0.5, 2.0))
        for owner, delegate in delegates.items():
            exchange.change("User", account_of(owner), delegate=delegate)
        await asyncio.sleep(rest.uniform(0.5, 2.0))


async def _resume(place: Place, pool: asyncpg.Pool, counts: Counts) -> None:
    """What owners do who allow trading again: they resume the rules that rested meanwhile. For ever."""
    everything = Command(name="resume_rules", all=True)
    async with open_core(place.settings(), role="people") as core:
        following = asyncio.create_task(core.prices.follow())
        try:
            while True:
                await asyncio.sleep(1)
                for row in await pool.fetch(RESTING):
                    with suppress(SayWhenError):  # a fault of the node: they try again
                        counts.resumed += len(await core.rules.resume(row["owner"], everything))
        finally:
            following.cancel()
            await asyncio.wait([following])


async def _kill_at_random(place: Place, counts: Counts, pool: asyncpg.Pool, rest: random.Random) -> None:
    """Start the product and kill it, again and again; then let it live until nothing is left to do."""
    processes = multiprocessing.get_context("forkserver")
    for number in range(KILLS + 1):
        process = processes.Process(target=live, args=(place, f"victim-{number}"), daemon=True)
        process.start()
        try:
            if number < KILLS:
                await asyncio.sleep(rest.uniform(1.0, 4.0))
                counts.kills += 1
                continue
            async with asyncio.timeout(LAST_LIFE_S):
                while await _open(pool):
                    assert process.is_alive()
                    await asyncio.sleep(0.2)
        finally:
            process.kill()
            await asyncio.to_thread(process.join)


async def _open(pool: asyncpg.Pool) -> int:
    query = "SELECT count(*) FROM trading_rules WHERE state NOT IN ('completed', 'failed', 'cancelled')"
    return int(await pool.fetchval(query))


async def _judge(exchange: Exchange, owners: list[OwnerId], pool: asyncpg.Pool, counts: Counts) -> None:
    ours = {
        row["owner"]: row["base"] for row in await pool.fetch("SELECT owner, sum(base) AS base FROM trades GROUP BY 1")
    }
    ended = "('filled', 'rejected', 'cancelled', 'lapsed', 'denied')"
    counts.unresolved = await pool.fetchval(f"SELECT count(*) FROM orders WHERE state NOT IN {ended}")
    counts.tries = await pool.fetchval("SELECT count(*) FROM orders")
    for owner in owners:
        key = account_of(owner)
        landed = [exchange.chain.landed[name] for name in exchange.chain.history[key]]
        actions = [
            event.fields
            for one in landed
            if not one.error
            for event in WIRE.events(one.logs).events
            if event.name == "OrderActionRecord" and event.fields["action"] == "Fill"
        ]
        sold = sum(fill["base_asset_amount_filled"] for fill in actions)
        held = _held(exchange, key)
        counts.triggers += 1
        counts.lost += sold < SOLD
        counts.doubled += sold > SOLD
        counts.apart += held != HELD - sold or ours.get(owner, 0) * 10**9 != sold


async def test_every_leg_trades_once_under_faults_and_kills(
    postgres_server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.to_thread(prepare)
    rest = random.Random(SEED)
    dsn = await postgres_server.borrow()
    exchange = Exchange(Chain(time=datetime.now(UTC).timestamp()))
    Keepers(exchange)
    exchange.show("SOL-PERP", Decimal(100))
    counts = Counts()
    try:
        async with (
            serving(exchange.chain) as (_, rpc, ws),
            ticking(exchange, SLOT_S, slots_a_price=SLOTS_A_PRICE),
            asyncpg.create_pool(dsn) as pool,
        ):
            place = Place(dsn=dsn, folder=tmp_path, rpc=rpc, ws=ws, longest_life_s=LAST_LIFE_S)
            began = time.monotonic()
            owners = await _arm(place, exchange)
            counts.arming_s = round(time.monotonic() - began, 1)
            exchange.chain.faults = faults = Faults(
                seed=SEED, lost=0.15, late=0.1, twice=0.05, fails=0.04, busy=0.03, broken=0.03, cut=0.03, stale=0.2
            )
            first, others = owners[0], owners[1:]
            first_delegate = _revoke(exchange, first)  # before its trigger: this one cannot have sold already
            exchange.show("SOL-PERP", Decimal("98.5"))
            more = random.Random(SEED)
            tasks = [
                asyncio.create_task(_give_back(exchange, first, first_delegate, pool)),
                asyncio.create_task(_disturb(exchange, others, pool, counts, more)),
                asyncio.create_task(_resume(place, pool, counts)),
            ]
            try:
                await _kill_at_random(place, counts, pool, rest)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
            counts.trading_s = round(time.monotonic() - began - counts.arming_s, 1)
            counts.faults = faults.counts
            await _judge(exchange, owners, pool, counts)
            leaks = await leaked(tmp_path, pool)
    finally:
        with capsys.disabled():
            print(f"\nDrift under faults and kills, seed {SEED}: {counts}")  # noqa: T201 - the counts are what the test is for
        await postgres_server.give_back(dsn)
    assert counts.triggers == TRIGGERS
    assert min(counts.revoked, counts.switched_off, counts.resumed) > 0
    assert leaks == []
    assert (counts.lost, counts.doubled, counts.unresolved, counts.apart) == (0, 0, 0, 0)
