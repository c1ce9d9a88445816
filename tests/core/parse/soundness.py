"""What every answer of the grammar must be, whatever the message: whole, storable, its numbers sound."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from core import codec
from core.domain.condition import AccountLevel, FundingRate, Indicator, PositionPnl
from core.domain.reading import ParseResult
from core.domain.rule import RuleSpec
from tests.core.parse.spoken import PRICES

SIGNED = (PositionPnl, FundingRate, Indicator, AccountLevel)
"""Conditions whose thresholds may be zero or below it."""


def assert_whole(result: ParseResult, text: str) -> None:
    """A result says what its kind promises; its rules can be stored and hold exactly one size each."""
    codec.to_json(result)
    assert bool(result.questions) == (result.kind == "question"), text
    assert (result.reason is not None) == (result.kind in ("not_understood", "unsupported")), text
    assert bool(result.rules) or result.kind != "rules", text
    for rules in all_sets(result):
        for rule in rules:
            markets = {getattr(rule.action, "market", "*"), getattr(rule.condition, "market", "*")}
            assert markets <= {*PRICES, "*"}, text
    for rule in result.rules if result.kind == "rules" else ():
        assert codec.rules_from_json([codec.to_json(rule)]) == (rule,), text
        size = [getattr(rule.action, name, None) for name in ("amount_base", "amount_usd", "margin_usd")]
        percent = getattr(rule.action, "amount_percent", None)
        assert percent is None or 0 < percent <= 100, text
        assert rule.action.type not in ("buy", "sell") or sum(part is not None for part in [*size, percent]) == 1, text


def assert_sound(result: ParseResult, text: str) -> None:
    """Every number of what may be confirmed is finite, and above zero where it can only be that."""
    for rules in finished_sets(result):
        for (holder, name), number in _numbers(rules):
            assert number.is_finite(), (text, holder)
            may_be_zero = isinstance(holder, SIGNED) or name == "cooldown_s"
            assert number > 0 or may_be_zero, (text, holder, name)


def all_sets(result: ParseResult) -> Iterator[tuple[RuleSpec, ...]]:
    """The rules of a result and of every option in it."""
    yield result.rules
    waiting = list(result.questions)
    while waiting:
        for option in waiting.pop().options:
            yield option.rules
            waiting += option.questions


def finished_sets(result: ParseResult) -> Iterator[tuple[RuleSpec, ...]]:
    """The rules that were made: those of a finished result, and those of every finished option."""
    if result.kind == "rules":
        yield result.rules
    waiting = [option for question in result.questions for option in question.options]
    while waiting:
        option = waiting.pop()
        if not option.questions:
            yield option.rules
        waiting += [other for question in option.questions for other in question.options]


def _numbers(value: Any) -> Iterator[tuple[Any, Decimal]]:
    """Every decimal and count inside a value of the domain, with what holds it."""
    if isinstance(value, tuple):
        for item in value:
            yield from _numbers(item)
    elif is_dataclass(value):
        for part in fields(value):
            held = getattr(value, part.name)
            if isinstance(held, Decimal) or (isinstance(held, int) and not isinstance(held, bool)):
                yield (value, part.name), Decimal(held)
            else:
                yield from _numbers(held)
