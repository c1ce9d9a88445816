"""Two processes in one role: the one that was paused and is taken for dead does no harm when it comes back."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest

from core.app.engine import PARTITIONS
from tests.chaos.books import states_of
from tests.chaos.campaign import Campaign, Performance
from tests.chaos.plays import DEADLINE_S, Play
from tests.chaos.stage import ALL, WATCHER, WORKER, Part, Stage, staged
from tests.chaos.stories import STOP_THEN_TARGET, TARGET, Story
from tests.chaos.verdict import Verdict
from tests.chaos.victim import Fatal, Life

OTHER_PRICE = "other-price"
TURNS = 20
"""So many prices, two seconds, give each cadence of the one that came back its turn."""

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedScheduler:
    """The first scheduler sees the level crossed and is stopped; the second, which takes over, sees it far away."""

    at: str
    """`price`: before the crossing is told to the engine; else a point of the flow."""
    story: Story = STOP_THEN_TARGET
    kills: int = 0

    async def perform(self, dsn: str, folder: Path) -> Verdict:
        return await _before_the_deadline(dsn, folder, self.story, self._perform)

    async def _perform(self, stage: Stage) -> Verdict:
        first = stage.life(Part(name="first", roles=frozenset({"person", "scheduler"})), 0)
        crossed = self.story.steps[1].price
        if self.at == "price":
            first = replace(first, price=OTHER_PRICE, stops_at=crossed)
        else:
            first = replace(first, price=OTHER_PRICE, fatal=Fatal(point=self.at, by=SIGSTOP))
        stage.set_price(0, OTHER_PRICE)
        stopped = stage.start(first)
        await stage.until(lambda: stage.reached(0))
        stage.set_price(1, OTHER_PRICE)
        await stage.until(lambda: _exists(first.mark))
        taken = await _epochs(stage)
        stage.start(stage.life(Part(name="second", roles=ALL - {"person"}), 0))
        await stage.until(lambda: _all_newer(stage, taken))
        theirs = await _epochs(stage)

        length = _length(first) + TURNS
        _continue(stopped.pid)
        await stage.until(lambda: _is_as_long(first, length))
        states = await states_of(stage.pool)
        # Where the second was starved so long that its leases went back, the first may fire on what it sees.
        if states != self.story.steps[0].states and await _epochs(stage) == theirs:
            stage.verdict.problems.append(f"Expected the one without a lease to fire nothing, was {states}")
        stage.share_price(OTHER_PRICE)
        await stage.tell(first=1)
        return await stage.finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedWorker:
    """The first worker is stopped in the middle of an order; the second ends it, then the first is back."""

    at: str
    story: Story = TARGET
    kills: int = 0

    async def perform(self, dsn: str, folder: Path) -> Verdict:
        return await _before_the_deadline(dsn, folder, self.story, self._perform)

    async def _perform(self, stage: Stage) -> Verdict:
        first = stage.life(Part(name="first", roles=WORKER, fatal=(Fatal(point=self.at, by=SIGSTOP),)), 0)
        stopped = stage.start(first)
        stage.start(stage.life(Part(name="watcher", roles=WATCHER), 0))
        await stage.until(lambda: stage.reached(0))
        stage.set_price(1)
        await stage.until(lambda: _exists(first.mark))
        stage.start(stage.life(Part(name="second", roles=WORKER), 0))
        await stage.until(lambda: stage.reached(1))
        _continue(stopped.pid)
        return await stage.finish()


async def _before_the_deadline(
    dsn: str, folder: Path, story: Story, perform: Callable[[Stage], Awaitable[Verdict]]
) -> Verdict:
    async with staged(dsn, folder, story) as stage:
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await perform(stage)
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is a finding, told with the logs
            return await stage.report(problem)


def _continue(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, SIGCONT)


async def _exists(file: Path) -> bool:
    return await asyncio.to_thread(file.exists)


def _length(life: Life) -> int:
    return life.ticks.stat().st_size


async def _is_as_long(life: Life, length: int) -> bool:
    return _length(life) >= length


async def _epochs(stage: Stage) -> dict[str, int]:
    rows = await stage.pool.fetch("SELECT partition, epoch FROM leases")
    return {row["partition"]: row["epoch"] for row in rows}


async def _all_newer(stage: Stage, taken: dict[str, int]) -> bool:
    now = await _epochs(stage)
    return len(now) == PARTITIONS + 1 and all(now[partition] > epoch for partition, epoch in taken.items())


_STOPS: tuple[tuple[str, tuple[Performance, ...]], ...] = (
    ("scheduler paused, then back", (StoppedScheduler(at="price"), StoppedScheduler(at="fire.before_commit"))),
    ("worker paused, then back", (StoppedWorker(at="execute.before_send"), StoppedWorker(at="execute.after_send"))),
    (
        "two workers",
        (
            Play(
                story=STOP_THEN_TARGET,
                parts=(
                    Part(name="watcher", roles=WATCHER),
                    Part(name="one", roles=WORKER),
                    Part(name="other", roles=WORKER),
                ),
            ),
        ),
    ),
    (
        "two of everything",
        (Play(story=TARGET, parts=(Part(name="one"), Part(name="other", roles=ALL - {"person"}))),),
    ),
)


@pytest.mark.parametrize(("what", "plays"), [pytest.param(what, plays, id=what) for what, plays in _STOPS])
async def test_two_in_one_role_do_what_one_does(campaign: Campaign, what: str, plays: tuple[Performance, ...]) -> None:
    verdict = await campaign.outcome(what)
    assert not verdict.problems, "\n".join(verdict.problems)
    assert (verdict.rules_lost, verdict.double_orders, verdict.fills_untold) == (0, 0, 0)
