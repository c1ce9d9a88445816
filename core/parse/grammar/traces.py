"""Finds what a message says and its rules do not hold: a number, market, time or order word that left no trace.

The recognisers account for every word, yet a word may fill a slot that its action does not have ("reverse 40 % of it").
So what was made is compared with what was said, from the other end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.domain.action import LadderOrder, LimitOrder, Trade, TwapOrder
from core.domain.condition import AccountLevel, FundingRate, Now, PositionPnl, Schedule, leaves
from core.domain.market import TIMEFRAME_S
from core.domain.money import HUNDRED
from core.domain.reading import ParseResult
from core.domain.rule import RuleSpec
from core.parse.grammar.calendar import Clock, Day, When
from core.parse.grammar.drafts import FIELDS, FundingDraft, RuleDraft, ScheduleDraft
from core.parse.grammar.items import Amount, Item
from core.parse.grammar.schedules import DAY_S

_HOUR_S = 3600
_AGAIN = frozenset({"EACH", "EVERYDAY", "EVERYHOUR", "EVERYWEEK", "EVERYMONTH", "MONTHSTART", "SPAN", "TWICE"})
_SIZELESS = ("reverse", "move_stop", "alert", "cancel_orders", "cancel_rules", "pause_rules")
"""Actions that have no size, so that a size said of one is lost even where something else is still asked."""
_SIZES = ("amount_percent", "amount_base", "amount_usd", "margin_usd")


@dataclass(slots=True)
class _Made:
    """Everything that the rules of a message hold, and the drafts of those that lack an answer yet."""

    numbers: set[Decimal] = field(default_factory=set)
    places: dict[Decimal, int] = field(default_factory=dict)
    markets: set[str] = field(default_factory=set)
    clocks: list[Clock] = field(default_factory=list)
    whens: list[When] = field(default_factory=list)
    schedules: list[ScheduleDraft] = field(default_factory=list)
    sizes: list[Decimal] = field(default_factory=list)
    levels: set[Decimal] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    again: bool = False
    levered: bool = False
    now: bool = False
    together: bool = False
    asked: bool = False
    rests: bool = False


def without_trace(
    said: Sequence[Item], heard: Sequence[Item], drafts: Sequence[RuleDraft], result: ParseResult
) -> list[Item]:
    """The items of a message whose meaning is in none of the rules that were made of it, in the order said.

    The drafts were made of *said*; what was *heard* and is neither there nor held by what is there was dropped while
    constructions were reworded, and must have left its trace all the same.
    """
    made = _made(drafts, result)
    lost = [item for at, item in enumerate(said) if not _left_one(said, at, made)]
    kept = {(item.kind, item.start, item.text) for one in said for item in (one, *one.holds)}
    for at, item in enumerate(heard):
        checked = item.kind in _CHECKED and (item.kind, item.start, item.text) not in kept
        if checked and not _left_one(heard, at, made):
            lost.append(item)
    return lost


def _left_one(items: Sequence[Item], at: int, made: _Made) -> bool:
    item = items[at]
    if item.kind not in _CHECKED or (made.said and any(item.text.lower() in text for text in made.said)):
        return True
    return _CHECKED[item.kind](items, at, made)


# --- what was made ---------------------------------------------------------------------------------------------------


def _made(drafts: Sequence[RuleDraft], result: ParseResult) -> _Made:
    made = _Made()
    known = {rule.id: rule for rule in result.rules}
    for number, draft in enumerate(drafts):
        rule = known.get(f"r{number + 1}")
        spoken = _leaves((draft.cond, draft.expires, draft.times, draft.cooldown_s or None))
        acted, ruled = _leaves(draft.act), _leaves(rule)
        _collect(spoken, made)
        made.levels |= made.numbers
        asked = (rule is None or bool(result.questions)) and draft.act.verb not in _SIZELESS
        also = [("slippage_bps", draft.act.order.slippage_bps), ("", draft.act.number), ("", draft.act.to)]
        _collect([*also, *(acted if asked else ruled)], made)
        made.markets |= {draft.act.market} if draft.act.market is not None else set()
        said, held = _counted(spoken + acted), _counted(ruled)
        for size in said.keys() | held.keys():
            made.places[size] = made.places.get(size, 0) + max(said.get(size, 0), held.get(size, 0))
        made.asked = made.asked or draft.act.bad_number
        made.now = made.now or draft.cond is None
        made.rests = made.rests or draft.act.rest
        made.said += [draft.act.message.lower()] if draft.act.message else []
        made.again = made.again or draft.repeat or draft.times not in (None, 1) or draft.cooldown_s > 0
        if rule is None:
            made.orders |= {kind for kind in (draft.act.order.type,) if kind}
            made.orders |= {"post"} if draft.act.order.post_only else set()
            made.orders |= {"reduce"} if draft.act.reduce_only else set()
        else:
            _collect_rule(rule, made)
    made.levered = not result.rules or any(draft.act.leverage is not None for draft in drafts)
    watched = (leaf for rule in result.rules for leaf in leaves(rule.condition))
    made.levered |= any(isinstance(leaf, AccountLevel) and leaf.metric == "leverage" for leaf in watched)
    made.numbers.add(Decimal(len(drafts)))
    times = {draft.times for draft in drafts if draft.times is not None}
    steps = [plan.every_s or DAY_S for plan in made.schedules]
    made.numbers |= {Decimal(count * step) for count in times for step in steps}
    return made


Leaf = tuple[str, Any]
"""A number, a word or a part of a draft or a rule, with the name of the field that holds it."""


def _leaves(value: Any) -> list[Leaf]:
    """Everything that a draft or a rule holds; what says nothing (None, a flag) is left out."""
    found: list[Leaf] = []
    waiting: list[Leaf] = [("", value)]
    while waiting:
        name, part = waiting.pop()
        if isinstance(part, tuple):
            waiting += [("", one) for one in part]
            continue
        if part is not None:
            found.append((name, part))
        inside = "clock" if isinstance(part, Clock) else None
        for own in FIELDS[part.__class__]:
            held = getattr(part, own)
            if held is None or held is False:
                continue
            (found if held.__class__ in _PLAIN else waiting).append((inside or own, held))
    return found


_PLAIN = frozenset({str, int, Decimal, bool})
_NUMERIC = frozenset({Decimal, int})
"""The types of numbers; a bool is none."""


def _counted(leaves: Sequence[Leaf]) -> dict[Decimal, int]:
    """In how many places every number stands."""
    found: dict[Decimal, int] = {}
    for _, part in leaves:
        if type(part) in _NUMERIC:
            size = abs(Decimal(part))
            found[size] = found.get(size, 0) + 1
    return found


def _collect_rule(rule: RuleSpec, made: _Made) -> None:
    action = rule.action
    order = getattr(action, "order", None)
    match order:
        case LimitOrder():
            made.orders |= {"limit", "post"} if order.post_only else {"limit"}
        case TwapOrder():
            made.orders.add("twap")
        case LadderOrder():
            made.orders |= {"ladder", "limit"}
        case _:
            made.orders.add("market")
    if not isinstance(action, Trade) or action.reduce_only:
        made.orders.add("reduce")
    made.sizes += [value for name in _SIZES if (value := getattr(action, name, None)) is not None]
    for leaf in leaves(rule.condition):
        match leaf:
            case PositionPnl(market="*"):
                made.together = True
            case Now():
                made.now = True
            case Schedule() | FundingRate():
                made.again = True
            case _:
                pass


def _collect(leaves: Sequence[Leaf], made: _Made) -> None:
    """Every number, market and time among them; a rule has a `max_slippage_bps` whether it was said or not."""
    for name, part in leaves:
        match part:
            case str():
                if name == "market":
                    made.markets.add(part)
                elif part in TIMEFRAME_S:
                    made.numbers.add(Decimal(TIMEFRAME_S[part]))
            case None | bool():
                pass
            case Decimal() | int():
                if name == "slippage_bps":
                    made.numbers |= {Decimal(part), Decimal(part) / HUNDRED}
                elif name not in ("clock", "max_slippage_bps"):
                    made.numbers.add(abs(Decimal(part)))
            case Clock():
                made.clocks.append(part)
            case When():
                made.whens.append(part)
            case ScheduleDraft():
                made.schedules.append(part)
            case FundingDraft(over_h=int(over_h)):
                made.numbers.add(Decimal(over_h * _HOUR_S))
            case _:
                pass


# --- what was said ---------------------------------------------------------------------------------------------------


def _number(items: Sequence[Item], at: int, made: _Made) -> bool:
    amount: Amount = items[at].value
    if made.asked:
        return True
    if amount.unit == "times" and _is_rate(items, at):
        return False
    before = items[at - 1] if at else None
    if before is not None and before.kind == "REST" and made.rests and amount.unit == "percent":
        # "the remaining 20 %" must be what the other shares leave.
        shares = [size for size in made.sizes if size != HUNDRED]
        return not shares or abs(sum(shares) + amount.value - HUNDRED) < 1
    if before is not None and before.kind == "TO" and amount.unit == "percent" and HUNDRED - amount.value in made.sizes:
        return True  # "cut it to 30 %" sells the other 70 %.
    if before is not None and _is_bound(before) and abs(amount.value) in set(made.sizes) - made.levels:
        return False
    if abs(amount.value) in made.places and not _as_often(items, amount, made):
        return False
    values = {abs(amount.value)} | ({Decimal(amount.minutes)} if amount.minutes is not None else set())
    behind = [item.kind for item in items[at + 1 : at + 4]]
    if amount.unit == "percent" and behind[:1] == ["OF"] and "BREAKEVEN" in behind:
        values |= {abs(amount.value - HUNDRED)}  # "80 % of my entry" is 20 % below it
    values |= {(amount.value - 1) * HUNDRED} if amount.unit == "times" else set()  # "at 2x" is 100 % up
    hours = {Decimal(clock.hour % 12) for clock in made.clocks if not clock.minute}
    return bool(values & made.numbers) or (not amount.unit and amount.value % 12 in hours)


def _as_often(items: Sequence[Item], amount: Amount, made: _Made) -> bool:
    """Whether the rules hold this number in as many places as it was said; one place cannot stand for two."""
    same = [item for item in items if item.kind == "NUM" and abs(item.value.value) == abs(amount.value)]
    return len(same) <= made.places[abs(amount.value)]


def _is_bound(item: Item) -> bool:
    """Whether it says how much at most or at least, where a size needs an amount."""
    return item.kind in ("ABOVE", "BELOW", "ATMOST") or item.text.lower() == "up to"


def _coin(items: Sequence[Item], at: int, made: _Made) -> bool:
    beside = items[at - 1] if at else None
    if beside is not None and beside.kind == "COIN" and beside.value != items[at].value:
        return False  # "buy 2 WIF SOL": which of the two?
    return items[at].value in made.markets


def _span(items: Sequence[Item], at: int, made: _Made) -> bool:
    seconds = Decimal(items[at].value)
    ahead = {Decimal(when.day_offset * DAY_S) for when in made.whens if when.day_offset}
    if seconds in made.numbers | ahead:
        return True
    averaged = at + 1 < len(items) and items[at + 1].kind == "IND"
    return averaged and any(seconds / step in made.numbers for step in TIMEFRAME_S.values())


def _date(items: Sequence[Item], at: int, made: _Made) -> bool:
    said: Day = items[at].value
    days = [when.date for when in made.whens if when.date is not None]
    return any((said.month, said.day) in ((day.month, day.day), day.other) for day in days)


def _part_of_day(items: Sequence[Item], at: int, made: _Made) -> bool:
    hour = 12 if items[at].kind == "NOON" else 0
    return any(clock.hour == hour for clock in made.clocks)


def _clock(items: Sequence[Item], at: int, made: _Made) -> bool:
    said: Clock = items[at].value
    return any((said.hour - clock.hour) % 12 == 0 and said.minute == clock.minute for clock in made.clocks)


def _weekday(items: Sequence[Item], at: int, made: _Made) -> bool:
    day = items[at].value
    named = [part for plan in made.schedules for part in plan.days.split(",")]
    return any(when.weekday == day for when in made.whens) or any(day in part or "-" in part for part in named)


def _day_from_now(items: Sequence[Item], at: int, made: _Made) -> bool:
    ahead = int(items[at].value or 1) if items[at].kind == "TOMORROW" else 0
    return any(when.day_offset == ahead for when in made.whens)


def _order(items: Sequence[Item], at: int, made: _Made) -> bool:
    return bool(_ORDER_WORDS[items[at].kind] & made.orders)


def _all_of(items: Sequence[Item], at: int, _made: _Made) -> bool:
    """ "all 2 SOL", "some 2 SOL", "the rest, 2 SOL": a share and a size cannot both be meant."""
    behind = items[at + 1] if at + 1 < len(items) else None
    return behind is None or behind.kind != "NUM" or (items[at].kind == "REST" and behind.value.unit == "percent")


def _any_of_them(items: Sequence[Item], at: int, made: _Made) -> bool:
    """ "any position": each by itself; only events are watched so, a profit or loss is that of all together."""
    return not (items[at].text.lower().startswith("any") and made.together)


def _at_once(items: Sequence[Item], at: int, made: _Made) -> bool:
    if items[at].text.lower() not in ("now", "rn", "right now", "at this moment", "this instant"):
        return True  # "close it immediately if …": without delay, once that is so
    return made.now or made.asked or (at > 0 and items[at - 1].kind in ("FROM", "STARTING"))


def _leverage(_items: Sequence[Item], _at: int, made: _Made) -> bool:
    """ "with leverage": how much of it was not said."""
    return made.asked or made.levered


def _is_rate(items: Sequence[Item], at: int) -> bool:
    """Whether a count is one in so much time: "3 times a week", "twice a month", "2x per day"."""
    behind = items[at + 1] if at + 1 < len(items) else None
    if behind is None or behind.kind not in ("EVERYDAY", "EVERYWEEK", "EVERYHOUR", "EVERYMONTH"):
        return False
    return items[at].kind != "NUM" or behind.text.lower().startswith(("per ", "a "))


def _count(items: Sequence[Item], at: int, _made: _Made) -> bool:
    return not _is_rate(items, at)


def _twice(items: Sequence[Item], at: int, made: _Made) -> bool:
    return not _is_rate(items, at) and _repeat(items, at, made)


def _repeat(_items: Sequence[Item], _at: int, made: _Made) -> bool:
    return made.again or bool(made.schedules)


_ORDER_WORDS = {
    "ATMARKET": {"market", "twap"},
    "LIMIT": {"limit", "ladder"},
    "POSTONLY": {"post"},
    "TWAP": {"twap"},
    "REDUCEONLY": {"reduce"},
}
_CHECKED: Mapping[str, Callable[[Sequence[Item], int, _Made], bool]] = {
    "NUM": _number, "COIN": _coin, "DUR": _span, "CLOCK": _clock, "DAY": _weekday, "DATE": _date, "NOON": _part_of_day,
    "MIDNIGHT": _part_of_day, "TOMORROW": _day_from_now,
    "TODAY": _day_from_now, "TONIGHT": _day_from_now, **dict.fromkeys(_ORDER_WORDS, _order),
    **dict.fromkeys(_AGAIN, _repeat), **dict.fromkeys(("ALL", "REST", "VAGUE"), _all_of),
    "LEVERAGE": _leverage, "NOW": _at_once, "EVERYTHING": _any_of_them, "TIMES": _count, "TWICE": _twice,
}  # fmt: skip
