"""Which price source runs: decides it once, at the start, and says so where it is not what was hoped for."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from core.domain.errors import BadInput, NotConfigured
from core.ports import Clock, PriceSource
from core.prices.dialects import Address
from core.prices.exchange import ExchangeSource
from core.prices.pyth import HERMES, PythSource
from core.prices.replay import ReplaySource, market_of, read_candles
from core.prices.simulated import SimulatedSource

PriceKind = Literal["auto", "exchange", "pyth", "simulated", "replay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Invented markets: the same `seed` and `epoch` give the same prices; at `speed` 60 an hour of them a minute."""

    seed: int
    epoch: datetime
    speed: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A candle file told again, `speed` times as fast, from `began` on (now): processes that share that agree.

    The market is read from the file's name where it is not given.
    """

    file: Path
    market: str | None = None
    speed: Decimal = Decimal(1)
    began: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Where live prices may come from, and how long `auto` tries each (`patience_s`)."""

    pyth_key: str | None = field(default=None, repr=False)
    pyth_url: str = HERMES
    exchanges: Mapping[str, Address] = field(default_factory=dict)
    """Addresses in place of an exchange's own, by its name."""
    bound_bps: Decimal = Decimal(30)
    patience_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPrices:
    """A running source, and what people must be told about it."""

    source: PriceSource
    notice: str | None = None


async def open_prices(
    kind: PriceKind,
    clock: Clock,
    markets: Sequence[str],
    *,
    simulation: Simulation,
    replay: Replay | None = None,
    live: Live | None = None,
) -> OpenedPrices:
    """The source that *kind* names; whoever asked closes it.

    `auto` takes the first live source that shows one of *markets* in time (Pyth if there is a key, then the exchanges),
    else simulates, and `notice` says so. The choice is for good: a live source that fails later is stale, never
    silently replaced by invented prices. Nothing is loaded that the choice does not need. Raises NotConfigured for a
    choice without what it needs, BadInput for a file that cannot be read.
    """
    live = Live() if live is None else live
    match kind:
        case "simulated":
            return OpenedPrices(source=_simulated(clock, simulation), notice="Prices are SIMULATED.")
        case "replay":
            return await _replayed(clock, replay)
        case "pyth":
            return OpenedPrices(source=_pyth(clock, live))
        case "exchange":
            return OpenedPrices(source=_exchange(clock, live))
        case "auto":
            return await _found(clock, markets, live, simulation)
        case _:
            raise NotConfigured(
                f"Expected prices from auto, exchange, pyth, simulated or a candle file, was {kind!r}",
                "Set SAYWHEN_PRICES to one of them.",
            )


async def _found(clock: Clock, markets: Sequence[str], live: Live, simulation: Simulation) -> OpenedPrices:
    if live.pyth_key:
        pyth = _pyth(clock, live)
        if await _shows(pyth, markets, live.patience_s):
            return OpenedPrices(source=pyth)
        await pyth.close()
    exchange = _exchange(clock, live)
    if await _shows(exchange, markets, live.patience_s):
        return OpenedPrices(source=exchange)
    await exchange.close()
    tried = "Pyth or the exchanges" if live.pyth_key else "the exchanges"
    return OpenedPrices(
        source=_simulated(clock, simulation),
        notice=f"No live prices could be had from {tried}: prices are SIMULATED.",
    )


async def _shows(source: "PythSource | ExchangeSource", markets: Sequence[str], patience_s: float) -> bool:
    """Whether *source* shows one of *markets* in time."""
    try:
        async with asyncio.timeout(patience_s):
            # Knocking first spares an offline machine the wait, and the second and 80 MB that ccxt costs.
            if not await source.is_reachable():
                return False
            async with aclosing(source.observe(markets)) as seen:
                async for _ in seen:
                    return True
    except (TimeoutError, NotConfigured):
        pass
    return False


def _simulated(clock: Clock, simulation: Simulation) -> PriceSource:
    return SimulatedSource(clock, seed=simulation.seed, epoch=simulation.epoch, speed=simulation.speed)


async def _replayed(clock: Clock, replay: Replay | None) -> OpenedPrices:
    if replay is None:
        raise NotConfigured("A replay needs a candle file", "Set SAYWHEN_PRICES to its path.")
    file = replay.file
    if (market := replay.market or market_of(file)) is None:
        raise BadInput(f"{file.name} does not say which market it holds", "Name it like sol-perp-15m.csv.")
    candles = await asyncio.to_thread(read_candles, file, market)
    return OpenedPrices(
        source=ReplaySource(candles, clock, speed=replay.speed, began=replay.began),
        notice=f"Prices are a REPLAY of {file.name}: {market} from {candles[0].start:%Y-%m-%d %H:%M} UTC, "
        f"at {replay.speed:f} times its pace.",
    )


def _pyth(clock: Clock, live: Live) -> PythSource:
    if not live.pyth_key:
        raise NotConfigured("Prices from Pyth need a key", "Set PYTH_API_KEY, or SAYWHEN_PRICES=exchange.")
    return PythSource(clock, key=live.pyth_key, url=live.pyth_url)


def _exchange(clock: Clock, live: Live) -> ExchangeSource:
    return ExchangeSource(clock, addresses=live.exchanges, bound_bps=live.bound_bps)
