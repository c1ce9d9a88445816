"""The grammar against the shared corpus: how much is right, and that nothing is confidently wrong."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import codec
from core.parse.compare import score
from core.parse.grammar import read
from tests.core.parse.spoken import NOW

CORPUS = Path(__file__).resolve().parents[3].parent / "shared" / "corpus" / "examples.jsonl"
RIGHT_AT_LEAST = 220
"""Of 230; the ten lines in other languages are declined."""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    if not CORPUS.exists():
        pytest.skip("the shared corpus is not beside this checkout")
    return [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]


def test_no_line_is_confidently_wrong_and_nearly_all_are_right(lines: list[dict[str, Any]]) -> None:
    outcomes: Counter[str] = Counter()
    missed = []
    for line in lines:
        result = codec.to_json(read(line["text"], codec.context_from_json(line["context"], NOW)))
        outcome = score(line["expect"], result, line["context"])
        outcomes[outcome] += 1
        if outcome != "right":
            missed.append(f"{outcome} {line['id']} {line['text'][:90]!r}: {result['kind']} {result['reason'] or ''}")
    print(dict(outcomes), *missed, sep="\n")  # noqa: T201 (the counts are the point)
    assert outcomes["wrong"] == 0, missed
    assert outcomes["right"] >= min(RIGHT_AT_LEAST, len(lines)), missed


def test_english_lines_are_never_declined(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        if "non_english" in line["tags"]:
            continue
        result = codec.to_json(read(line["text"], codec.context_from_json(line["context"], NOW)))
        assert score(line["expect"], result, line["context"]) == "right", line["id"]


def test_the_scorer_tells_a_wrong_price_and_a_lost_link_from_the_right_one(lines: list[dict[str, Any]]) -> None:
    line = next(line for line in lines if line["id"] == "ex-109")
    good = codec.to_json(read(line["text"], codec.context_from_json(line["context"], NOW)))
    assert score(line["expect"], good, line["context"]) == "right"
    moved = json.loads(json.dumps(good))
    moved["rules"][1]["condition"]["price"] = "166"
    assert score(line["expect"], moved, line["context"]) == "wrong"
    unlinked = json.loads(json.dumps(good))
    unlinked["rules"][1]["after"] = None
    assert score(line["expect"], unlinked, line["context"]) == "wrong"
    ungrouped = json.loads(json.dumps(good))
    ungrouped["rules"][2]["oco_group"] = None
    assert score(line["expect"], ungrouped, line["context"]) == "wrong"
    refused: dict[str, Any] = {"kind": "not_understood", "rules": [], "questions": [], "command": None}
    assert score(line["expect"], refused, line["context"]) == "declined"


def _spell_out(text: str) -> str:
    return re.sub(r"(?<!\$)\bsol\b(?!-)", "solana", text, flags=re.IGNORECASE)


SAME_MEANING: dict[str, Callable[[str], str]] = {
    "lower case": str.lower,
    "a greeting": lambda text: f"hey {text}",
    "thanks": lambda text: f"{text} thanks!",
    "a polite request": lambda text: f"can you {text}",
    "another word for if": lambda text: re.sub(r"\b(if|when)\b", "once", text, flags=re.IGNORECASE),
    "names for symbols": _spell_out,
    "line breaks": lambda text: text.replace(". ", ".\n"),
    "semicolons": lambda text: text.replace(". ", "; "),
}


@pytest.mark.parametrize("change", SAME_MEANING.values(), ids=SAME_MEANING.keys())
def test_other_wording_of_the_same_lines_means_the_same(
    lines: list[dict[str, Any]], change: Callable[[str], str]
) -> None:
    outcomes: Counter[str] = Counter()
    for line in lines:
        if "non_english" not in line["tags"]:
            result = codec.to_json(read(change(line["text"]), codec.context_from_json(line["context"], NOW)))
            outcomes[score(line["expect"], result, line["context"])] += 1
    assert outcomes["wrong"] == 0
    assert outcomes["declined"] <= 4, outcomes
