"""Everything `saywhen up` runs, put together once, so that the demo shows the product itself; decides no behaviour."""

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bots.channel import Channel
from bots.console.channel import ConsoleChannel
from bots.delivery import Courier
from bots.dialogue import Dialogue
from cli.worker import WorkerProcess
from core.app import Core
from core.domain.errors import NotConfigured
from scheduler import run_scheduler

_log = logging.getLogger(__name__)


@asynccontextmanager
async def running(
    core: Core, worker: WorkerProcess, channels: Sequence[Channel], listening: socket.socket | None = None
) -> AsyncIterator[asyncio.Event]:
    """Watch, execute and tell for the length of the block; yields what is set once prices are there.

    The API answers on *listening*, where that is given.
    Whatever ends one part ends the block with its error, except for the worker, which is started again.
    """
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        parts = [
            tasks.create_task(worker.keep(), name="worker"),
            tasks.create_task(run_scheduler(core, ready), name="scheduler"),
            tasks.create_task(Courier(core.notices, channels, core.clock).run(), name="delivery"),
        ]
        if listening is not None:
            from api.serving import run_api

            parts.append(tasks.create_task(run_api(core, listening=listening), name="api"))
        if core.settings.telegram_token is not None:
            parts.append(tasks.create_task(_telegram(core), name="telegram"))
        try:
            yield ready
        finally:
            for part in parts:
                part.cancel()


async def _telegram(core: Core) -> None:
    """Serve the Telegram bot; a token that is wrong, or was taken back, ends that and nothing else."""
    from bots.telegram.run import run_telegram

    try:
        await run_telegram(core, core.prices)
    except NotConfigured as problem:
        _log.error("Telegram is off: %s %s", problem, problem.hint)
        print(f"Telegram is off: {problem} {problem.hint}", file=sys.stderr, flush=True)


async def converse(core: Core, channel: ConsoleChannel, *, dashboard: str | None = None) -> None:
    """Talk on *channel* until the person leaves; *dashboard* is its address where it is served here."""
    address = core.settings.public_url_set or dashboard
    await channel.run(Dialogue(core, core.clock, dashboard=address).answer)
