"""The Drift emulator for `saywhen up --venue drift-emulator`: a chain on loopback with live or simulated oracles.

Its chain is kept in the home and goes on where it stood; what is on it is play money.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pydantic import SecretStr

from core.clock import SystemClock
from core.domain.money import ZERO
from core.prices.opening import Live, PriceKind, Replay, Simulation, open_prices
from core.prices.pyth import HERMES
from core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from core.domain.market import Observation
    from core.ports import PriceSource
    from core.venues.drift.emulator.exchange import Exchange

SLOT_S = 0.4
SAVE_EVERY_S = 2.0
FILE = "drift-emulator.json"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulated:
    """Where the emulator answers, and what people must be told about its prices."""

    rpc: str
    ws: str
    notice: str | None
    settings: Settings
    """The settings of a SayWhen that trades on it."""


@asynccontextmanager
async def emulated_drift(settings: Settings) -> AsyncIterator[Emulated]:
    """A running emulator for the length of the block. Raises NotConfigured without the libraries it needs."""
    from core.venues.drift.codec import codec_of

    codec_of("drift")  # says what is missing, before anything is imported that needs it
    from core.venues.drift.emulator.exchange import Exchange
    from core.venues.drift.emulator.keepers import Keepers
    from core.venues.drift.emulator.keeping import restored, save, written
    from core.venues.drift.emulator.node import serving

    clock = SystemClock()
    place = settings.home_path / FILE
    chain, kept = await asyncio.to_thread(restored, place)
    chain.time = max(chain.time, datetime.now(UTC).timestamp()) if kept else datetime.now(UTC).timestamp()
    exchange = Exchange(chain)
    exchange.deposit = settings.paper_deposit
    Keepers(exchange)
    seed = settings.seed if settings.seed is not None else int(kept.get("seed", secrets.randbelow(2**31)))
    epoch = datetime.fromisoformat(str(kept.get("epoch", datetime.now(UTC).isoformat())))
    replay = None if settings.price_file is None else Replay(file=settings.price_file, speed=settings.speed)
    opened = await open_prices(
        "replay" if replay is not None else cast(PriceKind, settings.prices),
        clock,
        exchange.symbols,
        simulation=Simulation(seed=seed, epoch=epoch, speed=settings.speed),
        replay=replay,
        live=Live(
            pyth_key=None if settings.pyth_api_key is None else settings.pyth_api_key.get_secret_value(),
            pyth_url=settings.pyth_url or HERMES,
            bound_bps=settings.agreement_bps,
        ),
    )
    notes = {"seed": seed, "epoch": epoch.isoformat()}
    async with serving(chain) as (_, rpc, ws):
        tasks = [
            asyncio.create_task(_show(exchange, opened.source), name="emulated oracles"),
            asyncio.create_task(_tick(exchange), name="emulated slots"),
            asyncio.create_task(_remember(exchange, notes, place), name="emulator's memory"),
        ]
        try:
            there = {"solana_rpc_url": SecretStr(rpc), "solana_ws_url": SecretStr(ws), "venue": "drift-emulator"}
            yield Emulated(rpc=rpc, ws=ws, notice=opened.notice, settings=settings.model_copy(update=there))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await opened.source.close()
            save(written(chain, notes), place)


async def _show(exchange: "Exchange", source: "PriceSource") -> None:
    stream = cast("AsyncGenerator[Observation]", source.observe(exchange.symbols))
    async with aclosing(stream) as seen:
        async for observation in seen:
            exchange.show(observation.market, observation.price, confidence=observation.confidence or ZERO)


async def _tick(exchange: "Exchange") -> None:
    """Slots as they pass in life; a machine that was held up makes up for them at once."""
    while True:
        await asyncio.sleep(SLOT_S)
        behind = datetime.now(UTC).timestamp() - exchange.chain.time
        if behind > 0:
            exchange.chain.advance(1, seconds=behind)


async def _remember(exchange: "Exchange", notes: Mapping[str, object], place: Path) -> None:
    """Keep the chain in its file, whenever something has happened on it."""
    from core.venues.drift.emulator.keeping import save, written

    known = -1
    while True:
        await asyncio.sleep(SAVE_EVERY_S)
        if len(exchange.chain.landed) != known:
            known = len(exchange.chain.landed)
            await asyncio.to_thread(save, written(exchange.chain, notes), place)
