"""`saywhen chat`: a window to a SayWhen that runs elsewhere; decides which prices it shows; it watches nothing."""

import asyncio
from argparse import Namespace
from contextlib import suppress
from datetime import timedelta

from bots.console.channel import ConsoleChannel
from bots.console.screen import open_screen
from bots.delivery import Courier
from cli.home import is_occupied, notes_of, settings_of
from cli.product import converse
from cli.running import run_until_stopped
from core.app import Core, Settings, open_core, set_up_logs
from core.app.engine import HEARTBEAT
from core.domain.errors import Conflict, StorageUnavailable

_BEATS_WITHIN = timedelta(seconds=8)
_LOOK_EVERY_S = 2.0
_NOTES_WITHIN_S = 10.0
_SHOWN_WITHIN_S = 4.0


def run(options: Namespace) -> int:
    """Talk until the person leaves."""
    settings = settings_of(options)
    set_up_logs(settings.log_level, "chat", file=settings.home_path / "logs" / "chat.log")
    return run_until_stopped(lambda: _chat(settings))


async def _chat(settings: Settings) -> int:
    if is_occupied(settings.home_path):
        settings = await _like_the_occupant(settings)
    async with open_core(settings, role="saywhen chat") as core:
        channel = ConsoleChannel(open_screen(), core.clock)
        async with asyncio.TaskGroup() as tasks:
            parts = [
                tasks.create_task(_tell_when_unwatched(core), name="watched"),
                tasks.create_task(core.prices.follow(), name="prices"),
                tasks.create_task(Courier(core.notices, [channel], core.clock).run(), name="delivery"),
            ]
            await _until_shown(core)
            await converse(core, channel)
            for part in parts:
                part.cancel()
    return 0


async def _like_the_occupant(settings: Settings) -> Settings:
    """The settings with the prices that the running `up` acts on: what is agreed to here is fired there."""
    try:
        async with asyncio.timeout(_NOTES_WITHIN_S):
            while "prices" not in (notes := notes_of(settings.home_path)):  # noqa: ASYNC110 - another process writes them
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise Conflict("The SayWhen on this home is still starting.", "Try again in a moment.") from None
    if notes["prices"] == "replay":
        raise Conflict("The SayWhen on this home replays a file.", "Talk to it in its own window.")
    return settings.model_copy(update={"prices": notes["prices"]})


async def _tell_when_unwatched(core: Core) -> None:
    """Say so, once each time, when nobody watches the rules: no `up` on this home, no scheduler on this database."""
    watched = True
    while True:
        with suppress(StorageUnavailable):
            heard = await core.parts.store.heard(HEARTBEAT)
            was, watched = watched, heard is not None and core.clock.now() - heard < _BEATS_WITHIN
            if was and not watched:
                print("No SayWhen is running here: rules are not watched until saywhen up runs.", flush=True)
        await core.clock.sleep(_LOOK_EVERY_S)


async def _until_shown(core: Core) -> None:
    """Wait a moment for the first prices, so that the first answer has some."""
    try:
        async with asyncio.timeout(_SHOWN_WITHIN_S):
            while not core.prices.latest():  # noqa: ASYNC110 - a board rings no bell
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
