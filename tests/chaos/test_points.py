"""A process is killed at every named point of the flow and started again: nothing is lost, doubled or left untold."""

import os
from collections.abc import Iterator
from random import Random

import pytest

from core.flow.points import POINTS
from tests.chaos.campaign import Campaign
from tests.chaos.plays import Play
from tests.chaos.stage import WATCHER, WORKER, Part
from tests.chaos.stories import ENTRY_THEN_EXIT, STORIES, Story
from tests.chaos.victim import Fatal

KILLS = 20 if os.environ.get("SAYWHEN_EXAM") else 2
"""A point."""
LONGEST_DELAY_S = 0.04
"""So far behind a point a process may still run before it dies: somewhere in what follows."""

PASSED_AGAIN = frozenset(POINTS) - {
    "fire.after_commit",
    "execute.after_sign_commit",
    "execute.after_send",
    "execute.after_sent_commit",
    "settle.after_commit",
}
"""Points that the next life passes too, because what is behind them was not done: it can die there again."""

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


def _plays(point: str) -> Iterator[Play]:
    """The first kill is exact and of everything at once; later ones vary story, passing, delay and who dies."""
    for number in range(KILLS):
        chance = Random(f"{point} {number}")
        story = STORIES[(number + POINTS.index(point)) % len(STORIES)]
        fatal = Fatal(
            point=point,
            nth=chance.choice(_passings(point, story)),
            after_s=chance.uniform(0, LONGEST_DELAY_S) if number % 4 == 3 else 0.0,
        )
        parts: tuple[Part, ...]
        if number % 2 == 1 and point.startswith(("execute.", "settle.")):
            parts = (Part(name="watcher", roles=WATCHER), Part(name="worker", roles=WORKER, fatal=(fatal,)))
        elif number % 5 == 4 and fatal.after_s == 0 and point in PASSED_AGAIN:
            parts = (Part(name="everything", fatal=(fatal, Fatal(point=point))),)
        else:
            parts = (Part(name="everything", fatal=(fatal,)),)
        yield Play(story=story, parts=parts)


def _passings(point: str, story: Story) -> range:
    """Those passings of *point* that surely come."""
    if point.startswith("confirm."):
        return range(1, 2)
    if point == "deliver.after_send":
        return range(1, 2 * len(story.trades) + 1)
    if point == "fire.before_commit" and story is ENTRY_THEN_EXIT:
        return range(2, 3)  # an entry that is found late enough asks its owner instead
    return range(1, len(story.trades) + 1)


@pytest.mark.parametrize(("what", "plays"), [pytest.param(p, tuple(_plays(p)), id=p) for p in POINTS])
async def test_a_kill_loses_doubles_and_hides_nothing(campaign: Campaign, what: str, plays: tuple[Play, ...]) -> None:
    verdict = await campaign.outcome(what)
    assert not verdict.problems, "\n".join(verdict.problems)
    assert (verdict.rules_lost, verdict.double_orders, verdict.fills_untold) == (0, 0, 0)
    assert verdict.kills == sum(play.kills for play in plays)
