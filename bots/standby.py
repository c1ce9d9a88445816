"""One process at a time serves a bot's token, the others wait and say so; decides nothing about what is served."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress

from bots.facade import Inbox

_log = logging.getLogger(__name__)


async def in_turn(inbox: Inbox, key: str, name: str, serve: Callable[[], Coroutine[object, object, None]]) -> None:
    """Run *serve* while this process has the turn for *key*; returns when it has lost it.

    *name* is the bot as a person knows it.
    """
    waits = asyncio.Event()
    saying = asyncio.create_task(_say_stand_by(waits, name), name="stand-by")
    try:
        async with inbox.turn(key, waits) as lost:
            saying.cancel()
            serving = asyncio.create_task(serve(), name=f"serving {key}")
            losing = asyncio.create_task(lost.wait())
            try:
                await asyncio.wait([serving, losing], return_when=asyncio.FIRST_COMPLETED)
            finally:
                losing.cancel()
                if not serving.done():
                    serving.cancel()
                with suppress(asyncio.CancelledError):
                    await serving
            _log.warning("This process may no longer serve %s; it waits as stand-by.", name)
    finally:
        saying.cancel()


async def _say_stand_by(waits: asyncio.Event, name: str) -> None:
    await waits.wait()
    text = f"Another process serves {name}; this one waits as stand-by."
    _log.warning(text)
    print(f"saywhen: {text}", file=sys.stderr, flush=True)  # noqa: T201 - whoever started it should know
