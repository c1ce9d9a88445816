"""A venue that leaves it open whether it took an order: it is asked, never guessed, with and without a crash on top."""

import os
from dataclasses import replace

import pytest

from tests.chaos.campaign import Campaign
from tests.chaos.doubt import Doubt
from tests.chaos.plays import Play
from tests.chaos.stage import Part
from tests.chaos.stories import STOP_THEN_TARGET, STORIES, TARGET
from tests.chaos.victim import Fatal

CRASHES: tuple[tuple[Fatal, ...], ...] = (
    (),
    (Fatal(point="execute.after_send"),),
    (Fatal(point="execute.after_sent_commit"),),
    (Fatal(point="settle.before_lookup"),),
)
EXAM = bool(os.environ.get("SAYWHEN_EXAM"))

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="session")]


def _plays(doubt: Doubt) -> tuple[Play, ...]:
    """Without a crash and with one; the exam takes every crash and every story, the gate the likeliest to harm."""
    crashes = CRASHES if EXAM else CRASHES[:2]
    stories = STORIES if EXAM else (STOP_THEN_TARGET,) if doubt.how in ("lost", "late") else (TARGET,)
    return tuple(
        Play(story=story, parts=(Part(name="everything", fatal=fatal, doubt=doubt),))
        for story in stories
        for fatal in crashes
    )


_DOUBTS = (Doubt(how="landed"), Doubt(how="lost"), Doubt(how="lost", times=3), Doubt(how="hung"), Doubt(how="late"))


@pytest.mark.parametrize(
    ("what", "plays"),
    [pytest.param(f"unknown: {d.how} x{d.times}", _plays(d), id=f"{d.how}-{d.times}") for d in _DOUBTS],
)
async def test_an_unknown_outcome_ends_in_exactly_one_fill(
    campaign: Campaign, what: str, plays: tuple[Play, ...]
) -> None:
    verdict = await campaign.outcome(what)
    assert not verdict.problems, "\n".join(verdict.problems)
    assert (verdict.rules_lost, verdict.double_orders, verdict.fills_untold) == (0, 0, 0)
    assert verdict.kills == sum(play.kills for play in plays)


_HOPELESS: tuple[tuple[str, tuple[Play, ...]], ...] = (
    (
        "proven dead, then tried again",
        (
            Play(
                story=replace(TARGET, tries={"r2": 2}),
                parts=(Part(name="everything", doubt=Doubt(how="dead")),),
            ),
        ),
    ),
    (
        "cannot be signed at first",
        (Play(story=TARGET, parts=(Part(name="everything", doubt=Doubt(how="unprepared", times=2)),)),),
    ),
)


@pytest.mark.parametrize(("what", "plays"), [pytest.param(what, plays, id=what) for what, plays in _HOPELESS])
async def test_an_order_that_surely_did_nothing_is_tried_again(
    campaign: Campaign, what: str, plays: tuple[Play, ...]
) -> None:
    verdict = await campaign.outcome(what)
    assert not verdict.problems, "\n".join(verdict.problems)
    assert (verdict.rules_lost, verdict.double_orders, verdict.fills_untold) == (0, 0, 0)
