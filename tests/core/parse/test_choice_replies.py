"""Drafts that a model made are answered and corrected in words and by buttons, also after a restart without it."""

import json
from typing import Any

import pytest

from core import codec
from core.domain.reading import ANSWER_MARK, ParseResult
from core.parse.choice import ChosenReader
from core.parse.crosscheck import SURE, WHICH
from core.parse.grammar import chosen
from tests.core.parse.scripted import alone, heard
from tests.core.parse.spoken import BOTH, LONG, context
from tests.emulators.llm import answers

BARE = "si SOL baja 0,5 vende la mitad de mi SOL"


def _stored(result: ParseResult) -> ParseResult:
    """*result* as another process reads it from the database."""
    return codec.from_json(ParseResult, json.loads(json.dumps(codec.to_json(result))))


def _bare(unit: str = "") -> answers.Answer:
    return answers.rules(
        answers.rule(
            "si SOL baja 0,5",
            answers.condition("price_change", market="SOL-PERP", direction="down", threshold="0.5", unit=unit),
            "vende la mitad de mi SOL",
            answers.action("sell", market="SOL-PERP", amount_percent="50", reduce_only="yes", order={"type": "market"}),
        )
    )


def _half(text: str, when: str, do: str, *, market: str = "SOL-PERP", price: str = "145") -> answers.Answer:
    assert when in text
    return answers.rules(
        answers.rule(
            when,
            answers.condition("price_level", market=market, operator="<=", price=price),
            do,
            answers.action("sell", market=market, amount_percent="50", reduce_only="yes", order={"type": "market"}),
        )
    )


def _condition(result: ParseResult | str | None) -> Any:
    assert isinstance(result, ParseResult)
    return codec.to_json(result.rules[0].condition)


@pytest.mark.parametrize("claimed", ["", "usd", "percent"])
async def test_a_unit_that_nobody_said_is_asked_whatever_the_model_claims(claimed: str) -> None:
    asked = await heard(BARE, _bare(claimed), context(LONG))
    assert asked.kind == "question"
    assert asked.questions[0].about == "unit"
    assert "$149.50" in asked.questions[0].options[0].label


@pytest.mark.parametrize(("reply", "unit", "threshold"), [("dollars", "usd", "0.5"), ("percent", "percent", "50")])
async def test_its_question_is_answered_in_words_by_a_reader_that_has_no_model(
    reply: str, unit: str, threshold: str
) -> None:
    asked = _stored(await heard(BARE, _bare(), context(LONG)))
    settled = ChosenReader().answer(BARE, asked, reply, context(LONG))
    assert settled is not None
    assert settled.kind == "rules"
    assert (_condition(settled)["unit"], _condition(settled)["threshold"]) == (unit, threshold)
    assert settled.parser == "claude"


async def test_a_market_that_nobody_named_is_asked_and_answered() -> None:
    text = "vende la mitad de mi posición si baja de 145"
    answer = _half(text, "si baja de 145", "vende la mitad de mi posición")
    asked = _stored(await heard(text, answer, context(BOTH)))
    assert [question.about for question in asked.questions] == ["market"]
    settled = ChosenReader().answer(text, asked, "SOL", context(BOTH))
    assert settled is not None
    assert settled.rules[0].action.type == "sell"
    assert _condition(settled)["market"] == "SOL-PERP"


async def test_rules_that_a_model_made_are_corrected_in_words() -> None:
    text = "si SOL baja de 145 vende la mitad de mi SOL"
    made = _stored(await heard(text, _half(text, "si SOL baja de 145", "vende la mitad de mi SOL"), context(LONG)))
    assert made.kind == "rules"
    amended = ChosenReader().correct(text, made, "make it 40%", context(LONG))
    assert isinstance(amended, ParseResult)
    assert codec.to_json(amended.rules[0].action)["amount_percent"] == "40"
    again = ChosenReader().correct(f"{text}{ANSWER_MARK}make it 40%", _stored(amended), "130 not 145", context(LONG))
    assert isinstance(again, ParseResult)
    assert codec.to_json(again.rules[0].action)["amount_percent"] == "40"
    assert _condition(again)["price"] == "130"


