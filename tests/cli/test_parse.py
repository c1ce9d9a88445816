"""`saywhen parse`: what is printed for people and machines, and that nothing typed breaks it."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position. "
    "If it goes up by 0.2, take profit on the entire position."
)


def parse(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["parse", "--json", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def batch(capsys: pytest.CaptureFixture[str], path: Path, *lines: bytes, options: tuple[str, ...] = ()) -> list[Any]:
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert main(["parse", "--batch", str(path), *options]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return [json.loads(line) for line in captured.out.splitlines()]


def test_the_sentence_asks_for_its_unit_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    result = parse(capsys, "--prices", "SOL-PERP=150", SENTENCE)
    assert result["kind"] == "question"
    assert result["questions"][0]["about"] == "unit"
    assert "$149.90 / $150.20" in result["questions"][0]["options"][0]["label"]


def test_a_person_reads_the_question_with_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", "--prices", "SOL-PERP=150", SENTENCE]) == 0
    out = capsys.readouterr().out
    assert "1. Dollars: $0.10 and $0.20" in out
    assert "2. Percent: 10 % and 20 %" in out
    assert "example prices" not in out


def test_a_person_reads_back_what_a_rule_would_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", "--prices", "SOL-PERP=150", "--position", "SOL-PERP=+2@148", "sell half my SOL at 170"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Understood\n")
    assert "at $170.00 or higher: sell 50 %" in out
    assert "of the 2 SOL long held now" in out
    assert "Assumed: " in out


def test_without_prices_the_example_ones_are_used_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", "tell me when BTC is above 110k"]) == 0
    assert "Read with example prices (SOL-PERP $150.00, BTC-PERP $100,000" in capsys.readouterr().out


def test_the_time_and_zone_given_are_those_read_in(capsys: pytest.CaptureFixture[str]) -> None:
    result = parse(
        capsys,
        "--now", "2026-03-01T12:00:00+00:00", "--timezone", "Europe/Berlin", "buy 1 SOL at 9am tomorrow",
    )  # fmt: skip
    assert result["rules"][0]["condition"] == {"type": "time", "at": "2026-03-02T08:00:00+00:00"}


def test_unquoted_words_are_one_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(capsys, "close", "all")["rules"][0]["action"]["market"] == "*"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x" * 10_000,
        "🚀🚀🚀 sell 🌝",
        "\u202esell half\u202c my SOL",
        "sell -5",
        "sell 500%",
        "NaN",
        "sell " + "9" * 1_000_000 + " SOL",
        "if SOL drops 1e999999999 sell all",
        "\udcff\udcfe sell half my SOL at 170",
        "'; DROP TABLE users; --",
        "(" * 5_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_words_get_an_answer(capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert parse(capsys, "--", text)["kind"] in {"rules", "question", "command", "unsupported", "not_understood"}
    assert main(["parse", "--", text]) == 0


def test_a_batch_gives_one_result_a_line_in_order_whatever_the_lines_are(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    results = batch(
        capsys,
        tmp_path / "batch.jsonl",
        json.dumps({"text": SENTENCE, "prices": {"SOL-PERP": "150"}}).encode(),
        b"no json",
        b"",
        b'"text"',
        b"[1]",
        b"\xff\xfe",
        b'{"prices": {"SOL-PERP": 150}}',
        b'{"text": 5}',
        b'{"text": "sell all", "prices": []}',
        b'{"text": "sell all", "prices": {"SOL-PERP": NaN}}',
        b'{"text": "sell all", "prices": {"SOL-PERP": 1e999999999}}',
        b'{"text": "sell all", "prices": {"SOL-PERP": "-1"}}',
        b'{"text": "sell all", "positions": {"SOL-PERP": "two"}}',
        b'{"text": "sell all", "positions": 7}',
        b'{"text": "sell all", "now": "yesterday"}',
        b'{"text": "sell all", "timezone": "Mars/Olympus"}',
        b'{"text": "sell all", "timezone": 5}',
        b"[" * 100_000,
        b'{"text": "' + b"9" * 2_000_000 + b'"}',
        json.dumps({"text": "close all \ud800"}).encode(),
        json.dumps({"text": "close all", "prices": {"SOL-PERP": 150.5}, "positions": {"SOL-PERP": "+2@148"}}).encode(),
    )
    assert len(results) == 21
    assert results[0]["kind"] == "question"
    assert {result["kind"] for result in results[1:19]} == {"not_understood"}
    assert all(result["reason"].startswith(f"Line {n}") for n, result in enumerate(results[1:19], 2))
    assert results[20]["kind"] == "rules"


def test_a_batch_reads_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "close all"}')))
    assert main(["parse", "--batch", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "rules"


def test_what_a_batch_line_leaves_out_is_what_the_options_say(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    options = ("--prices", "SOL-PERP=200", "--position", "SOL-PERP=-3@210")
    asked, own = batch(
        capsys,
        tmp_path / "batch.jsonl",
        b'{"text": "stop my SOL at 205"}',
        b'{"text": "stop my SOL at 140", "prices": {"SOL-PERP": 150}, "positions": {"SOL-PERP": "+1@150"}}',
        options=options,
    )
    assert asked["rules"][0]["condition"]["operator"] == ">="
    assert own["rules"][0]["condition"]["operator"] == "<="
