"""Whatever is typed: no exception, bounded work, the same answer twice, and no number that nobody said."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import codec
from core.domain.action import Trade
from core.domain.condition import PriceLevel
from core.parse.grammar import read
from core.parse.grammar.clauses import read_clauses
from core.parse.grammar.items import STEP_BUDGET, Item, TooMuchWork
from core.parse.grammar.lexicon import TRADING
from core.parse.grammar.lexicon_watching import WATCHING
from core.parse.grammar.reader import Sentence
from core.parse.grammar.understanding import understand
from tests.core.parse.soundness import assert_sound, assert_whole
from tests.core.parse.spoken import BOTH, FLAT, LONG, SHORT, context

WORDS = sorted({phrase for listed in (*TRADING.values(), *WATCHING.values()) for phrase in listed.split("|")})
NUMBERS = [
    "0",
    "1",
    "2",
    "10x",
    "5%",
    "$200",
    "140",
    "155",
    "1.5k",
    "0.1",
    "-3",
    "half",
    "1/4",
    "9am",
    "4h",
    "5m",
    "2,5",
]
MARKS = [",", ".", "?", "!", ":", ";", "(", ")", "->", "=", "@", "/", "-", '"', "'", "\n", "🚀", "\x00", "\u202e"]
SPOKEN = st.lists(st.sampled_from([*WORDS, *NUMBERS * 8, *MARKS * 2, *["SOL", "BTC", "eth"] * 30]), max_size=30)
POSITIONS = st.sampled_from([FLAT, LONG, SHORT, BOTH])
HOSTILE = [
    "",
    "   \n\t ",
    "\x00" * 50,
    "\u202e buy 2 SOL \u202c",
    "🚀🚀🚀",
    "9" * 1_000_000,
    "buy " + "9" * 3000 + " SOL",
    "buy 1e308 SOL",
    "sell -5",
    "sell 500%",
    "NaN",
    "units",
    "tokens. coins",
    "a" * 10_000,
    "buy sell " * 400,
    "(" * 3900,
    "and or " * 500,
    "if " * 1300,
    "SOL " * 1000,
    "1 " * 2000,
    "'" * 3999,
    '"' * 3999,
    "buy 2 SOL at 140 and " * 150,
    "½ ⅓ ¾ １６０ ٣ Ⅷ ㊷ buy",
    "a-b" * 1000,
    "\ud800 lone surrogate",
]


def numbers_of(value: Any) -> Iterator[Decimal]:
    """Every decimal inside a value of the domain."""
    if isinstance(value, Decimal):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from numbers_of(item)
    elif is_dataclass(value):
        for part in fields(value):
            yield from numbers_of(getattr(value, part.name))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_messages_get_an_answer_and_make_no_rule(text: str) -> None:
    begun = process_time()
    result = read(text, context(LONG))
    assert process_time() - begun < 2
    assert result.kind in ("not_understood", "question", "unsupported", "rules")
    if result.kind == "rules":
        assert text.strip("\u202e\u202c ") == "buy 2 SOL"
    codec.to_json(result)


def test_a_message_over_the_limit_is_told_so() -> None:
    assert "4001 characters" in (read("x" * 4001, context()).reason or "")


@given(text=st.text(max_size=300), positions=POSITIONS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_gets_an_answer(text: str, positions: dict[str, Any]) -> None:
    codec.to_json(read(text, context(positions)))


@given(words=SPOKEN, positions=POSITIONS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_words_of_the_language_get_a_sound_answer(words: list[str], positions: dict[str, Any]) -> None:
    text = " ".join(words)
    result = read(text, context(positions))
    assert read(text, context(positions)) == result
    assert_whole(result, text)
    assert_sound(result, text)


@given(words=SPOKEN)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_number_of_a_rule_was_said(words: list[str]) -> None:
    text = " ".join(words)
    result = read(text, context(LONG))
    if result.kind != "rules":
        return
    spoken = {Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", text)}
    derived = {
        base * scale for base in spoken for scale in (Decimal(1), Decimal(1000), Decimal(10**6), Decimal("0.01"))
    }
    shares = {Decimal(100), Decimal(50), Decimal(25), Decimal("33.33"), Decimal(0)}
    for rule in result.rules:
        for number in numbers_of(rule):
            assert abs(number) in derived | shares, (text, number)


@pytest.mark.parametrize("count", [10, 100, 900])
def test_work_grows_with_the_message_and_stays_in_its_budget(count: int) -> None:
    text = "buy 2 SOL at 140, sell half if it pumps 5%, " * count
    understood = understand(text[:4000], context())
    assert understood.steps < min(STEP_BUDGET, 400 * len(text.split()))


def test_a_sentence_beyond_the_step_budget_is_declined_not_read_for_ever() -> None:
    items = [Item(kind="AND")] * (STEP_BUDGET + 1)
    with pytest.raises(TooMuchWork):
        read_clauses(Sentence(items), "")


@given(
    percent=st.integers(1, 99),
    price=st.integers(151, 220),
    verb=st.sampled_from(["hits", "reaches", "goes above", "climbs to", "breaks above", "touches", "gets to"]),
    order=st.sampled_from(
        ["sell {n}% of my sol {when} it {verb} {p}", "{when} sol {verb} {p}, sell {n}% of my position"]
    ),
    when=st.sampled_from(["if", "when", "once", "as soon as"]),
)
@settings(max_examples=200, deadline=None)
def test_wording_and_word_order_do_not_change_the_rule(
    percent: int, price: int, verb: str, order: str, when: str
) -> None:
    text = order.format(n=percent, p=price, verb=verb, when=when)
    result = read(text, context(LONG))
    assert result.kind == "rules", (text, result)
    (rule,) = result.rules
    assert rule.condition == PriceLevel(market="SOL-PERP", operator=">=", price=Decimal(price))
    assert rule.action == Trade(type="sell", market="SOL-PERP", amount_percent=Decimal(percent), reduce_only=True)
