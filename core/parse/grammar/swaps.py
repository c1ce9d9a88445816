"""Reads corrections that put one thing in the place of another: 200 not 20, ETH instead of SOL, short not long."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.parse.grammar.changes import Changed, Correction, put, without
from core.parse.grammar.drafts import Change, Level, RuleDraft
from core.parse.grammar.items import Amount
from core.parse.grammar.linking import opens
from core.parse.grammar.spots import altered, leaves_of, say, spots_of, with_leaf

_TURNS = {"LONG": "long", "BUY": "long", "SHORT": "short", "SELL": "short"}
_SIDES = {
    **dict.fromkeys(("ABOVE", "RISE", "RISEWORD", "CROSSUP"), "up"),
    **dict.fromkeys(("BELOW", "FALL", "FALLWORD", "CROSSDOWN"), "down"),
}


def read_swap(drafts: list[RuleDraft], choices: Mapping[str, Any], said: Correction) -> Changed | str | None:
    """200 not 20 · not SOL, ETH · change 20 to 200 · short, not long."""
    items = [item for item in said.items if item.kind != "COMMA"]
    match [item.kind for item in items]:
        case [_, "NOT", _]:
            new, old = items[0], items[2]
        case ["NOT", _, _]:
            old, new = items[1], items[2]
        case ["SHIFT", _, "TO" | "WITH" | "BY", _]:
            old, new = items[1], items[3]
        case [_, "THEN", _]:
            old, new = items[0], items[2]
        case _:
            return None
    if old.kind == new.kind == "NUM":
        return _renumbered(drafts, choices, old.value, new.value)
    if old.kind == new.kind == "COIN":
        return _remarketed(drafts, choices, old.value, new.value)
    if new.kind == "NOCOIN" and old.kind == "COIN":
        return f"{new.text} is not among the markets here."
    if {_TURNS.get(old.kind), _TURNS.get(new.kind)} == {"long", "short"}:
        return _turned(drafts, choices, _TURNS[new.kind])
    if {_SIDES.get(old.kind), _SIDES.get(new.kind)} == {"up", "down"}:
        return _mirrored(drafts, choices, up=_SIDES[new.kind] == "up")
    return None


def _renumbered(drafts: list[RuleDraft], choices: Mapping[str, Any], old: Amount, new: Amount) -> Changed | str:
    spots = [
        spot
        for spot in spots_of(drafts, choices)
        if spot.amount.value == old.value and old.unit in ("", spot.amount.unit) and spot.said
    ]
    if not spots:
        return f"There is no {say(old)} in it to change."
    if len(spots) > 1:
        return f"{say(old)} stands in more than one place. Name the one you mean, for example “change the stop to 120”."
    return put(drafts, choices, spots[0], new)


def _remarketed(drafts: list[RuleDraft], choices: Mapping[str, Any], old: str, new: str) -> Changed | str:
    """Every mention of one market becomes the other."""
    found = choices.get("market") == old
    for draft in drafts:
        if draft.act.market == old:
            draft.act.market, found = new, True
        for path, leaf in leaves_of(draft.cond):
            if draft.cond is not None and getattr(leaf, "market", None) == old:
                draft.cond, found = with_leaf(draft.cond, path, altered(leaf, market=new)), True
    if not found:
        return f"{old} is not named in it."
    kept = {key: new if key == "market" and value == old else value for key, value in choices.items()}
    return Changed(drafts=drafts, choices=kept)


def _turned(drafts: list[RuleDraft], choices: Mapping[str, Any], side: str) -> Changed | str:
    entries = [draft for draft in drafts if opens(draft)]
    if len(entries) != 1:
        return "I cannot tell which trade should face the other way. Say the whole rule again."
    entries[0].act.verb = "long" if side == "long" else "short"
    return Changed(drafts=drafts, choices=choices)


def _mirrored(drafts: list[RuleDraft], choices: Mapping[str, Any], *, up: bool) -> Changed | str:
    found = [
        (draft, path, leaf)
        for draft in drafts
        for path, leaf in leaves_of(draft.cond)
        if isinstance(leaf, Level | Change) and draft.act.purpose is None
    ]
    if len(found) != 1:
        return "I cannot tell which condition should look the other way. Say the whole rule again."
    draft, path, leaf = found[0]
    turned = (
        replace(leaf, operator=">=" if up else "<=")
        if isinstance(leaf, Level)
        else replace(leaf, direction="up" if up else "down")
    )
    draft.cond = turned if draft.cond is None else with_leaf(draft.cond, path, turned)
    return Changed(drafts=drafts, choices=without(choices, drafts.index(draft), "standing"))


def other_market(drafts: list[RuleDraft], choices: Mapping[str, Any], market: str) -> Changed | str:
    """The drafts about *market* instead of the one that they are about."""
    named = {draft.act.market for draft in drafts} | {
        getattr(leaf, "market", None) for draft in drafts for _, leaf in leaves_of(draft.cond)
    }
    named = {name for name in named if name is not None} | ({choices["market"]} if "market" in choices else set())
    if len(named) > 1:
        return f"It names more than one market. Say which to change, like “{market.split('-', maxsplit=1)[0]} not …”."
    if named:
        return _remarketed(drafts, choices, named.pop(), market)
    for draft in drafts:
        draft.act.market = market
    return Changed(drafts=drafts, choices=choices)
