"""A venue that leaves it open whether it took an order: it is asked, never guessed, with and without a crash on top."""

import os
from typing import TYPE_CHECKING

import pytest

from tests.chaos.plays import Part, Play
from tests.chaos.stories import STOP_THEN_TARGET, STORIES, TARGET
from tests.chaos.victim import Doubt, Fatal

if TYPE_CHECKING:
    from tests.chaos.conftest import Campaign

CRASHES: tuple[tuple[Fatal, ...], ...] = (
    (),
    (Fatal(point="execute.after_send"),),
    (Fatal(point="execute.after_sent_commit"),),
    (Fatal(point="settle.before_lookup"),),
)
ROUNDS = 5 if os.environ.get("SAYWHEN_EXAM") else 1

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(0), pytest.mark.asyncio(loop_scope="session")]


def _plays(doubt: Doubt) -> tuple[Play, ...]:
    """Without a crash and with one; the exam takes every crash and every story, the gate the likeliest to harm."""
    crashes = CRASHES if ROUNDS > 1 else CRASHES[:2]
    stories = STORIES if ROUNDS > 1 else (STOP_THEN_TARGET,) if doubt.how in ("lost", "late") else (TARGET,)
    return tuple(
        Play(story=story, parts=(Part(name="everything", fatal=fatal, doubt=doubt),))
        for _ in range(ROUNDS)
        for story in stories
        for fatal in crashes
    )


_DOUBTS = (Doubt(how="landed"), Doubt(how="lost"), Doubt(how="lost", times=3), Doubt(how="hung"), Doubt(how="late"))


@pytest.mark.parametrize(
    ("what", "plays"),
    [pytest.param(f"unknown: {d.how} x{d.times}", _plays(d), id=f"{d.how}-{d.times}") for d in _DOUBTS],
)
async def test_an_unknown_outcome_ends_in_exactly_one_fill(
    campaign: "Campaign", what: str, plays: tuple[Play, ...]
) -> None:
    verdict = await campaign.outcome(what)
    assert not verdict.problems, "\n".join(verdict.problems)
    assert (verdict.rules_lost, verdict.double_orders, verdict.fills_untold) == (0, 0, 0)
    assert verdict.kills == sum(len(part.fatal) for play in plays for part in play.parts)
