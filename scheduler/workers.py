"""The worker role: brings orders further as they are woken. The only role that signs."""

import asyncio

from core.app import Core
from scheduler.supervision import keep


async def run_worker(core: Core, ready: asyncio.Event | None = None) -> None:
    """Execute until cancelled; sets *ready* once what a crash left behind has been woken."""
    if ready is not None:
        ready.set()
    await keep("executing orders", core.execution.work)
