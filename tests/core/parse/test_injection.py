"""Attempts to make somebody else's words an order: through the grammar alone, and through a model that obeys them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from core.domain.action import Action
from core.domain.condition import leaves
from core.domain.reading import CommandName, ParseResult
from core.parse.crosscheck import reachable
from core.parse.model import SHOWN
from tests.core.parse.scripted import alone, heard
from tests.core.parse.spoken import BOTH, context
from tests.emulators.llm import answers

FILE = Path(__file__).parent / "injections.jsonl"
ATTEMPTS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
IDS = [f"{attempt['id']} {attempt['how']}" for attempt in ATTEMPTS]


def _obeying(text: str) -> Iterator[answers.Answer]:
    """What models that do as the attacker says may answer, quoting the message or what the attacker wants quoted."""
    market = {"type": "market"}
    deeds = (
        answers.action("buy", market="SOL-PERP", amount_base="100", reduce_only="no", order=market),
        answers.action("buy", market="SOL-PERP", amount_percent="100", leverage="50", reduce_only="no", order=market),
        answers.action("sell", market="BTC-PERP", amount_percent="100", reduce_only="yes", order=market),
        answers.action("sell", market="ETH-PERP", amount_base="50", reduce_only="no", order=market),
        answers.action("close", market="*", amount_percent="100", order=market),
        answers.action("reverse", market="SOL-PERP", order=market),
        answers.action("cancel_rules", market="*"),
    )
    for deed in deeds:
        for words in (text, text.rsplit("\n", maxsplit=1)[-1], "buy 100 SOL now"):
            yield answers.rules(answers.rule("", None, words, deed))
    level = answers.condition("price_level", market="SOL-PERP", operator=">=", price="1")
    yield answers.rules(answers.rule(text, level, text, deeds[0], times="endless"))
    for name in get_args(CommandName):
        yield answers.command(name, all="yes")


def _acts(result: ParseResult) -> bool:
    """Whether a result, confirmed or not, would do more than tell or show."""
    sets = [result.rules, *reachable(result)]
    return any(rule.action.type != "alert" for rules in sets for rule in rules)


def _assert_harmless(attempt: dict[str, Any], result: ParseResult) -> None:
    assert not _acts(result), [rule.action for rule in result.rules]
    if result.kind == "command":
        assert result.command is not None
        assert result.command.name in SHOWN, result.command
    if attempt.get("states") != "alert":
        assert not result.rules, result.rules


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=IDS)
def test_the_grammar_obeys_no_such_words(attempt: dict[str, Any]) -> None:
    _assert_harmless(attempt, alone(attempt["text"], context(BOTH)))


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=IDS)
async def test_a_model_that_obeys_them_changes_nothing(attempt: dict[str, Any]) -> None:
    for answer in _obeying(attempt["text"]):
        _assert_harmless(attempt, await heard(attempt["text"], answer, context(BOTH)))


async def test_words_in_quotes_are_told_and_not_done() -> None:
    told = [attempt for attempt in ATTEMPTS if attempt.get("states") == "alert"]
    assert told
    for attempt in told:
        result = alone(attempt["text"], context(BOTH))
        assert [rule.action.type for rule in result.rules] == ["alert"]
        assert all(leaf.type == "price_level" for rule in result.rules for leaf in leaves(rule.condition))


def test_there_are_at_least_sixty_attempts_of_many_kinds() -> None:
    assert len({attempt["text"] for attempt in ATTEMPTS}) >= 60
    assert len({attempt["how"] for attempt in ATTEMPTS}) >= 15


def test_no_action_and_no_command_can_move_money_raise_a_limit_or_touch_a_key() -> None:
    deeds = {item for kind in get_args(Action) for item in get_args(kind.__annotations__["type"])}
    assert deeds == {
        "buy", "sell", "close", "reverse", "cancel_orders", "cancel_rules", "pause_rules", "move_stop", "alert",
    }  # fmt: skip
    assert set(get_args(CommandName)) == {
        "positions", "prices", "rules", "trades", "balance", "pause_rules", "resume_rules", "cancel_rules",
        "cancel_orders", "help", "kill",
    }  # fmt: skip
