"""Clocks for tests: one that a test moves, and the machine's own for what talks to loopback servers."""

import asyncio
from datetime import UTC, datetime, timedelta


class SteppingClock:
    """Jumps at once to the end of every sleep, and remembers the sleeps."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class MachineClock:
    """The machine's time; sleeps `pace` times what it is asked for, and remembers what that was."""

    def __init__(self, pace: float = 1.0) -> None:
        self.slept: list[float] = []
        self._pace = pace

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(self._pace * seconds)
