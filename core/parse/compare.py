"""Compares a parse result with an expectation, by meaning: defaults filled in, order and labels left aside."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import permutations
from typing import Any, Literal

Outcome = Literal["right", "declined", "wrong"]
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_NO_PERIOD = ("price", "macd", "macd_signal")
_FLIPPED = {">=": "<=", "<=": ">=", "crosses_above": "crosses_below", "crosses_below": "crosses_above"}


def score(expect: Mapping[str, Any], result: Mapping[str, Any], context: Mapping[str, Any]) -> Outcome:
    """Right, declined (a message more) or wrong (money)."""
    wanted = [expect, *expect.get("alternatives", [])]
    if any(matches(one, result, context) for one in wanted):
        return "right"
    acts = any(one["kind"] in ("rules", "command") for one in wanted)
    return (
        "declined"
        if acts and result["kind"] in ("question", "unsupported", "not_understood")
        else ("wrong" if result["kind"] in ("rules", "command") else "declined")
    )


def matches(expect: Mapping[str, Any], result: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
    """Whether the result says what is expected; alternatives aside."""
    if expect["kind"] != result["kind"]:
        return False
    match expect["kind"]:
        case "question":
            return any(question["about"] in expect["about"] for question in result["questions"])
        case "command":
            return _command(expect["command"]) == _command(result["command"])
        case "rules":
            return same_rules(expect["rules"], result["rules"], context)
        case _:
            return True


def _command(command: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in command.items() if value is not None}
    if plain.get("market") == "*":
        plain.pop("market")
    plain.pop("all", None)
    return {key: frozenset(value) if isinstance(value, list) else value for key, value in plain.items()}


def same_rules(expected: list[Any], actual: list[Any], context: Mapping[str, Any]) -> bool:
    """Whether two rule sets say the same, whatever their order and labels."""
    if len(expected) != len(actual) or len(actual) > 7:
        return False
    dictated = any(rule["action"].get("message") for rule in expected)
    left = [_rule(rule, expected, context, dictated=dictated) for rule in expected]
    right = [_rule(rule, actual, context, dictated=dictated) for rule in actual]
    for order in permutations(range(len(right))):
        if all(left[n] == right[order[n]] for n in range(len(left))) and _linked(expected, actual, order):
            return True
    return False


def _linked(expected: list[Any], actual: list[Any], order: tuple[int, ...]) -> bool:
    """Whether `after` and the groups agree under this matching."""
    place_left = {rule["id"]: n for n, rule in enumerate(expected)}
    place_right = {actual[m]["id"]: n for n, m in enumerate(order)}
    for n, m in enumerate(order):
        after_left, after_right = expected[n].get("after"), actual[m].get("after")
        if (after_left is None) != (after_right is None):
            return False
        if after_left is not None and place_left[after_left] != place_right[after_right]:
            return False
    return _partition(expected) == _partition([actual[m] for m in order])


def _partition(rules: list[Any]) -> frozenset[frozenset[int]]:
    groups: dict[str, set[int]] = {}
    for n, rule in enumerate(rules):
        if rule.get("oco_group") is not None:
            groups.setdefault(rule["oco_group"], set()).add(n)
    return frozenset(frozenset(group) for group in groups.values() if len(group) > 1)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return value


def _share(name: str, value: Any) -> Any:
    """A field of an action; a third of something may be anything from 33 to 33.34."""
    number = _number(value)
    third = name == "amount_percent" and isinstance(number, Decimal) and Decimal(33) <= number <= Decimal("33.34")
    return Decimal("33.33") if third else number


def _rule(rule: Mapping[str, Any], rules: list[Any], context: Mapping[str, Any], *, dictated: bool) -> Any:
    repeat = rule.get("repeat") or {}
    times = repeat.get("times", 1) if "times" in repeat or not repeat else 1
    expires = rule.get("expires_at")
    return (
        _condition(rule["condition"], context),
        _action(rule, rules, context, dictated=dictated),
        times,
        repeat.get("cooldown_s", 0),
        None if expires is None else _instant(expires),
    )


def _instant(text: str) -> datetime:
    """One instant is one, in whatever zone it is written."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _condition(cond: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
    kind = cond["type"]
    if kind in ("all", "any"):
        parts: list[Any] = []
        for part in cond["conditions"]:
            inner = _condition(part, context)
            parts += inner[1] if part["type"] == kind else [inner]
        return kind, sorted(parts, key=repr)
    plain = {key: _number(value) for key, value in cond.items() if value is not None}
    if kind == "time":
        plain["at"] = _instant(cond["at"])
    if kind == "schedule":
        plain.setdefault("timezone", context["timezone"])
        if plain.get("start_at"):
            plain["start_at"] = _instant(cond["start_at"])
        if "cron" in plain:
            plain["cron"] = _cron(cond["cron"])
    if kind == "indicator":
        return _indicator(cond)
    return tuple(sorted((key, repr(value)) for key, value in plain.items()))


