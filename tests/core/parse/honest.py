"""What a model answers that reads as the grammar does, made from the grammar's rules; and how that goes wrong."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from itertools import product
from typing import Any

from core.domain.condition import AllOf, AnyOf, Condition, Now
from core.domain.money import plain
from core.domain.rule import RuleSpec
from tests.emulators.llm import answers
from tests.emulators.llm.answers import Answer

Rules = list[dict[str, Any]]


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return plain(value)
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


def _said(value: Any, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    return {item.name: _text(getattr(value, item.name)) for item in fields(value) if item.name not in without}


def _leaf(condition: Any) -> Answer:
    other = getattr(condition, "other", None)
    more: dict[str, Any] = {} if other is None else {"other": _said(other)}
    return answers.condition(**_said(condition, without=("other",)), **more)


def _alternatives(condition: Condition) -> list[list[Answer]]:
    match condition:
        case Now():
            return []
        case AnyOf(conditions=parts):
            return [joint for part in parts for joint in _alternatives(part)]
        case AllOf(conditions=parts):
            joints = product(*(_alternatives(part) for part in parts))
            return [[leaf for joint in chosen for leaf in joint] for chosen in joints]
        case _:
            return [[_leaf(condition)]]


def _action(action: Any) -> Answer:
    order = None
    if hasattr(action, "order"):
        order = _said(action.order)
        if order == {"type": "market", "max_slippage_bps": "50"}:
            order["max_slippage_bps"] = ""
    return answers.action(**_said(action, without=("order",)), order=order)


def honest(text: str, rule: RuleSpec) -> Answer:
    """The extraction of one rule that quotes the whole message for everything: the least that quotes can prove."""
    times = {None: "endless", 1: ""}.get(rule.repeat.times, str(rule.repeat.times))
    cooldown = str(rule.repeat.cooldown_s) if rule.repeat.cooldown_s else ""
    expires = "" if rule.expires_at is None else rule.expires_at.isoformat()
    when = _alternatives(rule.condition)
    made = answers.rule(
        text, when, text, _action(rule.action), times=times, cooldown_s=cooldown, expires_at=expires, id="r1"
    )
    return answers.rules(made)


# --- how it goes wrong -----------------------------------------------------------------------------------------------


def _leaves(rules: Rules) -> Rules:
    return [leaf for rule in rules for together in rule["when"] for leaf in together["all"]]


def _each(rules: Rules, names: tuple[str, ...], new: Callable[[str], str]) -> None:
    for item in (*_leaves(rules), *(rule["do"] for rule in rules), *(rule["do"].get("order", {}) for rule in rules)):
        for name in names:
            if item.get(name):
                item[name] = new(item[name])


def _swap(names: tuple[str, ...], turned: Mapping[str, str]) -> Callable[[Rules], None]:
    return lambda rules: _each(rules, names, lambda text: turned.get(text, text))


def _do(**changed: Any) -> Callable[[Rules], None]:
    def change(rules: Rules) -> None:
        for rule in rules:
            rule["do"].update({name: value for name, value in changed.items() if name in rule["do"]})

    return change


def _deed(deed: Answer) -> Callable[[Rules], None]:
    return _rule(do=deed)


def _rule(**changed: Any) -> Callable[[Rules], None]:
    def change(rules: Rules) -> None:
        for rule in rules:
            rule.update(copy.deepcopy(changed))

    return change


def _one_condition_less(rules: Rules) -> None:
    for rule in rules:
        if rule["when"]:
            rule["when"][0]["all"].pop()
            rule["when"] = [together for together in rule["when"] if together["all"]]


def _size_of_another_kind(rules: Rules) -> None:
    kinds = {"amount_base": "amount_usd", "amount_usd": "amount_base", "amount_percent": "amount_base"}
    for rule in rules:
        do = rule["do"]
        old = next((name for name in kinds if do.get(name) and "amount_base" in do), None)
        if old is not None:
            do[old], do[kinds[old]] = "", do[old]


def _held_for(rules: Rules) -> None:
    for leaf in _leaves(rules):
        if leaf["type"] == "price_level":
            leaf["for_s"] = "" if leaf["for_s"] else "900"


def _repeated(rules: Rules) -> None:
    for rule in rules:
        rule["times"] = "" if rule["times"] else "endless"


def _rule_more(rules: Rules) -> None:
    rules.append({**copy.deepcopy(rules[0]), "id": "r9", "do": copy.deepcopy(_TRADE)})


_TRADE = answers.action("buy", market="SOL-PERP", amount_base="3", reduce_only="no", order={"type": "market"})
_MARKET = {"type": "market", "max_slippage_bps": ""}
_TURNED = {">=": "<=", "<=": ">=", "up": "down", "down": "up"} | {
    "crosses_above": "crosses_below",
    "crosses_below": "crosses_above",
}
_AMOUNTS = ("price", "threshold", "value", "distance", "amount_percent", "amount_base", "amount_usd", "margin_usd")
MUTATIONS: Mapping[str, Callable[[Rules], None]] = {
    "ten times as much": lambda rules: _each(rules, (*_AMOUNTS, "leverage"), lambda text: f"{text}0"),
    "a fraction": lambda rules: _each(rules, _AMOUNTS[:4], lambda text: "0." + text.strip("-").replace(".", "")),
    "side": _swap(("type",), {"buy": "sell", "sell": "buy"}),
    "direction": _swap(("operator", "direction"), _TURNED),
    "market": lambda rules: _each(rules, ("market",), lambda text: "WIF-PERP" if text != "WIF-PERP" else "SOL-PERP"),
    "every market": _deed(answers.action("close", market="*", amount_percent="100", order={"type": "market"})),
    "unit": _swap(("unit",), {"usd": "percent", "percent": "usd"}),
    "size of another kind": _size_of_another_kind,
    "all of it": _do(amount_percent="100", amount_base="", amount_usd="", margin_usd="", leverage=""),
    "one condition less": _one_condition_less,
    "no condition": _rule(when=[], when_words=""),
    "reduce-only": _swap(("reduce_only",), {"yes": "no", "no": "yes"}),
    "leverage": _do(leverage="10"),
    "another deed": _deed(_TRADE),
    "a rule more": _rule_more,
    "repetition": _repeated,
    "expiry": _rule(expires_at="2026-11-30T00:00"),
    "no expiry": _rule(expires_at=""),
    "reference": lambda rules: _each(
        rules, ("reference",), lambda text: "entry_price" if text != "entry_price" else "current_price"
    ),
    "timeframe": lambda rules: _each(rules, ("timeframe",), lambda text: "5m" if text != "5m" else "1d"),
    "how long it holds": _held_for,
    "plain order": _do(order=_MARKET),
    "slippage": _do(order={"type": "market", "max_slippage_bps": "500"}),
}


def mutants(answer: Answer) -> dict[str, Answer]:
    """Every way in which *answer* can be wrong, by name."""
    made = {}
    for name, change in MUTATIONS.items():
        wrong = copy.deepcopy(answer)
        change(wrong["rules"])
        if wrong != answer:
            made[name] = wrong
    return made
