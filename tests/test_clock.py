"""The tests' own clock: it wakes sleepers in their order and only when told."""

import asyncio
from datetime import timedelta

from tests.clock import START, FakeClock


async def test_sleepers_wake_in_order_at_their_instant_and_no_earlier() -> None:
    clock, woken = FakeClock(), []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.now()))

    tasks = [asyncio.create_task(sleep(seconds)) for seconds in (3, 1, 2)]
    await clock.advance(0.5)
    assert woken == []
    await clock.advance(2)
    assert woken == [(n, START + timedelta(seconds=n)) for n in (1, 2)]
    await clock.advance(1)
    assert clock.now() == START + timedelta(seconds=3.5)
    await asyncio.gather(*tasks)


async def test_whoever_sleeps_again_within_the_time_wakes_again() -> None:
    clock, beats = FakeClock(), []

    async def beat() -> None:
        while True:
            await clock.sleep(1)
            beats.append(clock.now())

    task = asyncio.create_task(beat())
    await clock.advance(3)
    assert beats == [START + timedelta(seconds=n) for n in (1, 2, 3)]
    task.cancel()
