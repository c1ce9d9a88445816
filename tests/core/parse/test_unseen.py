"""The grammar on our own held-out lines, in the voices of people: the bars that it must stay above, and never wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from core import codec
from core.parse.grammar import read
from core.parse.scoring import Score, scored
from tests.core.parse.spoken import NOW

AT_FIRST = {"unseen_4.jsonl": 0.89, "unseen_5.jsonl": 0.96}
"""Lines by authors who never saw the grammar, every one of them, those that it declines included."""
FILES = sorted(Path(__file__).parent.glob("unseen*.jsonl"))


def _read(line: Any) -> Any:
    return codec.to_json(read(line["text"], codec.context_from_json(line["context"], NOW)))


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.name)
def score(request: pytest.FixtureRequest) -> Score:
    lines = [json.loads(line) for line in request.param.read_text(encoding="utf-8").splitlines()]
    assert len({line["text"] for line in lines}) == len(lines)
    return scored(lines, _read)


def _told(score: Score) -> list[str]:
    return [f"{miss.verdict} {miss.id} {miss.text!r}" for miss in score.misses]


def test_nothing_is_confidently_wrong(score: Score) -> None:
    assert score.verdicts["confidently_wrong"] == 0, _told(score)


def test_nearly_all_is_read_exactly_and_hardly_anything_asked_in_vain(
    score: Score, request: pytest.FixtureRequest
) -> None:
    least = AT_FIRST.get(request.node.callspec.params["score"].name, 0.98)
    assert score.lines >= 380
    assert score.verdicts["exact"] >= least * score.lines, _told(score)
    assert score.verdicts["needless_question"] <= 0.01 * score.lines, _told(score)
