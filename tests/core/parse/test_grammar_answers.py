"""Replies settle one open point and leave the others open; what was understood before is never lost."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from core import codec
from core.domain.condition import Schedule
from core.domain.reading import ParseResult
from core.parse.compare import same_rules
from core.parse.grammar import answer, chosen, correct, extended, read
from tests.core.parse.spoken import ALERT, AT_ONCE, BOTH, FLAT, LONG, buy, change, context, leave, level, rule, short


def talk(text: str, held: dict[str, Any], *replies: str) -> ParseResult:
    """The result after these replies; every transcript reads to the same result."""
    result = read(text, context(held))
    for reply in replies:
        answered = answer(text, result, reply, context(held))
        assert answered is not None, (reply, [question.text for question in result.questions])
        text = extended(text, reply)
        assert read(text, context(held)) == answered
        result = answered
    return result


SETTLED: list[tuple[str, dict[str, Any], tuple[str, ...], dict[str, Any]]] = [
    ("Long SOL if it breaks 200", FLAT, ("2 SOL",), rule(level("SOL", ">=", "200"), buy("SOL", amount_base="2"))),
    ("Long SOL if it breaks 200", FLAT, ("$300",), rule(level("SOL", ">=", "200"), buy("SOL", amount_usd="300"))),
    (
        "buy if it drops 3%",
        FLAT,
        ("sol", "$200"),
        rule(change("SOL", "down", "3", "percent", "current_price"), buy("SOL", amount_usd="200")),
    ),
    ("sell half my position", BOTH, ("BTC",), rule(AT_ONCE, leave("BTC", "50", "buy"))),
    ("buy 1k of sol at 140", FLAT, ("$1000",), rule(level("SOL", "<=", "140"), buy("SOL", amount_usd="1000"))),
    ("buy 1k of sol at 140", FLAT, ("the first",), rule(level("SOL", "<=", "140"), buy("SOL", amount_base="1000"))),
    (
        "twap 5 sol over 1 hour",
        LONG,
        ("buy",),
        rule(AT_ONCE, buy("SOL", amount_base="5", order={"type": "twap", "over_s": 3600, "slices": 12})),
    ),
    ("sell half near 160", LONG, ("within 1%",), rule(level("SOL", ">=", "158.4"), leave("SOL", "50"))),
    ("tell me when BTC is close to 65000", FLAT, ("$500",), rule(level("BTC", ">=", "64500"), ALERT)),
    ("set a stop loss", LONG, ("140",), rule(level("SOL", "<=", "140"), leave("SOL"))),
    ("set a stop loss", LONG, ("at 5%",), rule(change("SOL", "down", "5", "percent", "entry_price"), leave("SOL"))),
    (
        "put a trailing stop on my sol",
        LONG,
        ("3", "dollars"),
        rule(
            {"type": "trailing", "market": "SOL-PERP", "direction": "down", "distance": "3", "unit": "usd"},
            leave("SOL"),
        ),
    ),
    ("sell 2 SOL at 160", FLAT, ("open a short",), rule(level("SOL", ">=", "160"), short("SOL", amount_base="2"))),
    ("Buy 0.1 BTC if it gets to 9000", FLAT, ("yes",), rule(level("BTC", "<=", "9000"), buy("BTC", amount_base="0.1"))),
    (
        "Buy 0.1 BTC if it gets to 9000",
        FLAT,
        ("90000",),
        rule(level("BTC", ">=", "90000"), buy("BTC", amount_base="0.1")),
    ),
    ("long SOL with $100 at 500x", FLAT, ("10x",), rule(AT_ONCE, buy("SOL", margin_usd="100", leverage="10"))),
    ("10x long 50 bucks wif", FLAT, ("margin",), rule(AT_ONCE, buy("WIF", margin_usd="50", leverage="10"))),
    ("10x long 50 bucks wif", FLAT, ("2",), rule(AT_ONCE, buy("WIF", amount_usd="50", leverage="10"))),
    (
        "buy $100 of SOL tomorrow at 7",
        FLAT,
        ("pm",),
        rule({"type": "time", "at": "2026-11-23T19:00:00+00:00"}, buy("SOL", amount_usd="100")),
    ),
    ("close my sol on dec 24", LONG, ("9am",), rule({"type": "time", "at": "2026-12-24T09:00:00+00:00"}, leave("SOL"))),
    ("alert me", FLAT, ("when sol hits 200",), rule(level("SOL", ">=", "200"), {"type": "alert"})),
    (
        "sell half when up 10%",
        LONG,
        ("my entry",),
        rule(change("SOL", "up", "10", "percent", "entry_price"), leave("SOL", "50")),
    ),
    ("buy -5 SOL", FLAT, ("5",), rule(AT_ONCE, buy("SOL", amount_base="5"))),
    ("stop loss at 155", LONG, ("now",), rule(AT_ONCE, leave("SOL"))),
    ("stop loss at 155", LONG, ("145",), rule(level("SOL", "<=", "145"), leave("SOL"))),
]


@pytest.mark.parametrize(("text", "held", "replies", "expected"), SETTLED)
def test_replies_complete_the_rule(
    text: str, held: dict[str, Any], replies: tuple[str, ...], expected: dict[str, Any]
) -> None:
    body = codec.to_json(talk(text, held, *replies))
    assert body["kind"] == "rules", body["questions"]
    assert same_rules([{"id": "r1", **expected}], body["rules"], {"positions": held, "timezone": "UTC"}), body["rules"]


def test_answering_one_question_keeps_the_others_open() -> None:
    result = read("buy if it drops 3", context())
    assert {question.about for question in result.questions} == {"market", "unit", "size"} - {"size", "unit"}
    after = talk("buy if it drops 3", FLAT, "eth")
    assert {question.about for question in after.questions} == {"unit", "size"}
    last = talk("buy if it drops 3", FLAT, "eth", "percent")
    assert [question.about for question in last.questions] == ["size"]


def test_an_option_says_what_is_still_open_after_it() -> None:
    asked = read("buy if eth drops 3", context())
    unit = next(question for question in asked.questions if question.about == "unit")
    pressed = chosen(asked, unit.options[0])
    assert pressed.kind == "question"
    assert [question.about for question in pressed.questions] == ["size"]


def test_a_pressed_label_is_a_reply_like_any_other_even_when_prices_moved() -> None:
    text = "buy if eth drops 3"
    asked = read(text, context())
    unit = next(question for question in asked.questions if question.about == "unit")
    later = extended(extended(text, unit.options[1].label), "2 ETH")
    moved = codec.context_from_json({"prices": {"ETH-PERP": "2600"}}, context().now)
    body = codec.to_json(read(later, moved))
    expected = rule(change("ETH", "down", "3", "percent", "current_price"), buy("ETH", amount_base="2"))
    assert same_rules([{"id": "r1", **expected}], body["rules"], {"positions": {}, "timezone": "UTC"})


def test_a_pressed_option_is_found_again_unless_two_would_fit() -> None:
    text = "trail my sol by 3 and set a stop loss"
    asked = read(text, context(LONG))
    unit = next(question for question in asked.questions if question.about == "unit")
    pressed = chosen(asked, unit.options[1])
    done = answer(text, pressed, "130", context(LONG))
    assert done is not None
    assert {one.condition.type for one in done.rules} == {"trailing", "price_level"}
    assert next(one.condition.unit for one in done.rules if one.condition.type == "trailing") == "percent"
    sizeless = read("buy if eth drops 3", context())
    unit = next(question for question in sizeless.questions if question.about == "unit")
    assert answer("buy if eth drops 3", chosen(sizeless, unit.options[1]), "2 ETH", context()) is None


def test_targets_and_stops_the_wrong_way_round_can_be_swapped() -> None:
    body = codec.to_json(talk("TP 130, SL 160 on my long", LONG, "swap them"))
    assert sorted(one["condition"]["price"] for one in body["rules"]) == ["130", "160"]
    assert {one["condition"]["operator"] for one in body["rules"] if one["condition"]["price"] == "160"} == {">="}


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Long SOL if it breaks 200", "2 ETH"),
        ("Long SOL if it breaks 200", "10x"),
        ("Long SOL if it breaks 200", "two or three"),
        ("long SOL with $100 at 500x", "soon"),
        ("Buy $200 of SOL when RSI(14) is below 30", "7h"),
        ("set a stop loss", "under no circumstances"),
    ],
)
def test_a_reply_that_does_not_fit_changes_nothing(text: str, reply: str) -> None:
    held = LONG if "stop" in text else FLAT
    assert answer(text, read(text, context(held)), reply, context(held)) is None


def test_an_impossible_answer_is_asked_again() -> None:
    assert talk("long SOL with $100 at 500x", FLAT, "300x").questions[0].about == "leverage"
    assert talk("buy SOL", FLAT, "-3").questions[0].about == "size"


def test_what_is_no_question_takes_no_answer() -> None:
    done = read("buy 2 SOL at 140", context())
    assert answer("buy 2 SOL at 140", done, "yes", context()) is None


@pytest.mark.parametrize(
    ("reply", "first", "second"),
    [("no, 15 percent for the first", "15", "30"), ("make it 40% on the second one", "20", "40")],
)
def test_a_correction_may_name_its_place_at_the_end(reply: str, first: str, second: str) -> None:
    text = "sell 20% of my sol at 160 and 30% at 170"
    done = correct(text, read(text, context(LONG)), reply, context(LONG))
    assert isinstance(done, ParseResult)
    assert [getattr(one.action, "amount_percent", None) for one in done.rules] == [Decimal(first), Decimal(second)]


@pytest.mark.parametrize(("pressed", "total"), [(0, "100"), (1, "400")])
def test_a_size_beside_a_count_of_orders_is_each_or_in_all_as_answered(pressed: int, total: str) -> None:
    asked = read("ladder 4 buys of $100 of sol between 140 and 130", context())
    (question,) = asked.questions
    (made,) = chosen(asked, question.options[pressed]).rules
    assert getattr(made.action, "amount_usd", None) == Decimal(total)


def test_an_interval_of_days_with_a_time_begins_at_that_time() -> None:
    (made,) = read("every other day at 10:00 buy $10 of btc", context()).rules
    assert made.condition == Schedule(every_s=172_800, timezone="UTC", start_at=datetime(2026, 11, 23, 10, tzinfo=UTC))
