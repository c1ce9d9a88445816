"""Whatever a model answers to whatever was typed: no exception, and no rule that could not be meant."""

import asyncio
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import codec
from core.domain.reading import ParseResult
from core.parse.extraction import schema
from core.parse.grounding import ground
from core.parse.witness import Ungrounded
from tests.core.parse.english import CASES
from tests.core.parse.foreign import LINES
from tests.core.parse.scripted import Canned, heard
from tests.core.parse.spoken import BOTH, LONG, context
from tests.emulators.llm import answers

TEXTS = [*(case.text for case in CASES), *(line.text for line in LINES), "kauf", "si SOL", "sell at 140", "買 SOL 2"]
WORDS = st.sampled_from(
    ["", "140", "2", "50", "0", "-3", "NaN", "1e30", "SOL-PERP", "BTC-PERP", "*", "usd", "percent", "r1", "x", "📈",
     "0 8 * * *", "0 99 * * *", "2026-11-23T09:00", "2026-13-40", "sell half", "at 140", "entry_price", "endless", "?",
     "+5", *TEXTS]
)  # fmt: skip


def _values(form: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in form:
        return st.deferred(lambda: _values(schema()["$defs"][form["$ref"].rpartition("/")[2]]))
    if "anyOf" in form:
        return st.one_of([_values(one) for one in form["anyOf"]])
    match form["type"]:
        case "object":
            return st.fixed_dictionaries({name: _values(one) for name, one in form["properties"].items()})
        case "array":
            return st.lists(_values(form["items"]), min_size=1, max_size=2)
        case _:
            return st.sampled_from(form["enum"]) if "enum" in form else WORDS


def _positive(result: ParseResult) -> None:
    """Every size and price in a rule is a finite number above zero."""
    for rule in codec.to_json(result.rules):
        for item in (rule["action"], rule["action"].get("order", {}), rule["condition"]):
            for name in ("amount_percent", "amount_base", "amount_usd", "margin_usd", "leverage", "price", "distance"):
                if name in item:
                    assert Decimal(item[name]) > 0, rule


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.sampled_from(TEXTS), _values(schema()))
def test_any_answer_in_the_right_form_to_any_text_is_survived(text: str, answer: answers.Answer) -> None:
    result = asyncio.run(heard(text, answer, context(BOTH)))
    assert result.kind in ("rules", "question", "command", "unsupported", "not_understood")
    codec.from_json(ParseResult, codec.to_json(result))
    if result.kind == "rules":
        _positive(result)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(CASES), st.text(max_size=60))
def test_no_answer_survives_words_that_are_not_its_own(case: Any, text: str) -> None:
    try:
        ground(case.answer, text, context(LONG))
    except Ungrounded:
        return
    raise AssertionError(text)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_answer_at_all_is_survived(text: str) -> None:
    from core.parse.choice import ChosenReader
    from core.parse.model import ModelParser

    reader = ChosenReader(ModelParser(Canned(text)))
    result = asyncio.run(reader.parse("sell half my SOL if it drops below 140", context(LONG)))
    assert result.kind == "rules"
    assert result.parser == "grammar"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CASES), st.data())
def test_what_is_kept_for_replies_is_never_a_danger(case: Any, data: st.DataObject) -> None:
    from core.parse.choice import ChosenReader

    kept = data.draw(_values(schema()))
    result = asyncio.run(heard(case.text, case.answer, context(case.held)))
    odd: ParseResult = codec.from_json(ParseResult, {**codec.to_json(result), "heard": kept})
    for reply in ("make it 40%", "dollars", "1"):
        ChosenReader().answer(case.text, odd, reply, context(case.held))
        ChosenReader().correct(case.text, odd, reply, context(case.held))
