"""A coroutine as a command's whole life: decides how signals end it, and which of several failures is told."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from core.domain.errors import SayWhenError

_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def run_until_stopped(work: Callable[[], Coroutine[Any, Any, int]], *, busy: bool = False) -> int:
    """Run *work*; SIGTERM, SIGINT and SIGHUP cancel it and count as done. Raises what it raised, out of its groups.

    *busy* = on the faster loop, where there is one, for a process that does little else than talk to sockets.
    """
    leave_what_is_loaded()
    with asyncio.Runner(loop_factory=_fast_loop() if busy else None) as runner:
        try:
            return runner.run(_stoppable(work))
        except BaseExceptionGroup as group:
            raise first_of(group) from group


def leave_what_is_loaded() -> None:
    """Take modules and tables out of the garbage collector's rounds: one over all of them takes 20 ms."""
    gc.collect()
    gc.freeze()


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    return uvloop.new_event_loop


async def _stoppable(work: Callable[[], Coroutine[Any, Any, int]]) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work())
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        task.cancel()

    for number in _STOPPING:
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if stopped:
            return 0
        raise
    finally:
        for number in _STOPPING:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(number)


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The failure in *group* that a person can act on, or else the first."""
    leaves = [first_of(item) if isinstance(item, BaseExceptionGroup) else item for item in group.exceptions]
    return next((leaf for leaf in leaves if isinstance(leaf, SayWhenError)), leaves[0])
