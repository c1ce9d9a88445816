"""Who waits for an answer in a chat is shown that it is being worked on; decides no sign."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

AFTER_S = 1.0
T = TypeVar("T")


async def shown_at_work(work: Awaitable[T], sign: Callable[[], Awaitable[None]], *, every_s: float) -> T:
    """What *work* comes to. Where it takes longer than a second, *sign* is given, and again *every_s* seconds."""
    showing = asyncio.create_task(_show(sign, every_s), name="at-work")
    try:
        return await work
    finally:
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing


async def _show(sign: Callable[[], Awaitable[None]], every_s: float) -> None:
    await asyncio.sleep(AFTER_S)
    while True:
        await sign()
        await asyncio.sleep(every_s)
