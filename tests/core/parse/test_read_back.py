"""The sentence that the owner confirms says the whole rule: the grammar reads it back to the very same one."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given

from core.codec import context_from_json
from core.domain.condition import Schedule, leaves
from core.domain.reading import ParseContext
from core.domain.rule import RuleSet, RuleSpec
from core.domain.wording import say_rule, say_rules
from core.parse.grammar import read
from tests.core.parse.language import MARKETS, rule_sets, specs
from tests.core.parse.spoken import NOW

HERE = ParseContext(
    prices=dict.fromkeys(MARKETS, Decimal(150)),
    max_leverage=dict.fromkeys(MARKETS, Decimal(20)),
    timezone="UTC",
    now=NOW,
)


@given(spec=specs)
def test_every_rule_of_the_language_is_read_back_from_its_sentence(spec: RuleSpec) -> None:
    result = read(say_rule(spec), HERE)
    assert result.rules == (spec,), say_rule(spec)
    assert result.kind == "rules"


@given(rules=rule_sets())
def test_every_set_is_read_back_with_what_waits_for_what_and_what_excludes_what(rules: RuleSet) -> None:
    assert read(say_rules(rules), HERE).rules == rules, say_rules(rules)


@given(spec=specs)
def test_no_two_rules_have_one_sentence(spec: RuleSpec) -> None:
    cooled = replace(spec, repeat=replace(spec.repeat, cooldown_s=spec.repeat.cooldown_s + 1))
    kept = replace(spec, protect="engine" if spec.protect is None else None)
    assert len({say_rule(spec), say_rule(cooled), say_rule(kept)}) == 3


def _lines() -> Iterator[tuple[str, ParseContext]]:
    for path in sorted(Path(__file__).parent.glob("unseen*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            said = json.loads(line)
            yield said["text"], context_from_json(said["context"], NOW)


def test_what_people_said_is_read_back_from_the_card() -> None:
    seen = 0
    for text, context in _lines():
        rules = read(text, context).rules
        if read(text, context).kind == "rules":
            again = read(say_rules(rules), context)
            assert again.kind == "rules", say_rules(rules)
            numbered = {rule.id: f"r{place}" for place, rule in enumerate(rules, 1)}
            expected = tuple(
                replace(rule, id=numbered[rule.id], after=numbered.get(rule.after or "")) for rule in rules
            )
            assert again.rules == expected, say_rules(rules)
            seen += 1
    assert seen > 300


@pytest.mark.parametrize(
    "sentence",
    [
        "When DOGE-PERP is at $1.00 or higher: alert you.",
        "At once: buy 2 SOL on SOL-PERP at 50x leverage (can open or add to a long), limit order at $140.00.",
        "At once: buy 2 SOL on BTC-PERP (can open or add to a long), market order, at most 0.5 % slippage.",
        "At once: sell 2 SOL on SOL-PERP (can open or add to a long), market order, at most 0.5 % slippage.",
        "Once rule 7 has filled: alert you.",
        "At Mon 32 Nov 2026, 09:00 UTC: alert you.",
    ],
)
def test_a_sentence_that_no_rule_makes_here_is_no_rule_at_once(sentence: str) -> None:
    assert read(sentence, HERE).kind != "rules"


def test_a_plain_interval_is_read_in_the_owners_zone() -> None:
    context = replace(HERE, timezone="Europe/Berlin")
    (rule,) = read("Every 4 hours: alert you.", context).rules
    assert [leaf.timezone for leaf in leaves(rule.condition) if isinstance(leaf, Schedule)] == ["Europe/Berlin"]
