"""The worker role: brings orders further as they are woken. The only role that signs."""

import asyncio

from core.app import Core
from scheduler.supervision import keep


async def run_worker(core: Core, ready: asyncio.Event | None = None) -> None:
    """Execute until cancelled; sets *ready* once what a crash left behind has been woken."""
    if ready is not None:
        ready.set()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keep("executing orders", core.execution.work))
        tasks.create_task(keep("having room in keys", core.trading_keys.keep_room))
