"""`saywhen run ROLE`: one role in this process; decides nothing but when it stops."""

import asyncio
import os
import sys
from argparse import Namespace
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from cli.home import settings_of
from cli.running import run_until_stopped
from core.app import Core, Settings, open_core, set_up_logs
from core.domain.errors import NotConfigured

TOUCHED_EVERY_S = 5.0


def run(options: Namespace) -> int:
    """Run the role until a signal comes, or standard input ends where it is tied to that."""
    settings = settings_of(options)
    set_up_logs(settings.log_level, options.role)
    return run_until_stopped(lambda: _role(settings, options.role, tied=options.tied), busy=options.role == "bots")


async def _role(settings: Settings, role: str, *, tied: bool) -> int:
    async with open_core(settings, role=f"saywhen {role}", signs=role == "worker") as core, _alive(settings.alive_file):
        working = asyncio.create_task(_work(core, role), name=role)
        if tied:
            # Only now: had our parent died meanwhile, joining its database and leaving it as the last is what stops it.
            _on_end_of_input(working.cancel)
        try:
            await working
        except asyncio.CancelledError:
            us = asyncio.current_task()
            if us is not None and us.cancelling():
                raise
        finally:
            working.cancel()
    return 0


@asynccontextmanager
async def _alive(file: Path | None) -> AsyncGenerator[None]:
    """Touch *file* while the loop turns, for a container's health check: a loop that hangs leaves it to grow old."""
    if file is None:
        yield
        return

    async def touch() -> None:
        while True:
            await asyncio.to_thread(file.touch)
            await asyncio.sleep(TOUCHED_EVERY_S)

    touching = asyncio.create_task(touch(), name="alive")
    try:
        yield
    finally:
        touching.cancel()
        await asyncio.gather(touching, return_exceptions=True)
        await asyncio.to_thread(file.unlink, missing_ok=True)


async def _work(core: Core, role: str) -> None:
    match role:
        case "worker":
            from scheduler import run_worker

            await run_worker(core)
        case "scheduler":
            from scheduler import run_scheduler

            await run_scheduler(core)
        case "api":
            from api.serving import run_api

            await run_api(core, follow_prices=True)
        case "bots":
            from cli.product import served

            bots = served(core)
            if not bots:
                from bots.delivery import Courier

                print(
                    "saywhen: No chat is configured: neither TELEGRAM_BOT_TOKEN nor DISCORD_BOT_TOKEN is set."
                    " Cards wait in the database; saywhen chat shows them.",
                    file=sys.stderr,
                )
                await Courier(core.notices, [], core.clock).run()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(core.prices.follow(), name="prices")
                await asyncio.gather(*bots)
                raise NotConfigured("No bot can be served.", "Correct the tokens that are named above.")
        case _:
            raise NotConfigured(f"Expected a role that runs, was {role}.")


def _on_end_of_input(stop: Callable[[], object]) -> None:
    """Call *stop* once when standard input ends: our parent is gone, or wants us gone."""
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()

    def look() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            stop()

    loop.add_reader(descriptor, look)
