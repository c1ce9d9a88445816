"""English: the model answers and the grammar cross-checks; a wrong answer never becomes a rule, whatever is wrong."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from core import codec
from core.parse.compare import same_rules
from core.parse.crosscheck import WHICH
from tests.core.parse.english import CASES, Case
from tests.core.parse.scripted import alone, heard
from tests.core.parse.spoken import LONG, context
from tests.emulators.llm import answers

Rules = list[dict[str, Any]]
IDS = [case.text[:30] for case in CASES]


def _right(case: Case, result: Any) -> bool:
    wanted = [{"id": f"r{n}", **one} for n, one in enumerate(case.rules, start=1)]
    return same_rules(wanted, result["rules"], {"positions": case.held, "timezone": "UTC"})


@pytest.mark.parametrize("case", CASES, ids=IDS)
async def test_a_right_answer_becomes_the_rules(case: Case) -> None:
    assert (alone(case.text, context(case.held)).kind == "rules") is case.read
    result = codec.to_json(await heard(case.text, case.answer, context(case.held)))
    assert result["kind"] == "rules", (result["reason"], result["questions"])
    assert _right(case, result), result["rules"]
    assert result["parser"] == "claude"


# --- everything that can be wrong with an answer ---------------------------------------------------------------------


def _leaves(rules: Rules) -> Rules:
    return [leaf for rule in rules for together in rule["when"] for leaf in together["all"]]


def _each(rules: Rules, names: tuple[str, ...], new: Callable[[str], str]) -> None:
    for item in (*_leaves(rules), *(rule["do"] for rule in rules), *(rule["do"].get("order", {}) for rule in rules)):
        for name in names:
            if item.get(name):
                item[name] = new(item[name])


_NUMBERS = ("price", "threshold", "value", "amount_percent", "amount_base", "amount_usd", "margin_usd", "leverage")


def _decimal_moved(rules: Rules) -> None:
    _each(rules, _NUMBERS, lambda text: f"{text}0")


def _decimal_moved_back(rules: Rules) -> None:
    _each(rules, ("price", "threshold", "value"), lambda text: f"0.{text}")


def _side_swapped(rules: Rules) -> None:
    _each(rules, ("type",), lambda text: {"buy": "sell", "sell": "buy"}.get(text, text))


def _direction_swapped(rules: Rules) -> None:
    turned = {">=": "<=", "<=": ">=", "up": "down", "down": "up"}
    _each(rules, ("operator", "direction"), lambda text: turned[text])


def _market_invented(rules: Rules) -> None:
    _each(rules, ("market",), lambda _: "DOGE-PERP")


def _market_swapped(rules: Rules) -> None:
    _each(rules, ("market",), lambda text: "BTC-PERP" if text == "SOL-PERP" else "SOL-PERP")


def _condition_dropped(rules: Rules) -> None:
    for rule in rules:
        for together in rule["when"]:
            together["all"].pop()
        rule["when"] = [together for together in rule["when"] if together["all"]]


def _condition_and_its_words_dropped(rules: Rules) -> None:
    for rule in rules:
        rule.update(when=[], when_words="")


def _rule_dropped(rules: Rules) -> None:
    if len(rules) > 1:
        rules.pop()


def _unit_changed(rules: Rules) -> None:
    turned = {"percent": "usd", "usd": "percent"}
    _each(rules, ("unit",), lambda text: turned[text])
    for rule in rules:
        do = rule["do"]
        for old, new in (("amount_base", "amount_usd"), ("amount_percent", "amount_base")):
            if do.get(old):
                do[old], do[new] = "", do[old]
                break


def _reduce_only_turned(rules: Rules) -> None:
    _each(rules, ("reduce_only",), lambda text: {"yes": "no", "no": "yes"}[text])


def _leverage_added(rules: Rules) -> None:
    for rule in rules:
        rule["do"]["leverage"] = "20"


def _leverage_dropped(rules: Rules) -> None:
    _each(rules, ("leverage",), lambda _: "")


def _order_dropped(rules: Rules) -> None:
    for rule in rules:
        rule["do"]["order"] = {"type": "market", "max_slippage_bps": ""}


def _order_invented(rules: Rules) -> None:
    for rule in rules:
        rule["do"]["order"] = {"type": "twap", "over_s": "3600", "slices": "12"}


def _post_only_dropped(rules: Rules) -> None:
    _each(rules, ("post_only",), lambda _: "no")


def _slippage_invented(rules: Rules) -> None:
    for rule in rules:
        if rule["do"]["order"]["type"] == "market":
            rule["do"]["order"]["max_slippage_bps"] = "500"


def _size_dropped(rules: Rules) -> None:
    _each(rules, ("amount_percent", "amount_base", "margin_usd"), lambda _: "")


def _size_whole(rules: Rules) -> None:
    for rule in rules:
        rule["do"].update(amount_base="", margin_usd="", leverage="", amount_percent="100")


def _numbers_exchanged(rules: Rules) -> None:
    if len(rules) > 1:
        first, second = (rule["when"][0]["all"][0] for rule in rules[:2])
        first["price"], second["price"] = second["price"], first["price"]


def _repeats(rules: Rules) -> None:
    for rule in rules:
        rule["times"] = "endless"


def _expires(rules: Rules) -> None:
    for rule in rules:
        rule["expires_at"] = "2026-11-23T09:00"


def _timeframe_changed(rules: Rules) -> None:
    _each(rules, ("timeframe",), lambda _: "4h")


def _period_changed(rules: Rules) -> None:
    _each(rules, ("period",), lambda _: "21")


def _holds_invented(rules: Rules) -> None:
    for leaf in _leaves(rules):
        if leaf["type"] == "price_level":
            leaf["for_s"] = "3600"


def _reference_changed(rules: Rules) -> None:
    _each(rules, ("reference",), lambda _: "entry_price")


def _action_added(rules: Rules) -> None:
    rules.append({**copy.deepcopy(rules[0]), "id": "r9", "do": answers.action("close", market="*")})


def _transfer_words_quoted(rules: Rules) -> None:
    for rule in rules:
        rule["do_words"] = "send it to my wallet"


WRONG: dict[str, Callable[[Rules], None]] = {
    name.removeprefix("_").replace("_", " "): change
    for name, change in list(globals().items())
    if callable(change) and name.startswith("_") and name not in ("_right", "_leaves", "_each") and name[1] != "_"
}


def _changed(case: Case, change: Callable[[Rules], None]) -> answers.Answer:
    answer = copy.deepcopy(case.answer)
    change(answer["rules"])
    return answer


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        pytest.param(case, answer, id=f"{name}: {case.text[:30]}")
        for name, change in WRONG.items()
        for case in CASES
        if (answer := _changed(case, change)) != case.answer
    ],
)
async def test_a_wrong_answer_never_becomes_a_rule(case: Case, answer: answers.Answer) -> None:
    result = codec.to_json(await heard(case.text, answer, context(case.held)))
    asked = result["kind"] in ("question", "not_understood", "unsupported")
    assert asked or (result["kind"] == "rules" and _right(case, result)), result["rules"]


def test_there_are_many_ways_to_be_wrong() -> None:
    assert len(WRONG) >= 25


# --- how readings are weighed ----------------------------------------------------------------------------------------

TEXT = "sell half my SOL if it drops below 140"


def _answer(**changed: str) -> answers.Answer:
    said = {"market": "SOL-PERP", "amount_percent": "50", "reduce_only": "yes", **changed}
    return answers.rules(
        answers.rule(
            "if it drops below 140",
            answers.condition("price_level", market="SOL-PERP", operator="<=", price="140"),
            "sell half my SOL",
            answers.action("sell", order={"type": "market"}, **said),
        )
    )


async def test_two_readings_that_the_words_bear_out_are_both_offered() -> None:
    text = "sell half my SOL if BTC drops below 55k and ETH is below 2000"
    both = answers.rules(
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
    result = await heard(text, both, context(LONG))
    assert result.kind == "question"
    [question] = result.questions
    assert question.text == WHICH
    assert question.about == "contradiction"
    assert [option.rules for option in question.options] == [result.rules, alone(text, context(LONG)).rules]
    assert len({option.label for option in question.options}) == 2


async def test_a_reading_that_the_words_do_not_bear_out_is_no_option() -> None:
    result = await heard(TEXT, _answer(leverage="10"), context(LONG))
    assert result.kind == "rules"
    assert result.rules == alone(TEXT, context(LONG)).rules
    assert result.parser == "grammar"
    assert "was set aside" in result.assumptions[-1]


async def test_what_the_model_left_empty_and_the_words_say_stands() -> None:
    result = await heard(TEXT, _answer(market=""), context(LONG))
    assert result.kind == "rules"
    assert result.parser == "claude"


async def test_a_model_that_sees_no_instruction_costs_one_question() -> None:
    result = await heard(TEXT, answers.declined("report"), context(LONG))
    assert result.kind == "question"
    assert [option.rules for option in result.questions[0].options] == [alone(TEXT, context(LONG)).rules]


async def test_what_both_ask_is_asked_once_as_the_grammar_asks_it() -> None:
    text = "if SOL drops 0.1 sell half my position"
    answer = answers.rules(
        answers.rule(
            "if SOL drops 0.1",
            answers.condition("price_change", market="SOL-PERP", direction="down", threshold="0.1", unit="usd"),
            "sell half my position",
            answers.action("sell", amount_percent="50", reduce_only="yes", order={"type": "market"}),
        )
    )
    result = await heard(text, answer, context(LONG))
    assert result.questions == alone(text, context(LONG)).questions
    assert result.questions[0].about == "unit"


@pytest.mark.parametrize(
    ("why", "kind"),
    [("transfer", "unsupported"), ("elsewhere", "unsupported"), ("advice", "not_understood"), ("", "not_understood")],
)
async def test_a_models_no_is_told_in_our_words(why: str, kind: str) -> None:
    result = await heard("hmm qwerty zxcvb", answers.declined(why))
    assert result.kind == kind
    assert result.reason


@pytest.mark.parametrize("name", ["kill", "cancel_rules", "cancel_orders", "pause_rules", "resume_rules"])
async def test_a_command_that_acts_is_never_taken_from_a_model(name: str) -> None:
    result = await heard("por favor quita todo lo que tengo puesto", answers.command(name))
    assert result.kind == "not_understood"
    assert "type it yourself" in str(result.reason)


async def test_a_command_that_only_shows_may_come_from_a_model() -> None:
    result = await heard("¿qué posiciones tengo en este momento?", answers.command("positions"))
    assert result.command is not None
    assert result.command.name == "positions"
