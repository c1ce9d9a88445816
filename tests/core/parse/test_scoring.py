"""How lines are judged: what is wrong with money is told apart from what only costs another message."""

from typing import Any

import pytest

from core.parse.scoring import judged, scored

CONTEXT: dict[str, Any] = {"prices": {"SOL-PERP": "150"}, "positions": {}, "timezone": "UTC"}
LEVEL = {"type": "price_level", "market": "SOL-PERP", "operator": ">=", "price": "160"}


def rules(price: str = "160") -> dict[str, Any]:
    return {
        "kind": "rules",
        "rules": [{"id": "r1", "condition": {**LEVEL, "price": price}, "action": {"type": "alert"}}],
        "questions": [],
    }


def asking(about: str) -> dict[str, Any]:
    return {"kind": "question", "rules": [], "questions": [{"about": about, "text": "?"}], "about": [about]}


def command(name: str) -> dict[str, Any]:
    return {"kind": "command", "command": {"name": name}, "rules": [], "questions": []}


DECLINED: dict[str, Any] = {"kind": "not_understood", "rules": [], "questions": [], "reason": "no"}


@pytest.mark.parametrize(
    ("expect", "result", "verdict"),
    [
        (rules(), rules("160.00"), "exact"),
        (rules(), rules("161"), "confidently_wrong"),
        (rules(), asking("size"), "needless_question"),
        (rules(), DECLINED, "refused"),
        (asking("size"), asking("size"), "exact"),
        (asking("size"), asking("market"), "otherwise"),
        (asking("size"), rules(), "confidently_wrong"),
        (asking("size"), DECLINED, "missed_question"),
        (DECLINED, command("kill"), "confidently_wrong"),
        (DECLINED, command("balance"), "otherwise"),
        (command("kill"), command("pause_rules"), "confidently_wrong"),
        ({**rules(), "alternatives": [asking("size")]}, asking("size"), "exact"),
        ({**rules(), "alternatives": [asking("size")]}, asking("unit"), "otherwise"),
    ],
)
def test_one_line_is_judged_by_what_it_would_cost(expect: Any, result: Any, verdict: str) -> None:
    assert judged(expect, result, CONTEXT) == verdict


def test_a_score_counts_by_tag_and_names_what_was_missed() -> None:
    lines = [
        {"id": "one", "text": "a", "context": CONTEXT, "expect": rules(), "tags": ["level", "alert"]},
        {"id": "two", "text": "b", "context": CONTEXT, "expect": rules("170"), "tags": ["level"]},
    ]
    score = scored(lines, lambda _line: rules())
    told = score.json()
    assert (told["lines"], told["exact"], told["confidently_wrong"]) == (2, 1, 1)
    assert told["by_tag"]["level"]["lines"] == 2
    assert told["by_tag"]["alert"]["exact"] == 1
    assert [miss["id"] for miss in told["misses"]] == ["two"]
    assert told["percent"]["exact"] == 50.0
    assert 0 <= told["latency_ms"]["p50"] <= told["latency_ms"]["max"]


def test_percentiles_are_those_that_the_share_of_lines_stays_within() -> None:
    score = scored([], lambda _line: DECLINED)
    assert score.percentile(99) == 0
    score.latency_ms = [float(n) for n in range(1, 101)]
    assert [score.percentile(p) for p in (50, 90, 99, 100)] == [50, 90, 99, 100]