def _indicator(cond: Mapping[str, Any]) -> Any:
    left = _line(cond)
    operator = cond["operator"]
    if cond.get("other") is None:
        return "indicator", cond["market"], cond["timeframe"], left, operator, _number(cond["value"])
    right = _line(cond["other"])
    if repr(right) < repr(left):
        left, right, operator = right, left, _FLIPPED[operator]
    return "indicator", cond["market"], cond["timeframe"], left, operator, right


def _line(line: Mapping[str, Any]) -> Any:
    name = line["name"]
    if name in _NO_PERIOD or name == "volume":
        return name, None
    default = {"rsi": 14, "atr": 14, "bollinger_upper": 20, "bollinger_lower": 20}.get(name)
    return name, line.get("period") or default


def _cron(text: str) -> Any:
    minute, hour, day, month, week = text.split()
    return (
        _field(minute, 60, 0),
        _field(hour, 24, 0),
        _field(day, 32, 1),
        _field(month, 13, 1),
        frozenset(number % 7 for number in _field(week, 7, 0)),
    )


def _field(text: str, end: int, begin: int) -> frozenset[int]:
    found: set[int] = set()
    for piece in text.split(","):
        span, _, step = piece.partition("/")
        if span == "*":
            low, high = begin, end - 1
        else:
            first, _, last = span.partition("-")
            low = _DAYS.index(first.upper()) if first.upper() in _DAYS else int(first)
            high = low if not last else _DAYS.index(last.upper()) if last.upper() in _DAYS else int(last)
        found |= set(range(low, high + 1, int(step or 1)))
    return frozenset(found)


def _action(rule: Mapping[str, Any], rules: list[Any], context: Mapping[str, Any], *, dictated: bool) -> Any:
    action = rule["action"]
    plain = {key: _share(key, value) for key, value in action.items() if value is not None and key != "order"}
    order = {
        key: _number(value) for key, value in (action.get("order") or {"type": "market"}).items() if value is not None
    }
    if order["type"] == "market":
        order.setdefault("max_slippage_bps", _number("50"))
    if order["type"] == "limit":
        order.setdefault("post_only", False)
    if order["type"] == "ladder":
        order["from_price"], order["to_price"] = sorted((order["from_price"], order["to_price"]))
    if order["type"] == "twap":
        order.setdefault("slices", max(Decimal(2), order["over_s"] // 300))
    if plain["type"] == "close":
        plain.setdefault("amount_percent", _number("100"))
    if (
        plain["type"] in ("buy", "sell")
        and plain["reduce_only"]
        and "amount_percent" in plain
        and order["type"] == "market"
    ):
        side = _facing(action["market"], rule, rules, context) or ("long" if plain["type"] == "sell" else "short")
        if (side == "long") == (plain["type"] == "sell"):
            plain = {"type": "close", "market": plain["market"], "amount_percent": plain["amount_percent"]}
    if plain["type"] == "alert" and "message" in plain and not dictated:
        plain.pop("message")
    return tuple(sorted((k, repr(v)) for k, v in plain.items())), tuple(sorted((k, repr(v)) for k, v in order.items()))


def _facing(market: str, rule: Mapping[str, Any], rules: list[Any], context: Mapping[str, Any]) -> str | None:
    entry = next((other for other in rules if other["id"] == rule.get("after")), None)
    if entry is not None:
        return "long" if entry["action"]["type"] == "buy" else "short"
    held = context["positions"].get(market)
    if held is None:
        return None
    base = held["base"] if isinstance(held, Mapping) else held
    return "short" if str(base).startswith("-") else "long"
