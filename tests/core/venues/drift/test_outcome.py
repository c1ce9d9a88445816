"""No verdict ever contradicts the chain, whatever nodes answer and in whatever order; what is not proven is unknown."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.venues.drift.outcome import Proof, Reading, SignatureStatus, Verdict, prove, read_status, refused_at_the_door

LAST = 1_150
ERROR = {"InstructionError": [2, {"Custom": 6003}]}
FINALIZED_BEHIND = 32

Commitment = Literal["processed", "confirmed", "finalized"]


def seen(commitment: Commitment, error: object = None, *, height: int | None = LAST - 100) -> Reading:
    return Reading(status=SignatureStatus(slot=7, commitment=commitment, error=error), finalized_height=height)


def absent(height: int | None) -> Reading:
    return Reading(status=None, finalized_height=height)


L, F, X, U = Verdict.LANDED, Verdict.FAILED, Verdict.LAPSED, Verdict.UNKNOWN
BEFORE, AT, PAST = LAST - 1, LAST, LAST + 1

TABLE: list[tuple[list[Reading], Verdict]] = [
    ([], U),
    ([seen("processed")], U),
    ([seen("processed", ERROR)], U),
    ([seen("confirmed")], L),
    ([seen("finalized")], L),
    ([seen("confirmed", ERROR)], F),
    ([seen("finalized", ERROR)], F),
    ([absent(BEFORE), absent(BEFORE), absent(BEFORE)], U),
    ([absent(AT), absent(AT)], U),
    ([absent(None), absent(None), absent(None)], U),
    ([absent(PAST)], U),
    ([absent(PAST), absent(AT)], U),
    ([absent(PAST), absent(None)], U),
    ([absent(PAST), absent(PAST)], X),
    ([absent(BEFORE), absent(PAST), absent(PAST + 50)], X),
    ([seen("processed"), absent(PAST), absent(PAST)], X),
    ([absent(PAST), absent(PAST), seen("processed", height=PAST)], U),
    ([seen("processed", height=PAST), absent(PAST), absent(PAST)], U),
    ([absent(PAST), absent(PAST), seen("confirmed", height=PAST)], L),
    ([absent(PAST), seen("finalized"), absent(PAST)], L),
    ([seen("confirmed"), seen("confirmed", ERROR)], U),
    ([seen("confirmed"), seen("finalized", ERROR)], F),
    ([seen("finalized"), seen("confirmed", ERROR)], L),
    ([seen("finalized"), seen("finalized", ERROR)], U),
]


@pytest.mark.parametrize(("readings", "verdict"), TABLE)
def test_a_row_of_the_table(readings: list[Reading], verdict: Verdict) -> None:
    assert prove(readings, LAST).verdict is verdict


@dataclass(frozen=True)
class Story:
    """What truly happened: the height at which the transaction landed, if ever, and with which error.

    `abandoned` is the height of a block that held it and was then left by the cluster.
    """

    landed: int | None
    error: object
    abandoned: int | None


stories = st.builds(
    Story,
    landed=st.none() | st.integers(LAST - 140, LAST),
    error=st.none() | st.just(ERROR),
    abandoned=st.none() | st.integers(LAST - 140, LAST),
)
tips = st.integers(LAST - 150, LAST + 200)
nodes = st.lists(st.tuples(tips, st.booleans()), max_size=12)


def answer(story: Story, tip: int, *, tells_height: bool) -> Reading:
    """What a node answers whose own tip is *tip*; nodes lag as they like, so that tips come in any order."""
    height = tip - FINALIZED_BEHIND if tells_height else None
    status = None
    if story.landed is not None and story.landed <= tip:
        depth = tip - story.landed
        commitment: Commitment = "processed" if depth < 2 else "confirmed" if depth < FINALIZED_BEHIND else "finalized"
        status = SignatureStatus(slot=story.landed, commitment=commitment, error=story.error)
    elif story.abandoned is not None and story.abandoned <= tip < story.abandoned + FINALIZED_BEHIND:
        status = SignatureStatus(slot=story.abandoned, commitment="processed")
    return Reading(status=status, finalized_height=height)


@given(stories, nodes)
def test_no_verdict_contradicts_the_chain(story: Story, asked: list[tuple[int, bool]]) -> None:
    readings = [answer(story, tip, tells_height=tells) for tip, tells in asked]
    proof = prove(readings, LAST)
    match proof.verdict:
        case Verdict.LANDED:
            assert story.landed == proof.slot
            assert story.error is None
        case Verdict.FAILED:
            assert story.landed == proof.slot
            assert proof.error == story.error == ERROR
        case Verdict.LAPSED:
            assert story.landed is None
        case Verdict.UNKNOWN:
            pass


@given(stories, nodes, nodes)
def test_what_is_proven_stays_proven(story: Story, early: list[tuple[int, bool]], late: list[tuple[int, bool]]) -> None:
    before = [answer(story, tip, tells_height=tells) for tip, tells in early]
    after = [answer(story, tip, tells_height=tells) for tip, tells in late]
    first, second = prove(before, LAST), prove(before + after, LAST)
    if first.verdict in {Verdict.LANDED, Verdict.FAILED}:
        assert second.verdict is first.verdict
    if first.verdict is Verdict.LAPSED:
        assert second.verdict in {Verdict.LAPSED, Verdict.UNKNOWN}


@given(stories)
def test_every_story_is_proven_once_two_nodes_are_far_enough(story: Story) -> None:
    tip = LAST + FINALIZED_BEHIND + 1
    proof = prove([answer(story, tip, tells_height=True)] * 2, LAST)
    expected = Verdict.LAPSED if story.landed is None else Verdict.FAILED if story.error else Verdict.LANDED
    assert proof.verdict is expected


@given(st.lists(st.sampled_from([reading for row, _ in TABLE for reading in row]), max_size=8))
def test_dead_is_only_what_two_late_reads_and_no_sighting_prove(readings: list[Reading]) -> None:
    late = [reading for reading in readings if reading.finalized_height is not None and reading.finalized_height > LAST]
    if prove(readings, LAST).verdict is Verdict.LAPSED:
        assert len(late) >= 2
        assert not [reading for reading in late if reading.status is not None]
        assert not [r for r in readings if r.status is not None and r.status.commitment != "processed"]


def test_a_status_is_read_as_nodes_write_it() -> None:
    value = {
        "slot": 82,
        "confirmations": 10,
        "err": ERROR,
        "status": {"Err": ERROR},
        "confirmationStatus": "confirmed",
    }
    assert read_status(value) == SignatureStatus(slot=82, commitment="confirmed", error=ERROR)
    assert read_status(None) is None


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"slot": 1, "err": None},
        {"slot": 1, "confirmationStatus": "confirmed"},
        {"slot": None, "err": None, "confirmationStatus": "confirmed"},
        {"slot": 1, "err": None, "confirmationStatus": "rooted"},
    ],
)
def test_an_answer_that_is_no_status_is_refused_rather_than_taken_for_success(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        read_status(value)


@pytest.mark.parametrize(
    ("error", "handed_over", "proven"),
    [
        (ERROR, False, True),
        (ERROR, True, False),
        ("BlockhashNotFound", False, False),
        ("AlreadyProcessed", False, False),
        (None, False, False),
    ],
)
def test_a_refusal_before_sending_is_proof_only_of_a_first_sending(
    error: object, handed_over: bool, proven: bool
) -> None:
    assert refused_at_the_door(error, handed_over=handed_over) is proven


def test_only_a_failure_has_a_cause() -> None:
    proof = prove([seen("confirmed", ERROR)], LAST)
    cause = proof.cause(program="dRiftyHA39MWEi3m9aunc5MzRF1JYuBsbn6VPcn33UH", ours=2)
    assert cause is not None
    assert (cause.code, cause.words) == (6003, "Not enough free collateral for this order.")
    assert Proof(verdict=Verdict.UNKNOWN, error=ERROR).cause(program="", ours=2) is None
