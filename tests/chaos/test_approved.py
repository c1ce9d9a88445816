"""Orders that their owner's wallet signed, and a SIGKILL at every moment after: each is placed once, and once only."""

import asyncio
import multiprocessing
import os
import signal
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest
from solders.transaction import VersionedTransaction

from core.app import Core, open_core
from core.domain.action import Trade
from core.domain.condition import Now
from core.domain.ids import OrderId, OwnerId
from core.domain.rule import RuleSpec, RuleState
from core.venues.drift.emulator.chain import Chain
from core.venues.drift.emulator.exchange import Exchange, keypair
from core.venues.drift.emulator.faults import Faults
from core.venues.drift.emulator.keepers import Keepers
from core.venues.drift.emulator.node import serving
from core.venues.drift.emulator.tables import WIRE
from tests import samples
from tests.chain import ticking
from tests.chaos.drift_victim import Death, Place, live
from tests.chaos.stage import prepare
from tests.postgres import Server

EXAM = bool(os.environ.get("SAYWHEN_EXAM"))
POINTS: tuple[str, ...] = ("execute.after_send",)  # handed over, and nobody noted it
if EXAM:
    POINTS += (
        "execute.before_send",
        "execute.after_sent_commit",
        "settle.before_lookup",
        "settle.before_commit",
        "settle.after_commit",
    )
SLOT_S = 0.5
"""Slots nearly as long as in life: what was signed must outlive the deaths of several processes."""
WALLET = keypair("hardware wallet")
USER = WIRE.address("user", WALLET.pubkey(), 0)

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(300)]


async def _sign_all(core: Core, exchange: Exchange, count: int) -> list[OrderId]:
    """Orders that fired, were asked for, opened and signed; nothing of them was sent."""
    owner = await core.parts.store.create_owner("console", "ann", core.clock.now())
    exchange.fund(WALLET.pubkey(), Decimal(0))
    exchange.open_user(WALLET.pubkey(), Decimal(10_000))
    await core.wallets._people.add_wallet(owner, str(WALLET.pubkey()), core.clock.now())
    await core.seats.choose(owner, str(WALLET.pubkey()), "approve")
    signed = []
    for number in range(1, count + 1):
        order_id = await _fired(core, owner, number)
        await core.execution.step(owner, order_id, 1)
        shown = await core.sign_offs.open(owner, order_id)
        message = VersionedTransaction.from_bytes(shown.unsigned.transaction).message
        await core.sign_offs.sign(owner, order_id, bytes(VersionedTransaction(message, [WALLET])))
        signed.append(order_id)
    return signed


async def _fired(core: Core, owner: OwnerId, number: int) -> OrderId:
    now = core.clock.now()
    buying = Trade(type="buy", market="SOL-PERP", amount_base=Decimal(number), reduce_only=False)
    spec = RuleSpec(id="r1", condition=Now(), action=buying)
    rule = samples.rule(owner, number, state=RuleState.FIRING, trigger_no=1, spec=spec, bound_side=None, memory={})
    order = samples.order(rule, due_at=now, created_at=now, venue="drift-emulator", share=Decimal(1))
    async with core.parts.store.begin(owner) as tx:
        await tx.add_rule(rule)
        await tx.add_order(order)
    return order.id


def _placed(exchange: Exchange) -> list[int]:
    """The size of every order that the chain took from the wallet, in its order, in whole SOL."""
    landed = [exchange.chain.landed[name] for name in exchange.chain.history.get(USER, [])]
    return [
        event.fields["order"]["base_asset_amount"] // 10**9
        for one in landed
        if one.error is None
        for event in WIRE.events(one.logs).events
        if event.name == "OrderRecord"
    ]


def _death(point: str | None) -> Death | None:
    return None if point is None else Death(point=point)


async def test_what_a_wallet_signed_is_placed_once_wherever_we_are_killed(
    postgres_server: Server, tmp_path: Path
) -> None:
    await asyncio.to_thread(prepare)
    dsn = await postgres_server.borrow()
    exchange = Exchange(Chain(time=datetime.now(UTC).timestamp()))
    Keepers(exchange)
    exchange.show("SOL-PERP", Decimal(100))
    processes = multiprocessing.get_context("forkserver")
    try:
        async with serving(exchange.chain) as (_, rpc, ws), ticking(exchange, SLOT_S), asyncpg.create_pool(dsn) as pool:
            place = Place(dsn=dsn, folder=tmp_path, rpc=rpc, ws=ws)
            async with open_core(place.settings(), role="people", signs=True) as core:
                orders = await _sign_all(core, exchange, len(POINTS) + 1)
            assert _placed(exchange) == []
            exchange.chain.faults = Faults(seed=9, lost=0.2, twice=0.2, cut=0.05)
            for number, point in enumerate((*POINTS, None)):
                process = processes.Process(target=live, args=(place, f"life-{number}", _death(point)), daemon=True)
                process.start()
                try:
                    if point is not None:
                        await asyncio.to_thread(process.join, 60)
                        assert process.exitcode == -signal.SIGKILL, point
                        continue
                    async with asyncio.timeout(120):
                        while await pool.fetchval("SELECT count(*) FROM orders WHERE ended_at IS NULL"):
                            assert process.is_alive()
                            await asyncio.sleep(0.1)
                finally:
                    process.kill()
                    await asyncio.to_thread(process.join)
            states = await pool.fetch("SELECT state, count(*) AS n FROM orders GROUP BY 1")
            assert {row["state"]: row["n"] for row in states} == {"filled": len(orders)}
            assert sorted(_placed(exchange)) == list(range(1, len(orders) + 1))
            assert await pool.fetchval("SELECT sum(base) FROM trades") == sum(range(1, len(orders) + 1))
    finally:
        await postgres_server.give_back(dsn)
