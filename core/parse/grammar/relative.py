"""Reads corrections that name no new value: half of what it is, twice as much, the same for another market."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.domain.money import HUNDRED
from core.parse.grammar.changes import Changed, Correction, put
from core.parse.grammar.drafts import CandleDraft, Level, RuleDraft, Trail
from core.parse.grammar.linking import cond_markets
from core.parse.grammar.spots import altered, leaves_of, say, spots_of, with_leaf

_SCALED = re.compile(
    r"^(?:make it |only |just )?(?P<by>half|double|twice|triple)"
    r"(?: of)?(?: (?:that|as much|the size|the amount|that size|that much|the position size|it up))?$"
)
_BY: Mapping[str, Decimal] = {
    "half": Decimal("0.5"), "double": Decimal(2), "twice": Decimal(2), "triple": Decimal(3),
}  # fmt: skip
_SAME = re.compile(r"^(?:and |also |plus )?(?:do )?(?:the )?same (?:thing )?(?:for|with|on)\b")


def read_relative(drafts: list[RuleDraft], choices: Mapping[str, Any], said: Correction) -> Changed | str | None:
    """half that · twice as much · the same for ETH."""
    low = said.low.rstrip(" .!")
    scaled = _SCALED.match(low)
    if scaled is not None and low.split()[-1] != "half":
        return _scaled(drafts, choices, _BY[scaled["by"]])
    if _SAME.match(low):
        coins = [item.value for item in said.items if item.kind == "COIN"]
        return _same_for(drafts, choices, coins[0]) if len(coins) == 1 else None
    return None


def _scaled(drafts: list[RuleDraft], choices: Mapping[str, Any], by: Decimal) -> Changed | str:
    sizes = [spot for spot in spots_of(drafts, choices) if spot.name == "size" and spot.said]
    if len(sizes) != 1:
        return "I cannot tell of what. Say the new number itself, for example “make it 25 %”."
    old = sizes[0].amount
    new = replace(old, value=old.value * by, words=False)
    if new.unit == "percent" and new.value > HUNDRED:
        return f"{say(old)} cannot become {say(new)}. Say the new size itself."
    return put(drafts, choices, sizes[0], new)


def _same_for(drafts: list[RuleDraft], choices: Mapping[str, Any], market: str) -> Changed | str:
    """Copies of the rules for another market; only where nothing in them is counted in the coin or its price."""
    names = {draft.act.market for draft in drafts} | {name for draft in drafts for name in cond_markets(draft.cond)}
    named = names - {None}
    if len(named) != 1 or market in named or any(key.split(":")[0] == "market" for key in choices):
        return _SAY_IT_WHOLE
    if any(_counted_in_coin(draft) for draft in drafts) or choices:
        return _SAY_IT_WHOLE
    more = []
    for draft in deepcopy(drafts):
        draft.act.market = market
        for path, leaf in leaves_of(draft.cond):
            if draft.cond is not None and hasattr(leaf, "market"):
                draft.cond = with_leaf(draft.cond, path, altered(leaf, market=market))
        more.append(draft)
    return Changed(drafts=[*drafts, *more], choices=choices)


_SAY_IT_WHOLE = "Its prices and sizes are those of one market. Say the whole rule for the other one."


def _counted_in_coin(draft: RuleDraft) -> bool:
    """Whether a number of the draft means something else on another market."""
    act = draft.act
    sized = act.size is not None and act.size.unit not in ("percent", "usd")
    priced = act.order.price is not None or act.order.from_price is not None or isinstance(act.to, Decimal)
    levels = [leaf for _, leaf in leaves_of(draft.cond)]
    fixed = any(
        isinstance(leaf, Level | CandleDraft)
        or (isinstance(leaf, Trail) and leaf.activation is not None)
        or getattr(leaf, "unit", "percent") != "percent"
        for leaf in levels
    )
    return sized or priced or fixed or act.side is not None
