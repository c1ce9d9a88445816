"""Everything `saywhen up` runs, put together once, so that the demo shows the product itself; decides no behaviour."""

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager

from bots.channel import Channel
from bots.console.channel import ConsoleChannel
from bots.delivery import Courier
from bots.dialogue import Dialogue
from bots.mirror import Mirror
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
        parts += [tasks.create_task(bot, name="bot") for bot in served(core)]
        try:
            yield ready
        finally:
            for part in parts:
                part.cancel()


def served(core: Core) -> list[Coroutine[None, None, None]]:
    """The work of each bot that has a token. One that is wrong, or was taken back, ends that bot and nothing else."""
    bots, mirror = [], Mirror(core.memos)
    if core.settings.telegram_token is not None:
        from bots.telegram.run import run_telegram

        bots.append(_unless_refused("Telegram", run_telegram(core, core.prices, mirror=mirror)))
    if core.settings.discord_token is not None:
        from bots.discord.run import run_discord

        bots.append(_unless_refused("Discord", run_discord(core, core.prices, mirror=mirror)))
    return bots


async def _unless_refused(name: str, serving: Coroutine[None, None, None]) -> None:
    try:
        await serving
    except NotConfigured as problem:
        _log.error("%s is off: %s %s", name, problem, problem.hint)
        print(f"{name} is off: {problem} {problem.hint}", file=sys.stderr, flush=True)


async def converse(core: Core, channel: ConsoleChannel, *, dashboard: str | None = None) -> None:
    """Talk on *channel* until the person leaves; *dashboard* is its address where it is served here."""
    address = core.settings.public_url_set or dashboard
    await channel.run(Dialogue(core, core.clock, dashboard=address).answer)
