"""The scheduler role: prices in, triggers out, cadences kept; decides the order of starting and stopping."""

import asyncio
import logging

from core.app import Core
from scheduler.jobs import Cadences
from scheduler.supervision import keep

_log = logging.getLogger(__name__)


async def run_scheduler(core: Core, ready: asyncio.Event | None = None) -> None:
    """Watch until cancelled; sets *ready* once rules are loaded and the first price has been taken in."""
    await core.prices.open()
    if core.prices.notice is not None:
        _log.warning("%s", core.prices.notice)
    await core.engine.start()
    status = await core.venue_status()
    if status.state != "open" and core.settings.venue != "paper":  # that follows the prices which are about to come
        _log.warning("%s takes no orders now: %s", core.settings.venue, status.reason)
    cadences = Cadences(core)
    cadences.start()
    seen = asyncio.Event() if ready is None else ready

    async def watch_prices() -> None:
        async for observation in core.prices.stream():
            await core.engine.observe(observation)
            seen.set()

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep("keeping leases", core.engine.keep_leases))
            tasks.create_task(keep("watching prices", watch_prices))
            tasks.create_task(keep("showing marks", core.engine.show_marks))
            tasks.create_task(keep("following events", core.engine.follow_events))
            tasks.create_task(keep("following the venue", core.engine.follow_venue))
            tasks.create_task(keep("tending sentries", core.engine.tend_sentries))
    finally:
        cadences.stop()
        await asyncio.shield(core.engine.stop())