async def test_after_a_button_the_rest_can_be_said_in_words() -> None:
    asked = await heard(BARE, _bare(), context(LONG))
    option = asked.questions[0].options[0]
    pressed = _stored(chosen(asked, option))
    amended = ChosenReader().correct(f"{BARE}{ANSWER_MARK}{option.label}", pressed, "only a quarter", context(LONG))
    assert isinstance(amended, ParseResult)
    assert codec.to_json(amended.rules[0].action)["amount_percent"] == "25"
    assert _condition(amended)["unit"] == "usd"


# --- two readings ----------------------------------------------------------------------------------------------------

TWO = "sell half my SOL if BTC drops below 55k and ETH is below 2000"


async def _two() -> ParseResult:
    answer = answers.rules(
        answers.rule(
            "if BTC drops below 55k and ETH is below 2000",
            [
                [answers.condition("price_level", market="BTC-PERP", operator="<=", price="55000")],
                [answers.condition("price_level", market="ETH-PERP", operator="<=", price="2000")],
            ],
            "sell half my SOL",
            answers.action("sell", market="SOL-PERP", amount_percent="50", reduce_only="yes", order={"type": "market"}),
        )
    )
    return _stored(await heard(TWO, answer, context(LONG)))


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("1", "any"),
        ("the first one", "any"),
        ("2", "all"),
        ("the second one", "all"),
        ("option 2", "all"),
        ("Second.", "all"),
    ],
)
async def test_a_reading_is_picked_by_its_place(reply: str, kind: str) -> None:
    asked = await _two()
    assert asked.questions[0].text == WHICH
    picked = ChosenReader().answer(TWO, asked, reply, context(LONG))
    assert picked is not None
    assert picked.kind == "rules"
    assert picked.rules[0].condition.type == kind


async def test_a_reading_is_picked_by_its_own_words() -> None:
    asked = await _two()
    for option in asked.questions[0].options:
        picked = ChosenReader().answer(TWO, asked, option.label, context(LONG))
        assert picked is not None
        assert picked.rules == option.rules


@pytest.mark.parametrize("reply", ["3", "yes", "hmm", "buy 1 BTC", "the ninth one"])
async def test_other_words_pick_no_reading(reply: str) -> None:
    assert ChosenReader().answer(TWO, await _two(), reply, context(LONG)) is None


@pytest.mark.parametrize("place", [0, 1])
async def test_the_picked_reading_can_be_corrected(place: int) -> None:
    asked = await _two()
    option = asked.questions[0].options[place]
    picked = _stored(chosen(asked, option))
    words = f"{TWO}{ANSWER_MARK}{option.label}"
    amended = ChosenReader().correct(words, picked, "make it 30%", context(LONG))
    assert isinstance(amended, ParseResult), amended
    assert codec.to_json(amended.rules[0].action)["amount_percent"] == "30"
    assert amended.rules[0].condition == option.rules[0].condition


async def test_yes_takes_the_one_reading_that_is_offered() -> None:
    text = "sell half my SOL if it drops below 140"
    asked = _stored(await heard(text, answers.declined("report"), context(LONG)))
    assert asked.questions[0].text == SURE
    picked = ChosenReader().answer(text, asked, "yes", context(LONG))
    assert picked is not None
    assert picked.rules == alone(text, context(LONG)).rules


async def test_what_an_older_version_kept_does_no_harm() -> None:
    made = _stored(await heard(BARE, _bare(), context(LONG)))
    odd: ParseResult = codec.from_json(
        ParseResult, {**codec.to_json(made), "heard": {"kind": "rules", "rules": [{"id": "r1"}]}}
    )
    assert ChosenReader().answer(BARE, odd, "dollars", context(LONG)) is None
    assert ChosenReader().correct(BARE, odd, "make it 40%", context(LONG)) is not None
