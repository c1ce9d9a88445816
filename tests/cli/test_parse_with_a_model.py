"""`saywhen parse --parser claude|openai`: the command asks a model on loopback and prints what the words bear out."""

import asyncio
import json
from pathlib import Path

import pytest

from cli.__main__ import main
from tests.core.parse.foreign import LINES
from tests.core.parse.scripted import KEY, WIRES
from tests.emulators.llm.server import Models, Reply, Wire, says

LINE = LINES[0]
PARSERS = {"anthropic": "claude", "openai": "openai"}


def _configure(monkeypatch: pytest.MonkeyPatch, wire: Wire, url: str) -> None:
    name = wire.upper()
    monkeypatch.setenv(f"{name}_API_KEY", KEY)
    monkeypatch.setenv(f"{name}_BASE_URL", url)


@pytest.mark.parametrize("wire", WIRES)
async def test_one_sentence(wire: Wire, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async with Models(wire, says(LINE.answer)) as models:
        _configure(monkeypatch, wire, models.url)
        asked = ["--parser", PARSERS[wire], "--json", "--prices", "SOL-PERP=150", "--position", "SOL-PERP=+10@140"]
        assert await asyncio.to_thread(main, ["parse", *asked, LINE.text]) == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    assert (result["kind"], result["parser"]) == ("rules", PARSERS[wire])
    assert KEY not in captured.out + captured.err


@pytest.mark.parametrize("wire", WIRES)
async def test_a_batch_over_one_connection_that_breaks_in_the_middle(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "lines.jsonl"
    line = json.dumps({"text": LINE.text, "prices": {"SOL-PERP": 150}, "positions": {"SOL-PERP": "+10@140"}})
    file.write_text(f"{line}\nno json\n{line}\n", encoding="utf-8")
    async with Models(wire, says(LINE.answer), Reply(status=401)) as models:
        _configure(monkeypatch, wire, models.url)
        assert await asyncio.to_thread(main, ["parse", "--parser", PARSERS[wire], "--batch", str(file)]) == 0
    results = [json.loads(printed) for printed in capsys.readouterr().out.splitlines()]
    assert [result["kind"] for result in results] == ["rules", "not_understood", "not_understood"]
    assert "did not accept the key" in results[2]["reason"]


@pytest.mark.parametrize("wire", WIRES)
def test_without_its_key_a_person_is_told_which_to_set(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(f"{wire.upper()}_API_KEY", raising=False)
    assert main(["parse", "--parser", PARSERS[wire], "sell half my SOL at 170"]) == 2
    assert f"Set {wire.upper()}_API_KEY" in capsys.readouterr().err
