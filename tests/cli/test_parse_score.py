"""`saywhen parse --score`: what a file of lines with expectations comes to, for people and machines."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main

CONTEXT = {
    "prices": {"SOL-PERP": "150"},
    "positions": {"SOL-PERP": "+2@148"},
    "now": "2026-11-22T12:00:00Z",
    "timezone": "UTC",
}
LEVEL = {"type": "price_level", "market": "SOL-PERP", "operator": ">=", "price": "160"}
SELL = {"type": "sell", "market": "SOL-PERP", "amount_percent": "50", "reduce_only": True}


def line(text: str, price: str = "160", tags: tuple[str, ...] = ("level",)) -> dict[str, Any]:
    rule = {"id": "r1", "condition": {**LEVEL, "price": price}, "action": SELL}
    expect = {"kind": "rules", "rules": [rule]}
    return {"id": text[:6], "text": text, "context": CONTEXT, "expect": expect, "tags": list(tags)}


def file(path: Path, *lines: Any) -> str:
    path.write_text("\n".join(text if isinstance(text, str) else json.dumps(text) for text in lines), encoding="utf-8")
    return str(path)


def test_a_score_is_told_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = file(tmp_path / "lines.jsonl", line("sell half my sol at 160"), line("trim my sol"), "")
    assert main(["parse", "--json", "--score", name]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["lines"], told["exact"], told["needless_question"]) == (2, 1, 1)
    assert told["percent"]["exact"] == 50
    assert told["by_tag"]["level"]["lines"] == 2
    assert told["latency_ms"]["p50"] <= told["latency_ms"]["p99"] <= told["latency_ms"]["max"]


def test_a_score_is_told_as_a_table_and_what_is_confidently_wrong_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = file(tmp_path / "lines.jsonl", line("sell half my sol at 161"))
    assert main(["parse", "--score", name]) == 1
    told = capsys.readouterr().out
    assert "1 lines" in told
    assert "confidently wrong: sell h 'sell half my sol at 161' (rules expected, was rules)" in told
    for title in ("exact", "needless questions", "missed questions", "refused", "latency", "p99"):
        assert title in told


@pytest.mark.parametrize(
    "bad",
    ["{", "[]", '"text"', "{}", '{"text": "a"}', '{"text": 1, "context": {"prices": {}}, "expect": {"kind": "rules"}}'],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: str) -> None:
    name = file(tmp_path / "lines.jsonl", line("sell half my sol at 160"), bad)
    assert main(["parse", "--score", name]) != 0
    assert "Line 2" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", "--score", str(tmp_path / "none.jsonl")]) != 0
    assert "none.jsonl cannot be read" in capsys.readouterr().err


def test_a_score_takes_no_text_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = file(tmp_path / "lines.jsonl", line("sell half my sol at 160"))
    assert main(["parse", "--score", name, "buy 2 SOL"]) != 0
    assert "--score alone" in capsys.readouterr().err
