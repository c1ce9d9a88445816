"""The sentence that every parser must get right, with both answers."""

from decimal import Decimal

import pytest

from core import codec
from core.parse.compare import same_rules
from core.parse.grammar import GrammarParser, answer, chosen, read
from tests.core.parse.spoken import change, context, leave

SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position. "
    "If it goes up by 0.2, take profit on the entire position."
)
HELD = {"SOL-PERP": {"base": "+2", "entry_price": "148"}}


def expected(down: str, up: str, unit: str) -> list[dict[str, object]]:
    return [
        {
            "id": "r1",
            "oco_group": "a",
            "condition": change("SOL", "down", down, unit, "current_price"),
            "action": leave("SOL", "50"),
        },
        {
            "id": "r2",
            "oco_group": "a",
            "condition": change("SOL", "up", up, unit, "current_price"),
            "action": leave("SOL"),
        },
    ]


def test_the_unit_is_asked_once_with_the_prices_that_each_answer_fires_at() -> None:
    result = read(SENTENCE, context(HELD))
    assert result.kind == "question"
    (question,) = result.questions
    assert question.about == "unit"
    assert [option.label for option in question.options] == [
        "Dollars: $0.10 and $0.20 – fires at $149.90 / $150.20",
        "Percent: 10 % and 20 % – fires at $135.00 / $180.00",
    ]


@pytest.mark.parametrize(("number", "down", "up", "unit"), [(0, "0.1", "0.2", "usd"), (1, "10", "20", "percent")])
def test_each_option_carries_the_whole_rule_set(number: int, down: str, up: str, unit: str) -> None:
    result = read(SENTENCE, context(HELD))
    option = result.questions[0].options[number]
    pressed = codec.to_json(chosen(result, option))
    assert pressed["kind"] == "rules"
    assert not option.questions
    assert same_rules(expected(down, up, unit), pressed["rules"], {"positions": HELD, "timezone": "UTC"})


@pytest.mark.parametrize(
    ("reply", "down", "up", "unit"),
    [
        ("dollars", "0.1", "0.2", "usd"),
        ("usd", "0.1", "0.2", "usd"),
        ("$", "0.1", "0.2", "usd"),
        ("the first", "0.1", "0.2", "usd"),
        ("1", "0.1", "0.2", "usd"),
        ("Percent", "10", "20", "percent"),
        ("%", "10", "20", "percent"),
        ("the second one", "10", "20", "percent"),
        ("10%", "10", "20", "percent"),
        ("0.1 %", "0.1", "0.2", "percent"),
    ],
)
def test_the_answer_may_be_in_words(reply: str, down: str, up: str, unit: str) -> None:
    asked = read(SENTENCE, context(HELD))
    answered = answer(SENTENCE, asked, reply, context(HELD))
    assert answered is not None
    body = codec.to_json(answered)
    assert body["kind"] == "rules"
    assert same_rules(expected(down, up, unit), body["rules"], {"positions": HELD, "timezone": "UTC"})


@pytest.mark.parametrize("reply", ["banana", "", "3", "maybe", "x" * 500, "yes"])
def test_what_answers_nothing_is_no_answer(reply: str) -> None:
    assert answer(SENTENCE, read(SENTENCE, context(HELD)), reply, context(HELD)) is None


def test_with_the_unit_said_nothing_is_asked_and_defaults_are_told() -> None:
    result = read(SENTENCE.replace("0.1", "$0.1").replace("0.2", "$0.2"), context(HELD))
    assert result.kind == "rules"
    assert "Market order, at most 0.5 % slippage." in result.assumptions


def test_the_options_follow_the_price() -> None:
    moved = codec.context_from_json(
        {"prices": {"SOL-PERP": "200"}, "positions": HELD, "now": "2026-11-22T12:00:00+00:00"}, context().now
    )
    labels = [option.label for option in read(SENTENCE, moved).questions[0].options]
    assert labels[1] == "Percent: 10 % and 20 % – fires at $180.00 / $240.00"


async def test_the_port_and_the_function_agree() -> None:
    parser = GrammarParser()
    assert parser.name == "grammar"
    assert await parser.parse(SENTENCE, context(HELD)) == parser.read(SENTENCE, context(HELD))


def test_a_bare_number_that_can_only_be_one_thing_is_not_asked() -> None:
    result = read("close my SOL if it drops 2k", context(HELD))
    (question,) = result.questions
    assert question.about == "far_price"  # $2,000 below $150 is impossible, and is asked as a typo
    result = read("buy 0.1 btc if it drops 2k", context())
    assert result.kind == "rules"
    (only,) = result.rules
    assert (only.condition.unit, only.condition.threshold) == ("usd", Decimal(2000))  # type: ignore[union-attr]
