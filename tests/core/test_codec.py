"""Domain ⇄ JSON: canonical out, forgiving of plain numbers in, and words for what is wrong."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.codec import (
    context_from_json,
    event_from_json,
    event_to_json,
    from_json,
    parse_result_schema,
    rule_set_schema,
    rules_from_json,
    to_json,
)
from core.domain.action import Action, Trade
from core.domain.condition import AnyOf, Condition, PriceChange
from core.domain.errors import BadInput
from core.domain.event import BY_NAME, Event, OrderFilled, RuleTriggered
from core.domain.ids import EventId, OrderId, OwnerId, RuleId
from core.domain.reading import Holding
from core.domain.rule import RuleSet, RuleSpec

D = Decimal
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SENTENCE: list[dict[str, Any]] = [
    {
        "id": f"r{number}",
        "condition": {
            "type": "price_change",
            "market": "SOL-PERP",
            "direction": direction,
            "threshold": threshold,
            "unit": "usd",
            "reference": "current_price",
        },
        "action": {
            "type": "sell",
            "market": "SOL-PERP",
            "amount_percent": percent,
            "reduce_only": True,
            "order": {"type": "market", "max_slippage_bps": 50},
        },
        "after": None,
        "oco_group": "a",
        "repeat": {"times": 1, "cooldown_s": 0},
        "expires_at": None,
    }
    for number, direction, threshold, percent in ((1, "down", "0.1", "50"), (2, "up", "0.2", "100"))
]

money = st.decimals(min_value=D("1e-9"), max_value=D("1e12"), places=9, allow_nan=False)
# Hypothesis wants naive bounds, and adds the zone itself.
LOW, HIGH = datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2100-01-01")
times = st.datetimes(min_value=LOW, max_value=HIGH, timezones=st.just(UTC))
st.register_type_strategy(Decimal, money)
st.register_type_strategy(datetime, times)
leaf_kinds = [kind for kind in get_args(Condition) if kind.__name__ not in ("AllOf", "AnyOf")]
leaf = st.one_of([st.from_type(kind) for kind in leaf_kinds])
# So few leaves that nothing nests more deeply than the language allows.
conditions = st.recursive(
    leaf, lambda inner: st.builds(AnyOf, conditions=st.lists(inner, min_size=2).map(tuple)), max_leaves=6
)
specs = st.builds(
    RuleSpec,
    id=st.sampled_from(["r1", "r2"]),
    condition=conditions,
    action=st.one_of([st.from_type(kind) for kind in get_args(Action)]),
    after=st.none() | st.just("r1"),
)


@given(st.lists(specs, max_size=3).map(tuple))
def test_every_rule_set_survives_json(rules: RuleSet) -> None:
    written = json.loads(json.dumps(to_json(rules)))
    assert rules_from_json(written) == rules
    assert to_json(rules_from_json(written)) == written


@given(st.sampled_from(sorted(BY_NAME)).flatmap(lambda name: st.from_type(BY_NAME[name])))
def test_every_event_survives_json_but_for_the_id_that_the_log_gives(event: Event) -> None:
    written = json.loads(json.dumps(event_to_json(event)))
    assert written["name"] == event.name
    assert "id" not in written
    assert event_from_json(written) == replace(event, id=None)


def test_the_sentence_is_written_as_the_language_writes_it() -> None:
    assert to_json(rules_from_json(SENTENCE)) == SENTENCE
    assert rules_from_json({"rules": SENTENCE}) == rules_from_json(SENTENCE)


def test_plain_numbers_are_read_and_written_as_strings() -> None:
    body = json.loads(json.dumps(SENTENCE))
    body[0]["condition"]["threshold"] = 0.1
    body[0]["action"]["amount_percent"] = 50
    (first, _) = rules_from_json(body)
    assert isinstance(first.condition, PriceChange)
    assert first.condition.threshold == D("0.1")
    assert to_json(rules_from_json(body)) == SENTENCE


def test_a_float_has_no_canonical_form() -> None:
    with pytest.raises(TypeError, match="was float"):
        to_json({"price": 0.1})


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("condition", "threshold"), "much", "threshold"),
        (("condition", "threshold"), "NaN", "threshold"),
        (("condition", "threshold"), None, "threshold"),
        (("condition", "unit"), "pips", "unit"),
        (("condition", "type"), "price_wish", "condition"),
        (("action", "type"), "gamble", "action"),
        (("action", "order", "type"), "hope", "order"),
        (("repeat", "times"), "twice", "times"),
        (("expires_at",), "tomorrow", "expires_at"),
        (("condition", "stop_hunting"), True, "condition.stop_hunting"),
        (("leverge",), "10", "leverge"),
    ],
)
def test_what_is_wrong_is_named(path: tuple[str, ...], value: Any, says: str) -> None:
    body = json.loads(json.dumps(SENTENCE))
    place = body[0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(BadInput, match=says):
        rules_from_json(body)


@pytest.mark.parametrize("body", [None, 5, "rules", {}, {"rules": None}, [None], [[]], [{}], {"rules": [{"id": "r1"}]}])
def test_what_is_no_rule_set_at_all_is_bad_input(body: Any) -> None:
    with pytest.raises(BadInput):
        rules_from_json(body)


def test_conditions_nested_beyond_reason_are_bad_input() -> None:
    condition: dict[str, Any] = SENTENCE[0]["condition"]
    for _ in range(5_000):
        condition = {"type": "any", "conditions": [condition, SENTENCE[0]["condition"]]}
    with pytest.raises(BadInput):
        rules_from_json([{**SENTENCE[0], "condition": condition}])


def test_an_event_nobody_knows_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"'rule\.wished'"):
        event_from_json({"name": "rule.wished", "at": NOW.isoformat()})


def test_an_event_keeps_its_cause_and_its_decimals() -> None:
    filled = OrderFilled(
        at=NOW,
        owner=OwnerId(1),
        rule_id=RuleId("r_1"),
        cause=EventId("7"),
        id=EventId("8"),
        order_id=OrderId("o_1"),
        market="SOL-PERP",
        side="sell",
        base=D("1.500"),
        price=D("149.9"),
        fee=D("-0.0001"),
    )
    written = event_to_json(filled)
    assert (written["cause"], written["base"], written["fee"]) == ("7", "1.5", "-0.0001")
    assert event_from_json(written) == replace(filled, id=None)


def test_every_event_has_a_name_of_its_own_in_the_past_tense() -> None:
    assert len(BY_NAME) == len(get_args(Event))
    for name, kind in BY_NAME.items():
        assert name.count(".") == 1
        assert kind.name == name
        assert {"at", "owner", "cause", "id"} <= {field.name for field in fields(kind)}
    assert BY_NAME["rule.triggered"] is RuleTriggered


def test_a_context_reads_positions_in_both_forms() -> None:
    context = context_from_json(
        {
            "prices": {"SOL-PERP": 150},
            "positions": {"SOL-PERP": "+2@148", "ETH-PERP": {"base": "-1.5", "entry_price": "3000"}},
        },
        NOW,
    )
    assert context.prices == {"SOL-PERP": D(150)}
    assert context.positions == {
        "SOL-PERP": Holding(base=D(2), entry_price=D(148)),
        "ETH-PERP": Holding(base=D("-1.5"), entry_price=D(3000)),
    }
    assert (context.timezone, context.now) == ("UTC", NOW)


@pytest.mark.parametrize("position", ["2", "2@", "@148", "two@148", "2@148@149", "NaN@1", 5, {"base": "2"}])
def test_a_position_that_cannot_be_read_is_bad_input(position: Any) -> None:
    with pytest.raises(BadInput):
        context_from_json({"positions": {"SOL-PERP": position}}, NOW)


def test_schemas_name_every_condition_and_action() -> None:
    text = json.dumps(rule_set_schema())
    for kind in get_args(Condition):
        assert kind.__name__ in text
    assert json.loads(json.dumps(parse_result_schema()))["title"] == "ParseResult"


def test_from_json_gives_what_was_asked_for() -> None:
    body = SENTENCE[0]["action"]
    assert from_json(Trade, body) == rules_from_json(SENTENCE)[0].action
