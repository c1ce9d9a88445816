"""Finds every place in drafts that holds a number, a duration or a candle length, and puts another one there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from core.domain.money import HUNDRED
from core.parse.grammar.desk import money
from core.parse.grammar.drafts import (
    AccountDraft,
    CandleDraft,
    Change,
    Cond,
    FundingDraft,
    GroupDraft,
    IndicatorDraft,
    Level,
    PnlDraft,
    RuleDraft,
    ScheduleDraft,
    Trail,
)
from core.parse.grammar.indicators import TIMEFRAMES
from core.parse.grammar.items import Amount

Name = Literal["size", "price", "move", "leverage", "slippage", "count", "value", "duration", "candles"]
UNTRADED = ("alert", "cancel_orders", "cancel_rules", "pause_rules", "move_stop", "reverse")
"""Verbs of actions that have no size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One number of draft `number`: what it is, its amount as said, and how another is put there.

    `said` is False where the amount is a default, such as the whole position. `put` changes a draft that is nobody
    else's; it returns False where that amount cannot stand there. Durations are Amounts of seconds.
    """

    number: int
    name: Name
    amount: Amount
    put: Callable[[RuleDraft, Amount], bool]
    said: bool = True

    @property
    def words(self) -> str:
        """The spot as a question names it: `140 (the price)`."""
        return f"{say(self.amount)} (the {_TITLES[self.name]})"


_TITLES: Mapping[Name, str] = {
    "size": "size", "price": "price", "move": "distance", "leverage": "leverage", "slippage": "slippage",
    "count": "number of orders or times", "value": "value", "duration": "time", "candles": "candle length",
}  # fmt: skip


def say(amount: Amount) -> str:
    """The amount in words for people."""
    match amount.unit:
        case "usd":
            return money(amount.value)
        case "percent":
            return f"{amount.value.normalize():f} %"
        case "times":
            return f"{amount.value.normalize():f}x"
        case _:
            return f"{amount.value.normalize():f}"


def spots_of(drafts: list[RuleDraft], choices: Mapping[str, Any]) -> list[Spot]:
    """Every spot of the drafts in the order of the rules, with the answers given so far in their places."""
    return [spot for number, draft in enumerate(drafts) for spot in _of_draft(number, draft, choices)]


def _of_draft(number: int, draft: RuleDraft, choices: Mapping[str, Any]) -> Iterator[Spot]:
    yield from _of_size(number, draft, choices)
    yield from _of_order(number, draft)
    for path, leaf in leaves_of(draft.cond):
        for name, field, amount in _of_leaf(leaf):
            yield Spot(number=number, name=name, amount=amount, put=_leaf_put(path, field, name))
    if draft.times is not None:
        yield Spot(number=number, name="count", amount=Amount(value=Decimal(draft.times)), put=_put_times)
    if draft.cooldown_s:
        yield Spot(number=number, name="duration", amount=_seconds(draft.cooldown_s), put=_put_cooldown)


def _of_size(number: int, draft: RuleDraft, choices: Mapping[str, Any]) -> Iterator[Spot]:
    act = draft.act
    if act.verb in UNTRADED:
        if isinstance(act.to, Decimal):
            yield Spot(number=number, name="price", amount=Amount(value=act.to, unit="usd"), put=_put_to)
        return
    size: Amount | None = choices.get(f"amount:{number}", act.size)
    if size is None and act.margin is not None:
        size = Amount(value=act.margin, unit="usd")
        yield Spot(number=number, name="size", amount=size, put=_put_margin)
    else:
        whole = size or Amount(value=HUNDRED, unit="percent")
        yield Spot(number=number, name="size", amount=whole, put=put_size, said=size is not None)
    if act.leverage is not None:
        leverage = choices.get(f"leverage:{number}", act.leverage)
        yield Spot(number=number, name="leverage", amount=Amount(value=leverage, unit="times"), put=put_leverage)


def _of_order(number: int, draft: RuleDraft) -> Iterator[Spot]:
    order = draft.act.order
    for field in ("price", "from_price", "to_price"):
        price = getattr(order, field)
        if price is not None:
            yield Spot(number=number, name="price", amount=Amount(value=price, unit="usd"), put=_order_put(field))
    for field in ("slices", "orders"):
        count = getattr(order, field)
        if count is not None:
            yield Spot(number=number, name="count", amount=Amount(value=Decimal(count)), put=_order_put(field))
    for field in ("over_s", "ttl_s"):
        seconds = getattr(order, field)
        if seconds is not None:
            yield Spot(number=number, name="duration", amount=_seconds(seconds), put=_order_put(field))
    if order.slippage_bps is not None:
        percent = Amount(value=Decimal(order.slippage_bps) / HUNDRED, unit="percent")
        yield Spot(number=number, name="slippage", amount=percent, put=put_slippage)


def leaves_of(cond: Cond | None, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Cond]]:
    """The parts of a condition that are no group, each with its path through the groups."""
    if isinstance(cond, GroupDraft):
        for at, part in enumerate(cond.parts):
            yield from leaves_of(part, (*path, at))
    elif cond is not None:
        yield path, cond


def with_leaf(cond: Cond, path: tuple[int, ...], leaf: Cond) -> Cond:
    """The condition with another part at *path*."""
    if not path or not isinstance(cond, GroupDraft):
        return leaf
    parts = list(cond.parts)
    parts[path[0]] = with_leaf(parts[path[0]], path[1:], leaf)
    return replace(cond, parts=tuple(parts))


def altered(leaf: Cond, **fields: Any) -> Cond:
    """The condition with these fields, which its class must have."""
    bare: Any = leaf
    changed: Cond = replace(bare, **fields)
    return changed


def _of_leaf(leaf: Cond) -> Iterator[tuple[Name, str, Amount]]:
    """The numbers of one condition: what each is, its field, its amount."""
    match leaf:
        case Level(price=price, for_s=for_s):
            if price is not None:
                yield "price", "price", Amount(value=price, unit="usd")
            if for_s is not None:
                yield "duration", "for_s", _seconds(for_s)
        case Change(threshold=Decimal() as threshold, unit=unit, window_s=window_s):
            yield "move", "threshold", Amount(value=threshold, unit=unit or "")
            if window_s is not None:
                yield "duration", "window_s", _seconds(window_s)
        case Trail(distance=distance, unit=unit, activation=activation):
            if distance is not None:
                yield "move", "distance", Amount(value=distance, unit=unit or "")
            if activation is not None:
                yield "price", "activation", Amount(value=activation, unit="usd")
        case CandleDraft(price=Decimal() as price):
            yield "price", "price", Amount(value=price, unit="usd")
        case IndicatorDraft(value=value, period=period):
            if value is not None:
                yield "value", "value", Amount(value=value)
            if period is not None:
                yield "count", "period", Amount(value=Decimal(period))
        case PnlDraft(threshold=threshold, unit=unit):
            yield "move", "threshold", Amount(value=abs(threshold), unit=unit or "")
        case AccountDraft(value=Decimal() as value):
            yield "value", "value", Amount(value=value)
        case FundingDraft(value=value):
            yield "move", "value", Amount(value=abs(value), unit="percent")
        case ScheduleDraft(every_s=int(every_s)):
            yield "duration", "every_s", _seconds(every_s)
        case _:
            pass
    timeframe = getattr(leaf, "timeframe", None)
    seconds = next((s for s, name in TIMEFRAMES.items() if name == timeframe), None)
    if seconds is not None:
        yield "candles", "timeframe", _seconds(seconds)


def _seconds(count: int) -> Amount:
    return Amount(value=Decimal(count))


# --- putting ---------------------------------------------------------------------------------------------------------


def _leaf_put(path: tuple[int, ...], field: str, name: Name) -> Callable[[RuleDraft, Amount], bool]:
    def put(draft: RuleDraft, amount: Amount) -> bool:
        if draft.cond is None:
            return False
        leaf = next((leaf for at, leaf in leaves_of(draft.cond) if at == path), None)
        changed = None if leaf is None else _changed(leaf, field, name, amount)
        if changed is None:
            return False
        draft.cond = with_leaf(draft.cond, path, changed)
        if name == "price" and draft.act.at is not None and isinstance(changed, Level):
            draft.act.at = changed.price
        return True

    return put


def _changed(leaf: Cond, field: str, name: Name, amount: Amount) -> Cond | None:
    """The condition with this amount in *field*; None where it cannot stand there."""
    value: Any = amount.value
    more: dict[str, Any] = {}
    match name:
        case "price" | "value":
            if amount.unit not in (("", "usd") if name == "price" else ("", "percent", "usd", "times")):
                return None
        case "move":
            if amount.unit == "times" or (isinstance(leaf, FundingDraft) and amount.unit == "usd"):
                return None
            if amount.unit and not isinstance(leaf, FundingDraft):
                more["unit"] = amount.unit
            if getattr(leaf, field) < 0:
                value = -value
        case "candles":
            value = TIMEFRAMES.get(int(value))
        case "count" | "duration":
            if value != int(value) or value <= 0 or amount.unit:
                return None
            value = int(value)
        case _:
            return None
    return None if value is None else altered(leaf, **{field: value}, **more)


def put_size(draft: RuleDraft, amount: Amount) -> bool:
    """Makes *amount* the size of the draft's trade."""
    if amount.unit == "times":
        return False
    act = draft.act
    if act.verb not in ("buy", "long", "short"):
        act.held = act.held or act.whole or act.rest or amount.unit == "percent"
    act.size, act.margin = amount, None
    act.whole = act.rest = act.vague = act.bad_number = act.loose_number = False
    return True


