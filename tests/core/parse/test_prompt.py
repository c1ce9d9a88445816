"""The instructions that a model gets: their examples are right answers, and they name all that the schema has."""

import json
import re

import pytest

from core.parse.extraction import WHY, read_answer, schema
from core.parse.model import judged, prompt
from tests.core.parse.spoken import LONG, context

EXAMPLES = re.findall(r"Message:\n\n    (.+)\n\nAnswer:\n\n    (.+)\n", prompt())


def test_there_are_examples_of_rules_commands_and_refusals() -> None:
    assert {json.loads(answer)["kind"] for _, answer in EXAMPLES} == {"rules", "command", "declined"}


@pytest.mark.parametrize(("message", "answer"), EXAMPLES, ids=[message[:30] for message, _ in EXAMPLES])
def test_each_example_is_a_right_answer(message: str, answer: str) -> None:
    result = judged(read_answer(answer), message, context(LONG), "claude")
    asked = json.loads(answer)["kind"]
    if asked == "rules":
        assert result.kind in ("rules", "question")
        assert len(result.rules) == len(json.loads(answer)["rules"])
    else:
        assert result.kind in ("command", "unsupported")


def test_the_unit_of_the_first_example_is_asked_and_its_second_waits_for_its_entry() -> None:
    (first, asked), (second, entry), *_ = EXAMPLES
    assert [q.about for q in judged(read_answer(asked), first, context(LONG), "claude").questions] == ["unit"]
    assert [rule.after for rule in judged(read_answer(entry), second, context(), "claude").rules] == [None, "r1"]


def test_every_reason_to_decline_and_every_condition_is_explained() -> None:
    text = prompt()
    conditions = {
        form["properties"]["type"]["enum"][0]
        for form in schema()["$defs"].values()
        if "type" in form["properties"]
        and len(form["properties"]["type"]["enum"]) == 1
        and "market" in form["properties"]
    }
    assert not [why for why in WHY if f"`{why}`" not in text]
    assert not [name for name in conditions - {"reverse", "move_stop", "position_event"} if f"`{name}`" not in text]


def test_no_setting_of_an_operator_and_no_price_is_in_what_every_request_begins_with() -> None:
    assert "{" not in prompt().split("# Examples", maxsplit=1)[0]
