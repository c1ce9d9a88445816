"""All plays of a session side by side, each in a database of its own, while their tests wait for them in order."""

import asyncio
from pathlib import Path
from typing import Protocol

from tests.chaos.verdict import Verdict
from tests.postgres import Server

AT_ONCE = 5
TRIES = 3
"""How often a play is begun in which a process was to die at a passing that did not come."""


class Performance(Protocol):
    """Something that can be played, with so many kills in it."""

    @property
    def kills(self) -> int: ...
    async def perform(self, dsn: str, folder: Path) -> Verdict: ...


class Campaign:
    """All plays of a session: begun together, a few at a time, awaited one by one."""

    def __init__(self, server: Server, root: Path, counts: dict[str, Verdict]) -> None:
        self._server = server
        self._root = root
        self._counts = counts
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._running: dict[tuple[str, int], asyncio.Task[Verdict]] = {}

    def begin(self, what: str, number: int, play: Performance) -> None:
        """Play when it is its turn."""
        self._running[what, number] = asyncio.create_task(self._play(f"{len(self._running)}", play))

    async def outcome(self, what: str) -> Verdict:
        """The findings of all plays of *what*, once they are over."""
        found = await asyncio.gather(*(task for (name, _), task in self._running.items() if name == what))
        total = self._counts.setdefault(what, Verdict())
        for verdict in found:
            total.add(verdict)
        return total

    async def close(self) -> None:
        """Stop what nobody waits for any more."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _play(self, name: str, play: Performance) -> Verdict:
        async with self._gate:
            for attempt in range(TRIES):
                verdict = await self._in_place(f"{name}-{attempt}", play)
                if verdict.kills == play.kills or verdict.problems:
                    return verdict
        raise AssertionError(f"Expected {play.kills} kills, were others in {TRIES} tries of {play}")

    async def _in_place(self, name: str, play: Performance) -> Verdict:
        folder = self._root / name
        folder.mkdir()
        dsn = await self._server.borrow()
        try:
            return await play.perform(dsn, folder)
        finally:
            await self._server.give_back(dsn)
