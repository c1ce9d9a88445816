"""Compares two readings of one message: whether they say the same, and how to ask which one is meant."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.codec import to_json
from core.domain.action import Close, Trade
from core.domain.condition import AllOf, AnyOf, Condition, markets_of
from core.domain.reading import Option, ParseResult, Question, QuestionAbout
from core.domain.rule import RuleSet, RuleSpec
from core.domain.wording import say_rule

WHICH = "I can read that in two ways. Which one do you mean?"
SURE = "I am not sure that this is an instruction. Is this what you want?"
LONGEST_LABEL = 300
_DEPTH = 3
MOST_ALTERNATIVES = 256


def agree(one: RuleSet, other: RuleSet) -> bool:
    """Whether both rule sets do the same, whatever their order, ids and labels."""
    return sorted(_shape(one)) == sorted(_shape(other))


def reachable(result: ParseResult) -> Iterator[RuleSet]:
    """Every rule set that answering the questions of *result* by its options leads to."""
    yield from _reached(result.questions, _DEPTH)


def _reached(questions: Sequence[Question], depth: int) -> Iterator[RuleSet]:
    if depth == 0:
        return
    for question in questions:
        for option in question.options:
            if not option.questions:
                yield option.rules
            yield from _reached(option.questions, depth - 1)


def asked_alike(one: ParseResult, other: ParseResult) -> bool:
    """Whether both ask about the same things, and would guess the same."""
    return {q.about for q in one.questions} == {q.about for q in other.questions} and agree(one.rules, other.rules)


def which(first: ParseResult, second: ParseResult) -> Question:
    """The question between two readings; each option leads on to what that reading itself leaves open."""
    options = tuple(
        Option(label=_label(reading), rules=reading.rules, questions=reading.questions) for reading in (first, second)
    )
    return Question(about=_about(first.rules, second.rules), text=WHICH, options=options)


def sure(reading: ParseResult) -> Question:
    """The question whether a reading that only one of two readers has is meant."""
    option = Option(label=_label(reading), rules=reading.rules, questions=reading.questions)
    return Question(about="contradiction", text=SURE, options=(option,))


def _label(reading: ParseResult) -> str:
    said = " · ".join(say_rule(rule) for rule in reading.rules) or reading.questions[0].text
    return said if len(said) <= LONGEST_LABEL else f"{said[: LONGEST_LABEL - 1]}…"


# --- what a rule does ------------------------------------------------------------------------------------------------


def _shape(rules: RuleSet) -> list[str]:
    """Each rule as text without its own names: links by what they point at, groups by their members."""
    plain = {rule.id: _plain(rule) for rule in rules}
    groups: dict[str, list[str]] = {}
    for rule in rules:
        if rule.oco_group is not None:
            groups.setdefault(rule.oco_group, []).append(plain[rule.id])
    shapes = []
    for rule in rules:
        after = plain.get(rule.after or "", "")
        members = sorted(groups.get(rule.oco_group or "", ()))
        shapes.append("\n".join((plain[rule.id], after, *(members if len(members) > 1 else ()))))
    return shapes


def _plain(rule: RuleSpec) -> str:
    body = {
        "condition": _condition(rule.condition),
        "action": _action(rule),
        "repeat": to_json(rule.repeat),
        "expires_at": None if rule.expires_at is None else rule.expires_at.timestamp(),
    }
    return json.dumps(body, sort_keys=True)


def _condition(condition: Condition) -> list[list[str]]:
    """The condition as alternatives of joint conditions, so that "(a or b) and c" equals "a and c, or b and c"."""
    return sorted(sorted(joint) for joint in set(_alternatives(condition)))


def _alternatives(condition: Condition) -> list[frozenset[str]]:
    match condition:
        case AnyOf(conditions=parts):
            return [joint for part in parts for joint in _alternatives(part)]
        case AllOf(conditions=parts):
            joined = [frozenset[str]()]
            for part in parts:
                joined = [one | other for one in joined for other in _alternatives(part)][:MOST_ALTERNATIVES]
            return joined
        case _:
            return [frozenset({json.dumps(to_json(condition), sort_keys=True)})]


def _action(rule: RuleSpec) -> Any:
    """A share of a position reduced by an order is the same, however it was said."""
    match rule.action:
        case Close(market=market, amount_percent=percent, order=order):
            return {"exit": market, "percent": to_json(percent), "order": to_json(order)}
        case Trade(reduce_only=True, amount_percent=percent, market=market, order=order) if percent is not None:
            return {"exit": market, "percent": to_json(percent), "order": to_json(order)}
        case action:
            return to_json(action)


# --- what they differ in ---------------------------------------------------------------------------------------------


def _about(one: RuleSet, other: RuleSet) -> QuestionAbout:
    """What the first difference between two rule sets is about."""
    if len(one) != len(other):
        return "contradiction"
    for first, second in zip(one, other, strict=True):
        about = _action_difference(first, second) or _condition_difference(first.condition, second.condition)
        if about is not None:
            return about
    return "contradiction"


def _action_difference(first: RuleSpec, second: RuleSpec) -> QuestionAbout | None:
    one, other = _fields(first.action), _fields(second.action)
    if one.get("type") != other.get("type") or one.get("reduce_only") != other.get("reduce_only"):
        return "side"
    if one.get("market") != other.get("market"):
        return "market"
    if one.get("leverage") != other.get("leverage"):
        return "leverage"
    sizes = ("amount_percent", "amount_base", "amount_usd", "margin_usd")
    if any(one.get(size) != other.get(size) for size in sizes):
        return "size"
    return "value" if one != other else None


def _condition_difference(first: Condition, second: Condition) -> QuestionAbout | None:
    if first == second:
        return None
    if markets_of(first) != markets_of(second):
        return "market"
    one, other = _fields(first), _fields(second)
    if one.get("type") != other.get("type"):
        return "contradiction"
    if one.get("unit") != other.get("unit"):
        return "unit"
    if one.get("timeframe") != other.get("timeframe"):
        return "timeframe"
    return "time" if one["type"] in ("time", "schedule") else "value"


def _fields(value: object) -> Mapping[str, Any]:
    body: Mapping[str, Any] = to_json(value)
    return body
