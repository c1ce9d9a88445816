"""Everything `saywhen up` runs, put together once, so that the demo shows the product itself; decides no behaviour."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bots.channel import Channel
from bots.delivery import Courier
from bots.dialogue import Dialogue
from cli.worker import WorkerProcess
from core.app import Core
from scheduler import run_scheduler


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
        try:
            yield ready
        finally:
            for part in parts:
                part.cancel()


async def converse(core: Core, channel: Channel) -> None:
    """Talk on *channel* until the person leaves."""
    await channel.run(Dialogue(core, core.clock).answer)
