"""Answers as a model would write them, from the few fields that matter; everything else is empty, as for a model."""

import json
from collections.abc import Mapping
from typing import Any

from core.parse.extraction import schema

Answer = dict[str, Any]


def _empty(form: Mapping[str, Any]) -> Any:
    """The least that *form* allows."""
    if "$ref" in form:
        return _empty(schema()["$defs"][form["$ref"].rpartition("/")[2]])
    if "anyOf" in form:
        return _empty(form["anyOf"][0])
    match form.get("type"):
        case "object":
            return {name: _empty(part) for name, part in form["properties"].items()}
        case "array":
            return []
        case _:
            listed = form.get("enum", [""])
            return listed[0] if len(listed) == 1 else "no" if listed == ["yes", "no"] else ""


def filled(name: str, said: Mapping[str, Any]) -> Answer:
    """The object *name* of the schema with the fields that were said; numbers may be given as numbers."""
    made: Answer = _empty(schema()["$defs"][name])
    for key, value in said.items():
        assert key in made, f"{name} has no {key}"
        made[key] = value if isinstance(value, str | list | dict) else str(value)
    return made


_CONDITIONS = {
    "price_level": "PriceLevel",
    "price_change": "PriceChange",
    "trailing": "Trailing",
    "candle_close": "CandleClose",
    "indicator": "Indicator",
    "position_pnl": "PositionPnl",
    "position_event": "PositionEvent",
    "account": "AccountLevel",
    "funding_rate": "FundingRate",
    "time": "AtTime",
    "schedule": "Schedule",
}
_ACTIONS = {"buy": "Trade", "sell": "Trade", "close": "Close", "reverse": "Reverse", "move_stop": "MoveStop"} | {
    "alert": "Alert",
    **dict.fromkeys(("cancel_orders", "cancel_rules", "pause_rules"), "Retraction"),
}
_ORDERS = {"market": "MarketOrder", "limit": "LimitOrder", "twap": "TwapOrder", "ladder": "LadderOrder"}


def condition(type: str, **said: Any) -> Answer:  # noqa: A002 - the language's own word
    """One condition."""
    if "other" in said:
        said["other"] = filled("OtherIndicator", said["other"])
    return filled(_CONDITIONS[type], {"type": type, **said})


def action(type: str, *, order: Mapping[str, Any] | None = None, **said: Any) -> Answer:  # noqa: A002
    """One action."""
    made = filled(_ACTIONS[type], {"type": type, **said})
    if order is not None:
        made["order"] = filled(_ORDERS[order["type"]], order)
    return made


def rule(when_words: str, when: Any, do_words: str, do: Answer, **more: Any) -> Answer:
    """One rule; *when* is a condition, several that must hold together, alternatives of these, or nothing."""
    if not when:
        alternatives: list[list[Answer]] = []
    elif isinstance(when, dict):
        alternatives = [[when]]
    else:
        alternatives = [list(when)] if isinstance(when[0], dict) else [list(one) for one in when]
    return filled(
        "Rule",
        {
            "when_words": when_words,
            "when": [{"all": parts} for parts in alternatives],
            "do_words": do_words,
            "do": do,
            **more,
        },
    )


def rules(*listed: Answer) -> Answer:
    """An answer that is a rule set."""
    numbered = [{**one, "id": one["id"] or f"r{n}"} for n, one in enumerate(listed, start=1)]
    return {"kind": "rules", "why": "", "rules": numbered, "command": filled("Command", {})}


def command(name: str, **said: Any) -> Answer:
    """An answer that is a command."""
    return {"kind": "command", "why": "", "rules": [], "command": filled("Command", {"name": name, **said})}


def declined(why: str) -> Answer:
    """An answer that is a no."""
    return {"kind": "declined", "why": why, "rules": [], "command": filled("Command", {})}


def text_of(answer: Answer) -> str:
    """The answer on the wire."""
    return json.dumps(answer, ensure_ascii=False)
