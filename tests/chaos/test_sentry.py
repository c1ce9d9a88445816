"""A stop that rests on chain, and processes killed while they place it, take it off, and sleep as it fires."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from signal import SIGKILL
from typing import Any

import asyncpg
import pytest

from core.app import Core, open_core
from core.domain.ids import OwnerId
from core.domain.owner import Draft
from core.domain.reading import Command
from core.domain.rule import RuleState
from core.venues.drift.codec import Record
from core.venues.drift.emulator.chain import Chain
from core.venues.drift.emulator.exchange import Exchange
from core.venues.drift.emulator.keepers import Keepers
from core.venues.drift.emulator.node import serving
from tests.chain import account_of, put_position, ticking
from tests.chaos.drift_victim import Death, Place, live
from tests.chaos.stage import prepare
from tests.postgres import Server

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(180)]

PLACING = (
    ("execute.after_sign_commit", "execute.after_send") if os.environ.get("SAYWHEN_EXAM") else ("execute.after_send",)
)
"""Signed and stored, and nobody was given it; handed over, and nothing noted of it."""
MARKET = "SOL-PERP"
UNIT = 10**9
RULE = Command(name="pause_rules", rule_ids=("r1",))
_processes = multiprocessing.get_context("forkserver")


class Guarded:
    """An owner with ten SOL and a stop, the chain on which it rests, and victims that come and go."""

    def __init__(self, core: Core, exchange: Exchange, place: Place, pool: asyncpg.Pool, owner: OwnerId) -> None:
        self.core, self.exchange, self.place, self.pool, self.owner = core, exchange, place, pool, owner
        self.key = account_of(owner)
        self.lives = 0

    async def until(self, fact: Callable[[], Awaitable[Any]]) -> None:
        async with asyncio.timeout(60):
            while not await fact():  # noqa: ASYNC110 - another process brings it about
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def alive(self, death: Death | None = None) -> AsyncIterator[ForkServerProcess]:
        """A process of the product; killed at the end of the block if nothing has killed it before."""
        self.lives += 1
        process = _processes.Process(target=live, args=(self.place, f"victim-{self.lives}", death), daemon=True)
        process.start()
        try:
            yield process
        finally:
            process.kill()
            await asyncio.to_thread(process.join)

    async def dies(self, point: str) -> None:
        """A process lives until it passes *point*."""
        async with self.alive(Death(point=point)) as process:
            await asyncio.to_thread(process.join, 60)
            assert process.exitcode == -SIGKILL, point

    def open_orders(self) -> list[Record]:
        return [order for order in self.exchange.user(self.key)["orders"] if order["status"] == "Open"]

    async def stands(self) -> bool:
        """Whether the stop is proven to rest."""
        rests = "SELECT count(*) FROM events WHERE name = 'rule.posted'"
        return len(self.open_orders()) == 1 and bool(await self.pool.fetchval(rests))

    async def is_off(self) -> bool:
        """Whether nothing rests, and that is known."""
        kept = "SELECT count(*) FROM trading_rules WHERE sentry IS NOT NULL"
        return not self.open_orders() and not await self.pool.fetchval(kept)

    async def is_closed(self) -> bool:
        """Whether the position is gone on chain."""
        return not self.exchange.user(self.key)["perp_positions"][0]["base_asset_amount"]

    async def is_completed(self) -> bool:
        return await self.state() is RuleState.COMPLETED

    async def state(self) -> RuleState:
        [rule] = await self.core.rules.read(self.owner)
        return rule.state


@asynccontextmanager
async def _guarded(dsn: str, folder: Path) -> AsyncIterator[Guarded]:
    exchange = Exchange(Chain(time=datetime.now(UTC).timestamp()))
    Keepers(exchange)
    exchange.show(MARKET, Decimal(100))
    async with serving(exchange.chain) as (_, rpc, ws), asyncpg.create_pool(dsn) as pool:
        place = Place(dsn=dsn, folder=folder, rpc=rpc, ws=ws)
        async with (
            open_core(place.settings(), role="people", signs=True) as core,
            ticking(exchange, 0.025, slots_a_price=20),
        ):
            tasks = [asyncio.create_task(work()) for work in (core.prices.follow, core.trading_keys.keep_room)]
            owner = await core.parts.store.create_owner("console", "ann", core.clock.now())
            stage = Guarded(core, exchange, place, pool, owner)
            await stage.until(_soon(core.parts.board.known))
            await core.parts.venue.account(owner)
            put_position(exchange, stage.key, 10 * UNIT)
            exchange.change_market(MARKET, number_of_users_with_base=1)
            try:
                yield stage
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)


def _soon(fact: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
    async def ask() -> Any:
        return fact()

    return ask


async def test_killed_as_it_places_and_takes_off_a_stop_it_leaves_one_or_none_and_one_exit(
    postgres_server: Server, tmp_path: Path
) -> None:
    await asyncio.to_thread(prepare)
    dsn = await postgres_server.borrow()
    try:
        async with _guarded(dsn, tmp_path) as stage:
            draft = await stage.core.drafts.say(stage.owner, "if SOL drops below 95 sell all of my position", "console")
            assert isinstance(draft, Draft), draft
            assert "rests on drift-emulator" in draft.summary
            await stage.core.drafts.confirm(stage.owner, draft.id, draft.revision)
            for point in PLACING:
                await stage.dies(point)
            lethal = tmp_path / "now"
            async with stage.alive(Death(point="settle.before_commit", when=lethal)) as third:
                await stage.until(stage.stands)
                lethal.touch()
                await stage.core.rules.pause(stage.owner, RULE)
                await asyncio.to_thread(third.join, 60)
                assert third.exitcode == -SIGKILL
            async with stage.alive():
                await stage.until(stage.is_off)
                await stage.pool.execute("DELETE FROM events WHERE name = 'rule.posted'")
                await stage.core.rules.resume(stage.owner, RULE)
                await stage.until(stage.stands)
            stage.exchange.show(MARKET, Decimal(94))
            await stage.until(stage.is_closed)
            assert await stage.state() is RuleState.ARMED, "it fired on chain, and none of ours was there to see it"
            async with stage.alive():
                await stage.until(stage.is_completed)
            sold = await stage.pool.fetch("SELECT base FROM trades")
            assert sum(row["base"] for row in sold) == 10
            assert stage.open_orders() == []
            undone = "SELECT count(*) FROM orders WHERE state NOT IN ('filled', 'cancelled', 'lapsed', 'rejected')"
            assert await stage.pool.fetchval(undone) == 0
    finally:
        await postgres_server.give_back(dsn)
