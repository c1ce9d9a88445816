"""How a command's coroutine ends: by itself, by a signal, by a failure inside groups."""

import asyncio
import os
import signal

import pytest

from cli.running import run_until_stopped
from core.domain.errors import NotConfigured


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    cleaned = []

    async def work() -> int:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)
        return 7

    assert run_until_stopped(work) == 0
    assert cleaned == [True]


def test_its_own_code_is_returned() -> None:
    async def work() -> int:
        return 7

    assert run_until_stopped(work) == 7


def test_the_failure_that_a_person_can_act_on_comes_out_of_nested_groups() -> None:
    async def fail(problem: Exception) -> None:
        raise problem

    async def work() -> int:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(fail(RuntimeError("a consequence")))
            async with asyncio.TaskGroup() as inner:
                inner.create_task(fail(NotConfigured("the cause")))
        return 0

    with pytest.raises(NotConfigured, match="the cause"):
        run_until_stopped(work)
