"""`saywhen replay`: what it prints, for people and machines."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.__main__ import main

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position. "
    "If it goes up by 0.2, take profit on the entire position."
)
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    """A quarter of an hour each: quiet, then up to 121, then down to 99."""
    prices = [(100, 101, 99, 100), (100, 121, 100, 120), (120, 120, 99, 100)]
    lines = ["time,open,high,low,close,volume"]
    lines += [
        f"{(START + number * timedelta(minutes=15)).isoformat()},{','.join(map(str, row))},1000"
        for number, row in enumerate(prices)
    ]
    file = tmp_path / "sol-perp-15m.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def replay(file: Path, *more: str) -> int:
    return main(["replay", "--prices", str(file), "--market", "SOL-PERP", "--position", "SOL-PERP=+10@100", *more])


def test_the_first_threshold_crossed_fires_once_at_the_threshold_inside_its_candle(
    candles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay(candles, "--answer", "percent", "--json", SENTENCE) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"rules", "triggers", "fills", "final"}
    assert [rule["id"] for rule in report["rules"]] == ["r1", "r2"]
    (trigger,) = report["triggers"]
    assert (trigger["rule"], trigger["price"]) == ("r2", "120")
    assert START + timedelta(minutes=15) < datetime.fromisoformat(trigger["at"]) < START + timedelta(minutes=30)
    (fill,) = report["fills"]
    assert set(fill) == {"rule", "at", "side", "base", "price", "fee"}
    assert (fill["rule"], fill["side"], fill["base"]) == ("r2", "sell", "10")
    assert set(report["final"]) == {"equity", "pnl", "positions"}
    assert report["final"]["positions"] == {}


def test_a_person_reads_times_and_prices_and_what_is_left(candles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(candles, "--answer", "usd", "--equity", "5000", SENTENCE) == 0
    out = capsys.readouterr().out
    assert "2026-01-01 00:0" in out
    assert "r1 fires at $99.90" in out
    assert "r1 sells 5 SOL at $99." in out
    assert "At the end: equity $" in out


def test_times_choose_the_candles(candles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(candles, "--to", "2026-01-01T00:15:00Z", "--answer", "percent", SENTENCE) == 0
    assert "Nothing fired." in capsys.readouterr().out


def test_an_open_question_is_told_with_how_to_answer_it(candles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(candles, SENTENCE) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "dollars or percent?" in captured.err
    assert "--answer usd|percent" in captured.err


def test_words_that_are_no_rule_are_refused(candles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(candles, "what a day") == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_market_that_is_not_listed_is_refused(candles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--prices", str(candles), "--market", "FOO-PERP", "sell all at 170"]) == 2
    assert "FOO-PERP" in capsys.readouterr().err
