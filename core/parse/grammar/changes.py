"""What a correction makes of drafts, and the answers to earlier questions that it leaves standing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from core.domain.money import HUNDRED, ONE
from core.domain.reading import ParseContext
from core.parse.grammar.drafts import Change, Cond, PnlDraft, RuleDraft, Trail
from core.parse.grammar.items import Amount, Item
from core.parse.grammar.settle import applied
from core.parse.grammar.spots import Spot, altered, leaves_of, say, with_leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Drafts after a correction, the choices that still hold, and what to say about how it was read."""

    drafts: list[RuleDraft]
    choices: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A correction ready to be read: its items, whether it said "only" or "just", the `place` of the rule it names."""

    low: str
    source: str
    items: tuple[Item, ...]
    only: bool
    place: int | None = None
    context: ParseContext


def baked(drafts: list[RuleDraft], choices: Mapping[str, Any]) -> Changed:
    """Copies of the drafts with the answers put in that would otherwise speak of what a correction replaces."""
    copies = [
        replace(draft, act=replace(draft.act, order=replace(draft.act.order))) for draft in applied(drafts, choices)
    ]
    left = {key: value for key, value in choices.items() if not _is_put_in(key, value)}
    for number, draft in enumerate(copies):
        price, over_s = left.pop(f"price:{number}", None), left.pop(f"over:{number}", None)
        draft.act.order.price = draft.act.order.price if price is None else price
        draft.act.order.over_s = draft.act.order.over_s if over_s is None else over_s
        draft.act.leverage = left.pop(f"leverage:{number}", draft.act.leverage)
    unit = left.pop("unit", None)
    if unit is not None:
        _settle_unit(copies, unit)
    return Changed(drafts=copies, choices=left)


def _is_put_in(key: str, value: Any) -> bool:
    """Whether `applied` has already put this choice into the drafts."""
    name = key.partition(":")[0]
    return name in ("exit", "crossed") or (name in ("far", "standing") and isinstance(value, Decimal))


def _settle_unit(drafts: list[RuleDraft], unit: str) -> None:
    """Gives every move without a unit the one that was answered for all of them."""
    bare = [
        (draft, path, leaf) for draft in drafts for path, leaf in leaves_of(draft.cond) if _size_of(leaf) is not None
    ]
    fractions = all(abs(_size_of(leaf) or ONE) < ONE for _, _, leaf in bare)
    scale = HUNDRED if unit == "percent" and fractions else ONE
    for draft, path, leaf in bare:
        field = "distance" if isinstance(leaf, Trail) else "threshold"
        value = getattr(leaf, field)
        fixed = altered(leaf, unit="usd" if unit == "usd" else "percent", **{field: value * scale})
        if draft.cond is not None:
            draft.cond = with_leaf(draft.cond, path, fixed)


def _size_of(leaf: Cond) -> Decimal | None:
    """The number of a move that has no unit."""
    if isinstance(leaf, Change | Trail | PnlDraft) and leaf.unit is None:
        return leaf.distance if isinstance(leaf, Trail) else leaf.threshold
    return None


def put(drafts: list[RuleDraft], choices: Mapping[str, Any], spot: Spot, new: Amount) -> Changed | str:
    """The drafts with *new* in the place of the spot; a sentence where it cannot stand there."""
    if new.sign == "-" or new.value <= 0:
        return "Expected a number above zero there."
    old = spot.amount
    if new.unit == "" and spot.name == "size" and old.words and spot.said:
        return f"Is {say(new)} how many coins, dollars, or percent? Say it like {say(new)} % or ${say(new)}."
    amount = replace(new, unit=old.unit) if new.unit == "" and spot.name in ("size", "leverage", "slippage") else new
    if not spot.put(drafts[spot.number], amount):
        return f"{say(new)} cannot stand where {spot.words} is. Say the whole rule again."
    sized = spot.name in ("size", "leverage")
    kinds = ("amount", "leverage") if sized else ("standing", "far", "price", "exit", "over")
    return Changed(drafts=drafts, choices=without(choices, spot.number, *kinds))


def without(choices: Mapping[str, Any], number: int, *names: str) -> dict[str, Any]:
    """The choices without those of these names about draft *number*."""
    gone = tuple(f"{name}:{number}" for name in names)
    return {k: v for k, v in choices.items() if k not in gone and not k.startswith(tuple(f"{key}:" for key in gone))}
