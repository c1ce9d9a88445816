"""A real core whose market stands where it is put, for the stages of the bots and whoever needs no more; no channel."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from core.app import Core, open_core, read_settings
from core.domain.ids import OwnerId
from core.domain.market import Observation
from core.ports import Clock


@asynccontextmanager
async def a_core(dsn: str, clock: Clock | None = None, **settings: Any) -> AsyncIterator[Core]:
    """A core with prices that nobody streams; SOL stands at 150, for its venue too."""
    chosen = read_settings(_env_file=None, DATABASE_URL=dsn, SAYWHEN_PRICES="simulated", **settings)
    async with open_core(chosen, clock=clock) as core:
        await show_price(core, "150")
        yield core


def put_price(core: Core, price: str, market: str = "SOL-PERP") -> Observation:
    """Put a market somewhere."""
    now = core.clock.now()
    seen = Observation(market=market, price=Decimal(price), at=now, seen_at=now, source="simulated", simulated=True)
    core.parts.board.put(seen)
    return seen


async def show_price(core: Core, price: str, market: str = "SOL-PERP") -> None:
    """Put a market somewhere, and let its venue see it."""
    assert core.parts.own is not None
    await core.parts.own.observe(put_price(core, price, market))


async def give_sol(core: Core, channel: str, person: int, base: str) -> OwnerId:
    """Give *person* a SOL position bought at $148, with SOL at 150."""
    owner = await core.account.sign_in(channel, str(person))
    await show_price(core, "150")
    await core.give_position(owner, "SOL-PERP", Decimal(base), Decimal(148))
    return owner


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """*work* goes on for the length of the block."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
