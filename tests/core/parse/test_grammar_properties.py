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
from core.domain.condition import PriceLevel, leaves
from core.domain.rule import RuleSpec
from core.parse.grammar import read
from core.parse.grammar.clauses import read_clauses
from core.parse.grammar.items import STEP_BUDGET, Item, TooMuchWork
from core.parse.grammar.lexicon import TRADING
from core.parse.grammar.lexicon_watching import WATCHING
from core.parse.grammar.reader import Sentence
from core.parse.grammar.understanding import understand
from tests.core.parse.soundness import SIGNED, assert_sound, assert_whole
from tests.core.parse.spoken import BOTH, FLAT, LONG, SHORT, context
from tests.core.parse.spoken import result as spoken_result

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


_NUMBER = re.compile(r"(?P<digits>\d+(?:\.\d+)?|\.\d+)\s*(?P<unit>[a-z%]*)")
_SCALES = {"k": 1000, "grand": 1000, "thousand": 1000, "m": 10**6, "mil": 10**6, "million": 10**6, "b": 10**9}
_ENTRY = re.compile(
    r"\b(?:entry|even|breakeven|cost|be|avg|average|fill price|paid|got (?:in|it)|bought|opened|shorted|entered)\b"
)


def _said(text: str) -> set[Decimal]:
    """Every number that the digits of *text* may stand for, in the unit that is written behind them."""
    found: set[Decimal] = set()
    for match in _NUMBER.finditer(text.lower()):
        number, unit = Decimal(match["digits"]), match["unit"]
        found |= {number, number * _SCALES.get(unit, 1)}
        found |= {number / 100} if unit.startswith(("c", "bp", "bip")) else set()
    return found


def _unsaid(rule: RuleSpec, text: str, held: dict[str, Any]) -> list[Decimal]:
    """The numbers of a rule that are neither in *text* nor the one that a word of it stands for, in that very place."""
    low = text.lower()
    known = _said(low)
    known |= {Decimal(50)} if "half" in low else set()
    known |= {Decimal(25)} if "1/4" in low else set()
    known |= {Decimal(100)} if "doubl" in low or "does a 2x" in low else set()
    whole = getattr(rule.action, "amount_percent", None) == 100
    at_zero = any(isinstance(leaf, SIGNED) for leaf in leaves(rule.condition))
    left = [number for number in numbers_of(rule) if abs(number) not in known and not (at_zero and number == 0)]
    if whole and Decimal(100) in left:
        left.remove(Decimal(100))
    for leaf in (*leaves(rule.condition), rule.action):
        entry = held.get(getattr(leaf, "market", ""), {}).get("entry_price")
        price = leaf.price if isinstance(leaf, PriceLevel) else getattr(leaf, "to", None)
        if entry is not None and price == Decimal(entry) and price in left and _ENTRY.search(low):
            left.remove(price)
    return left


@given(words=SPOKEN)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_number_of_a_rule_was_said(words: list[str]) -> None:
    text = " ".join(words)
    result = read(text, context(LONG))
    for rule in result.rules if result.kind == "rules" else ():
        assert not _unsaid(rule, text, LONG), (text, rule)


def test_a_held_entry_price_is_no_number_that_was_said() -> None:
    """The check itself: the price that is held for stands in a rule only where its words speak of the entry."""
    at_entry = spoken_result("close my sol at breakeven", LONG).rules[0]
    assert not _unsaid(at_entry, "close my sol at breakeven", LONG)
    assert _unsaid(at_entry, "close my sol at 139", LONG) == [Decimal(140)]
    moved = spoken_result("sell half my sol at 160", LONG).rules[0]
    assert _unsaid(moved, "sell a third of my sol at 160", LONG) == [Decimal(50)]


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
