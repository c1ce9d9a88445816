"""Keeping a loop alive: what fails is logged and begun again after a pause; cancellation passes through."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
STEADY_S = 60.0
"""A loop that ran this long before it failed starts again with the first pause."""

_log = logging.getLogger(__name__)


async def keep(name: str, work: Callable[[], Awaitable[object]]) -> None:
    """Run *work* for ever; the pause doubles while it keeps failing at once."""
    loop = asyncio.get_running_loop()
    pause = FIRST_PAUSE_S
    while True:
        began = loop.time()
        try:
            await work()
            _log.warning("%s ended and is begun again", name)
        except Exception:  # noqa: BLE001 - whatever it is, watching must go on
            _log.exception("%s failed and is begun again in %.1f s", name, pause)
        if loop.time() - began >= STEADY_S:
            pause = FIRST_PAUSE_S
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)
