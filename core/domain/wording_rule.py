"""One rule as one sentence, and a set as numbered ones; decides no relation between rules."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import assert_never

from core.domain.condition import Now, Schedule
from core.domain.rule import Late, Repeat, Rule, RuleSet, RuleSpec, RuleState
from core.domain.wording_action import say_action
from core.domain.wording_amounts import say_duration, say_time
from core.domain.wording_condition import NO_PRICES, is_moment, say_condition

_PROTECTED = {"venue": "resting on the venue where it can", "engine": "watched by SayWhen"}
_THE_RULE_BEFORE = "the rule before it"


def say_rule(spec: RuleSpec, references: Mapping[str, Decimal] = NO_PRICES, *, after: str = _THE_RULE_BEFORE) -> str:
    """The rule as one sentence with every number in it; `after` is what to call the rule whose fill arms it."""
    lead = _lead(spec, references, after)
    qualities = [
        said
        for said in (
            say_repeat(spec.repeat, scheduled=isinstance(spec.condition, Schedule)),
            "" if spec.expires_at is None else f"until {say_time(spec.expires_at)}",
            "" if spec.late is None else say_late(spec.late),
            "" if spec.check_every_s is None else f"checked every {say_duration(spec.check_every_s)}",
            "" if spec.protect is None else _PROTECTED[spec.protect],
        )
        if said
    ]
    return "; ".join([f"{lead[0].upper()}{lead[1:]}: {say_action(spec.action)}", *qualities]) + "."


def say_live(rule: Rule, *, after: str = _THE_RULE_BEFORE) -> str:
    """A rule that was agreed to, as it stands: what it waited for is not said any more once that has come."""
    waits = rule.state is RuleState.WAITING or rule.resume_to is RuleState.WAITING
    return say_rule(rule.spec if waits else replace(rule.spec, after=None), rule.references, after=after)


def say_rules(rules: RuleSet) -> str:
    """The whole set: a sentence a line, numbered where there are several, and which rules exclude each other.

    The grammar reads it back to the same rules; what is said of the moment belongs to the card.
    """
    if len(rules) == 1:
        return say_rule(rules[0])
    places = {spec.id: number for number, spec in enumerate(rules, 1)}
    lines = []
    groups: dict[str, list[int]] = {}
    for number, spec in enumerate(rules, 1):
        before = places.get(spec.after or "")
        named = _THE_RULE_BEFORE if before is None else f"rule {before}"
        lines.append(f"{number}. {say_rule(spec, after=named)}")
        if spec.oco_group is not None:
            groups.setdefault(spec.oco_group, []).append(number)
    for group in groups.values():
        if len(group) > 1:
            *most, last = (str(number) for number in group)
            lines.append(f"Rules {', '.join(most)} and {last} exclude each other.")
    return "\n".join(lines)


def say_repeat(repeat: Repeat, *, scheduled: bool = False) -> str:
    """How often, where it is not just once; a schedule without end needs no words."""
    rest = f"at least {say_duration(repeat.cooldown_s)} apart" if repeat.cooldown_s else ""
    match repeat.times:
        case 1:
            often = "once" if scheduled or rest else ""
        case None:
            often = "" if scheduled else "every time it happens, without end"
        case times:
            often = f"{times} times at most"
    return ", ".join(part for part in (often, rest) if part)


def say_late(late: Late) -> str:
    """What happens to a crossing that was found too late."""
    if late.do == "ask":
        act = "ask first"
    elif late.do == "run":
        act = "still do it if it still holds"
    elif late.do == "skip":
        act = "do nothing"
    else:
        assert_never(late.do)
    return f"if noticed more than {say_duration(late.after_s)} late, {act}"


def _lead(spec: RuleSpec, references: Mapping[str, Decimal], after: str) -> str:
    condition = say_condition(spec.condition, references)
    if spec.after is None:
        return condition if is_moment(spec.condition) else f"when {condition}"
    filled = f"once {after} has filled"
    if isinstance(spec.condition, Now):
        return filled
    return f"{filled}, {condition}" if is_moment(spec.condition) else f"{filled}, when {condition}"
