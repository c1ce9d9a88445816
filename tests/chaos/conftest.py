"""Plays run side by side while their tests wait in order; the counts are printed at the end, passed or failed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.plays import Play, perform, prepare
from tests.chaos.verdict import Verdict
from tests.postgres import Server

AT_ONCE = 5
TRIES = 3
"""How often a play is begun in which the process was to die at a passing that did not come."""

_COUNTS = pytest.StashKey[dict[str, Verdict]]()


class Campaign:
    """All plays of a session: begun together, a few at a time, awaited one by one."""

    def __init__(self, server: Server, root: Path, counts: dict[str, Verdict]) -> None:
        self._server = server
        self._root = root
        self._counts = counts
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._migrating = asyncio.Lock()
        self._running: dict[tuple[str, int], asyncio.Task[Verdict]] = {}

    def begin(self, what: str, number: int, play: Play) -> None:
        """Play when it is its turn."""
        self._running[what, number] = asyncio.create_task(self._play(f"{len(self._running)}", play))

    async def outcome(self, what: str) -> Verdict:
        """The findings of all plays of *what*, once they are over."""
        found = await asyncio.gather(*(task for (name, _), task in self._running.items() if name == what))
        for verdict in found:
            self.count(what, verdict)
        return self._counts[what]

    def count(self, what: str, verdict: Verdict) -> None:
        """Add findings to the table."""
        self._counts.setdefault(what, Verdict()).add(verdict)

    async def alone(self, what: str, run: Callable[[str, Path], Awaitable[Verdict]]) -> Verdict:
        """The findings of *run* in a database and a folder of its own, counted."""
        async with self._gate:
            verdict = await self._in_place(what.replace(" ", "-"), run)
        self.count(what, verdict)
        return verdict

    async def close(self) -> None:
        """Stop what nobody waits for any more."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _play(self, name: str, play: Play) -> Verdict:
        wanted = sum(len(part.fatal) for part in play.parts)
        async with self._gate:
            for attempt in range(TRIES):
                verdict = await self._in_place(f"{name}-{attempt}", lambda dsn, folder: perform(play, dsn, folder))
                if verdict.kills == wanted or verdict.problems:
                    return verdict
        verdict.problems.append(f"Expected {wanted} kills, were {verdict.kills}: {play}")
        return verdict

    async def _in_place(self, name: str, run: Callable[[str, Path], Awaitable[Verdict]]) -> Verdict:
        folder = self._root / name
        folder.mkdir()
        async with self._migrating:  # Alembic knows one migration a process
            dsn = await self._server.borrow()
        try:
            return await run(dsn, folder)
        finally:
            await self._server.give_back(dsn)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def campaign(
    postgres_server: Server, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Campaign]:
    """Every play that a selected test names by the marker `plays`, begun."""
    await asyncio.to_thread(prepare)
    counts = request.config.stash.setdefault(_COUNTS, {})
    opened = Campaign(postgres_server, tmp_path_factory.mktemp("chaos"), counts)
    for item in request.session.items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        for number, play in enumerate(parameters.get("plays", ())):
            opened.begin(parameters["what"], number, play)
    yield opened
    await opened.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    counts = config.stash.get(_COUNTS, {})
    if not counts:
        return
    terminalreporter.section("killed and restarted")
    heads = ("kills", "restarts", "rules lost", "double orders", "fills untold")
    terminalreporter.write_line(f"{'':<34}" + "".join(f"{head:>15}" for head in heads))
    total = Verdict()
    for what, verdict in counts.items():
        terminalreporter.write_line(_row(what, verdict))
        total.add(verdict)
    terminalreporter.write_line(_row("all", total))


def _row(what: str, verdict: Verdict) -> str:
    figures = (
        verdict.kills,
        verdict.restarts,
        verdict.rules_lost,
        verdict.double_orders,
        verdict.fills_untold,
    )
    return f"{what:<34}" + "".join(f"{figure:>15}" for figure in figures)