def _put_margin(draft: RuleDraft, amount: Amount) -> bool:
    if amount.unit != "usd":
        return put_size(draft, amount)
    draft.act.margin, draft.act.size = amount.value, None
    return True


def put_leverage(draft: RuleDraft, amount: Amount) -> bool:
    """Makes *amount* the leverage of the draft's trade."""
    if amount.unit not in ("", "times"):
        return False
    draft.act.leverage = amount.value
    return True


def put_slippage(draft: RuleDraft, amount: Amount) -> bool:
    """Makes *amount* (percent) the most slippage of the draft's order."""
    bps = amount.value * HUNDRED
    if amount.unit not in ("", "percent") or bps != int(bps) or not 0 < bps <= HUNDRED * HUNDRED:
        return False
    draft.act.order.slippage_bps = int(bps)
    return True


def _put_to(draft: RuleDraft, amount: Amount) -> bool:
    draft.act.to = amount.value
    return amount.unit in ("", "usd")


def _order_put(field: str) -> Callable[[RuleDraft, Amount], bool]:
    def put(draft: RuleDraft, amount: Amount) -> bool:
        price = field.endswith("price")
        if amount.unit not in (("", "usd") if price else ("",)) or (not price and amount.value != int(amount.value)):
            return False
        setattr(draft.act.order, field, amount.value if price else int(amount.value))
        return True

    return put


def _put_times(draft: RuleDraft, amount: Amount) -> bool:
    if amount.unit not in ("", "times") or amount.value != int(amount.value) or amount.value <= 0:
        return False
    draft.times = int(amount.value)
    return True


def _put_cooldown(draft: RuleDraft, amount: Amount) -> bool:
    draft.cooldown_s = int(amount.value)
    return True
