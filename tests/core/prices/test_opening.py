"""Which source runs: what was asked for, or the truth about what was found instead."""

import asyncio
import subprocess
import sys
import time
from contextlib import aclosing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from core.domain.errors import BadInput, NotConfigured
from core.prices.dialects import Address
from core.prices.opening import Live, Replay, Simulation, open_prices
from tests.core.prices.clocks import MachineClock
from tests.emulators.prices.hermes import Hermes
from tests.emulators.prices.hyperliquid import Hyperliquid
from tests.emulators.prices.kraken import Kraken

SOL = ["SOL-PERP"]
SIMULATION = Simulation(seed=1, epoch=datetime(2026, 1, 1, tzinfo=UTC))
NOWHERE = Address(rest="http://127.0.0.1:9", ws="ws://127.0.0.1:9")
OFFLINE = {"hyperliquid": NOWHERE, "kraken": NOWHERE}


async def test_simulation_is_said() -> None:
    opened = await open_prices("simulated", MachineClock(), SOL, simulation=SIMULATION)
    assert opened.source.simulated
    assert opened.notice == "Prices are SIMULATED."


async def test_a_file_is_replayed_and_said(tmp_path: Path) -> None:
    file = tmp_path / "sol-perp-15m.csv"
    file.write_text("time,open,high,low,close,volume\n2021-09-01T00:00:00Z,1,1,1,1,1\n2021-09-01T00:15:00Z,1,1,1,1,1\n")
    replay = Replay(file=file, speed=Decimal(60))
    opened = await open_prices("replay", MachineClock(), SOL, simulation=SIMULATION, replay=replay)
    assert opened.source.simulated
    assert opened.notice == (
        "Prices are a REPLAY of sol-perp-15m.csv: SOL-PERP from 2021-09-01 00:00 UTC, at 60 times its pace."
    )


@pytest.mark.parametrize(
    ("kind", "options", "error"),
    [
        ("replay", {}, NotConfigured),
        ("replay", {"replay": Replay(file=Path("prices.csv"))}, BadInput),
        ("replay", {"replay": Replay(file=Path("no-such-perp.csv"), market="SOL-PERP")}, BadInput),
        ("pyth", {}, NotConfigured),
        ("chainlink", {}, NotConfigured),
    ],
)
async def test_a_choice_without_what_it_needs_is_refused(kind: str, options: dict[str, Any], error: type) -> None:
    with pytest.raises(error):
        await open_prices(cast(Any, kind), MachineClock(), SOL, simulation=SIMULATION, **options)


async def test_auto_takes_the_exchanges_where_they_answer() -> None:
    async with (
        Hyperliquid({"SOL": "150"}) as hyperliquid,
        Kraken({"PF_SOLUSD": 150.1}, lambda: int(time.time() * 1000)) as kraken,
    ):
        live = Live(exchanges={"hyperliquid": hyperliquid.address, "kraken": kraken.address})
        opened = await open_prices("auto", MachineClock(), SOL, simulation=SIMULATION, live=live)
        assert (opened.source.name, opened.notice) == ("exchange", None)
        async with aclosing(cast(Any, opened.source.observe(SOL))) as stream:
            assert not (await anext(stream)).simulated
        await opened.source.close()


async def test_auto_prefers_pyth_where_there_is_a_key() -> None:
    async with Hermes({"Crypto.SOL/USD": "aa"}, key="key") as hermes:
        live = Live(pyth_key="key", pyth_url=hermes.url, exchanges=OFFLINE)
        opening = asyncio.create_task(open_prices("auto", MachineClock(), SOL, simulation=SIMULATION, live=live))
        await hermes.until(lambda: hermes.connected == 1)
        await hermes.publish("Crypto.SOL/USD", "15000000000", "1", int(time.time()))
        opened = await opening
    assert (opened.source.name, opened.notice) == ("pyth", None)


async def test_auto_simulates_offline_at_once_and_says_so() -> None:
    began = time.monotonic()
    opened = await open_prices("auto", MachineClock(), SOL, simulation=SIMULATION, live=Live(exchanges=OFFLINE))
    assert opened.source.name == "simulated"
    assert opened.notice == "No live prices could be had from the exchanges: prices are SIMULATED."
    assert time.monotonic() - began < 2


async def test_auto_gives_up_on_live_sources_that_answer_nothing_useful() -> None:
    async with (
        Hermes({"Crypto.SOL/USD": "aa"}, key="another") as hermes,
        Hyperliquid({"SOL": "150"}) as hyperliquid,
    ):
        hyperliquid.refusing = True
        live = Live(
            pyth_key="key",
            pyth_url=hermes.url,
            exchanges={"hyperliquid": hyperliquid.address, "kraken": NOWHERE},
            patience_s=0.5,
        )
        opened = await open_prices("auto", MachineClock(), SOL, simulation=SIMULATION, live=live)
    assert opened.notice == "No live prices could be had from Pyth or the exchanges: prices are SIMULATED."


def test_a_key_is_not_shown_with_its_settings() -> None:
    assert "secret" not in repr(Live(pyth_key="secret"))


def test_what_simulates_loads_neither_ccxt_nor_aiohttp() -> None:
    program = (
        "import asyncio, sys\n"
        "from datetime import UTC, datetime\n"
        "from core.prices.opening import Simulation, open_prices\n"
        "from tests.core.prices.clocks import MachineClock\n"
        "simulation = Simulation(seed=1, epoch=datetime(2026, 1, 1, tzinfo=UTC))\n"
        "asyncio.run(open_prices('simulated', MachineClock(), ['SOL-PERP'], simulation=simulation))\n"
        "assert not {'ccxt', 'aiohttp'} & set(sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
