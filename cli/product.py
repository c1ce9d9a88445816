"""Everything `saywhen up` runs, put together once, so that the demo shows the product itself; decides no behaviour."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bots.channel import Channel
from bots.console.channel import ConsoleChannel
from bots.delivery import Courier
from bots.dialogue import Dialogue
from cli.worker import WorkerProcess
from core.app import Core
from scheduler import run_scheduler


@asynccontextmanager
async def running(core: Core, worker: WorkerProcess, channels: Sequence[Channel]) -> AsyncIterator[asyncio.Event]:
    """Watch, execute and tell for the length of the block; yields what is set once prices are there.

    Whatever ends one part ends the block with its error, except for the worker, which is started again.
    """
    ready = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        parts = [
            tasks.create_task(worker.keep(), name="worker"),
            tasks.create_task(run_scheduler(core, ready), name="scheduler"),
            tasks.create_task(Courier(core.notices, channels, core.clock).run(), name="delivery"),
        ]
        if core.settings.telegram_token is not None:
            from bots.telegram.run import run_telegram

            parts.append(tasks.create_task(run_telegram(core, core.prices), name="telegram"))
        try:
            yield ready
        finally:
            for part in parts:
                part.cancel()


async def converse(core: Core, channel: ConsoleChannel) -> None:
    """Talk on *channel* until the person leaves."""
    await channel.run(Dialogue(core, core.clock, dashboard=core.settings.dashboard_url).answer)
