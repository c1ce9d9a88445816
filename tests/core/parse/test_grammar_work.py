"""Work that is saved decides nothing: what is passed over at one look would have read the same at length."""

import json
from pathlib import Path
from typing import Any

import pytest

from core import codec
from core.domain.reading import ParseContext, ParseResult
from core.parse.choice import ChosenReader
from core.parse.grammar import constructions, read, recasting, understanding
from core.parse.grammar.items import Cursor
from core.parse.grammar.understanding import understand
from tests.core.parse.spoken import LONG, NOW, context

Line = tuple[str, ParseContext]


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """Every fifth of the held-out lines, from all of their voices."""
    found = [
        json.loads(line)
        for path in sorted(Path(__file__).parent.glob("unseen*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [(one["text"], codec.context_from_json(one["context"], NOW)) for one in found[::5]]


def _readings(lines: list[Line]) -> list[Any]:
    return [codec.to_json(read(text, seen)) for text, seen in lines]


def test_what_is_passed_over_at_one_look_reads_the_same_at_length(
    lines: list[Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    quickly = _readings(lines)
    monkeypatch.setattr(Cursor, "begins", lambda _self, _kinds: True)
    monkeypatch.setattr(Cursor, "holds", lambda _self, _kinds: True)
    table = constructions._TABLE
    for named in (table._by_kind, table._by_word):
        for key, starts in named.items():
            slow = [recasting._Start(start.one, None, None) for start in starts]
            monkeypatch.setitem(named, key, slow)
    for (text, _), quick, slow_reading in zip(lines, quickly, _readings(lines), strict=True):
        assert quick == slow_reading, text


def test_reading_looks_at_every_word_less_than_thirty_times(lines: list[Line]) -> None:
    """On the average of sentences that people write: steps are counted, so this is the same on every machine."""
    steps = sum(understand(text, seen).steps for text, seen in lines)
    assert steps < 30 * sum(len(text.split()) for text, _ in lines)


async def test_words_beside_a_draft_are_understood_once_for_answer_correction_and_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[str] = []

    def counted(text: str, seen: ParseContext) -> understanding.Understanding:
        heard.append(text)
        return understand(text, seen)

    monkeypatch.setattr(understanding, "understand", counted)
    reader, seen = ChosenReader(), context(LONG)
    asked = await reader.parse("sell 5 SOL if it drops 0.5", seen)
    assert asked.kind == "question"
    heard.clear()
    seen, words = context(LONG), "tell me when BTC is above 65000"
    assert reader.answer("sell 5 SOL if it drops 0.5", asked, words, seen) is None
    assert reader.correct("sell 5 SOL if it drops 0.5", asked, words, seen) is None
    told = await reader.parse(words, seen)
    assert heard == ["sell 5 SOL if it drops 0.5", words]
    assert told == read(words, seen)


async def test_another_context_is_another_turn() -> None:
    reader, words = ChosenReader(), "close my position at 170"
    held = await reader.parse(words, context(LONG))
    flat = await reader.parse(words, context())
    assert held.kind == "rules"
    assert flat.kind == "question"
    assert isinstance(await reader.parse(words, context(LONG)), ParseResult)
