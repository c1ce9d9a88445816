"""Checks finished rules against the moment: would fire at once, a likely typo, two statements that cannot both hold."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from core.domain.action import Close, LadderOrder, LimitOrder, MoveStop, Reverse, Trade, is_exit
from core.domain.condition import (
    AccountLevel,
    AllOf,
    AnyOf,
    CandleClose,
    Condition,
    FundingRate,
    Indicator,
    Now,
    PositionPnl,
    PriceChange,
    PriceLevel,
    Trailing,
    leaves,
)
from core.domain.money import HUNDRED, ZERO
from core.domain.rule import RuleSpec
from core.parse.grammar.desk import Desk, Point, money
from core.parse.grammar.drafts import FIELDS, Change, Level
from core.parse.grammar.subjects import side_of

FAR = Decimal("0.5")
"""A price further than this share from the current one may be a typo."""


def checked(desk: Desk, rules: list[RuleSpec], numbers: list[int]) -> list[RuleSpec]:
    """The rules after what was answered about them; notes what must be asked. `numbers` are their drafts."""
    _contradictions(desk, rules, numbers)
    result = []
    for rule, number in zip(rules, numbers, strict=True):
        if any(amount <= ZERO for part in (*leaves(rule.condition), rule.action) for amount in _amounts(part)):
            text = "A price, a distance and a number of times must be above zero. What do you mean?"
            desk.ask(Point(key=f"zero:{number}", about="value", text=text))
        if any(_bottomless(part) for part in leaves(rule.condition)):
            text = "No price falls by 100 % or more. How far must it fall?"
            desk.ask(Point(key=f"zero:{number}", about="value", text=text))
        _far(desk, rule, number)
        result.append(_standing(desk, rule, number))
    return result


def _amounts(part: object) -> Iterator[Decimal]:
    """Every number of a condition or an action that can only be above zero."""
    if isinstance(part, _SIGNED):
        return
    for name in FIELDS[part.__class__]:
        value = getattr(part, name)
        if isinstance(value, _NUMBERS) and not isinstance(value, bool):
            yield Decimal(value)
        elif name == "order":
            yield from _amounts(value)


_NUMBERS = (Decimal, int)
_SIGNED = (PositionPnl, FundingRate, Indicator, AccountLevel)
"""What may be measured against zero and less."""


def _bottomless(part: Condition) -> bool:
    """Whether it waits for a fall of the whole price."""
    match part:
        case PriceChange(unit="percent", direction="down" | "either", threshold=size):
            return size >= HUNDRED
        case Trailing(unit="percent", direction="down", distance=size):
            return size >= HUNDRED
        case _:
            return False


def holds(desk: Desk, condition: Condition) -> bool | None:
    """Whether the condition holds at the current prices; None where prices alone do not tell."""
    match condition:
        case PriceLevel():
            current = desk.price(condition.market)
            if current is None:
                return None
            return current >= condition.price if condition.operator == ">=" else current <= condition.price
        case PriceChange(reference="entry_price"):
            return _moved(desk, condition)
        case AllOf():
            known = [holds(desk, part) for part in condition.conditions]
            return False if False in known else None if None in known else True
        case AnyOf():
            known = [holds(desk, part) for part in condition.conditions]
            return True if True in known else None if None in known else False
        case _:
            return None


def _moved(desk: Desk, change: PriceChange) -> bool | None:
    held, current = desk.holding(change.market), desk.price(change.market)
    if held is None or current is None:
        return None
    entry = held.entry_price
    step = change.threshold if change.unit == "usd" else entry * change.threshold / HUNDRED
    return current <= entry - step if change.direction == "down" else current >= entry + step


def _standing(desk: Desk, rule: RuleSpec, number: int) -> RuleSpec:
    """The rule, or what was answered where it would fire at once."""
    if rule.after is not None or not _levels_only(rule.condition) or not holds(desk, rule.condition):
        return rule
    if any(isinstance(leaf, PriceLevel) and leaf.for_s is not None for leaf in leaves(rule.condition)):
        return rule
    levels = [leaf for leaf in leaves(rule.condition) if isinstance(leaf, PriceLevel)]
    flipped = _flipped(desk, rule, number)
    candidates: tuple[tuple[str, object], ...] = (("Do it now", "now"),)
    if flipped is not None and levels:
        word = "rises to" if levels[0].operator == "<=" else "falls to"
        candidates = (*candidates, (f"Wait until it {word} {money(levels[0].price)}", "flip"))
    current = desk.price(levels[0].market) if levels else None
    text = "That already holds" + ("" if current is None else f" with the price at {money(current)}")
    answer = desk.ask(
        Point(
            key=f"standing:{number}",
            about="already_true",
            text=f"{text}, so it would fire at once.",
            candidates=candidates,
        )
    )
    if answer == "now":
        return replace(rule, condition=Now())
    return flipped if answer == "flip" and flipped is not None else rule


def _levels_only(condition: Condition) -> bool:
    return any(isinstance(leaf, PriceLevel | PriceChange) for leaf in leaves(condition))


def _flipped(desk: Desk, rule: RuleSpec, number: int) -> RuleSpec | None:
    """The rule with its one level seen from the other side."""
    level = rule.condition
    if not isinstance(level, PriceLevel) or desk.price(level.market) == level.price:
        return None
    if desk.drafts[number].act.purpose is not None:
        return None
    return replace(rule, condition=replace(level, operator="<=" if level.operator == ">=" else ">="))


def _far(desk: Desk, rule: RuleSpec, number: int) -> None:
    for market, price in _prices(desk, rule):
        current = desk.price(market)
        if current is None or current <= ZERO or abs(price - current) <= current * FAR:
            continue
        side = "above" if price > current else "below"
        desk.ask(
            Point(
                key=f"far:{number}:{price}",
                about="far_price",
                text=f"{money(price)} is far {side} the current {money(current)}. Is it right?",
                candidates=((f"Yes, {money(price)} is right", "yes"),),
            )
        )


def _prices(desk: Desk, rule: RuleSpec) -> Iterator[tuple[str, Decimal]]:
    """Every absolute price in a rule, with its market."""
    for leaf in leaves(rule.condition):
        match leaf:
            case PriceLevel() | CandleClose():
                yield leaf.market, leaf.price
            case Trailing(activation_price=Decimal() as price):
                yield leaf.market, price
            case PriceChange(unit="usd", reference="current_price", direction="down" | "up"):
                current = desk.price(leaf.market)
                if current is not None:
                    yield leaf.market, current + (leaf.threshold if leaf.direction == "up" else -leaf.threshold)
            case _:
                pass
    order = getattr(rule.action, "order", None)
    market = getattr(rule.action, "market", "")
    if isinstance(rule.action, MoveStop) and isinstance(rule.action.to, Decimal):
        yield market, rule.action.to
    match order:
        case LimitOrder():
            yield market, order.price
        case LadderOrder():
            yield market, order.from_price
            yield market, order.to_price
        case _:
            pass


def _contradictions(desk: Desk, rules: list[RuleSpec], numbers: list[int]) -> None:
    for rule, number in zip(rules, numbers, strict=True):
        if _impossible(rule.condition):
            desk.ask(
                Point(
                    key=f"never:{number}",
                    about="contradiction",
                    text="Those two conditions can never hold at the same time.",
                )
            )
    _crossed_exits(desk, numbers)
    _wrong_way(desk, numbers)
    _nothing_left(desk, rules, numbers)
    _stops_beyond_entry(desk, rules)
    _stops_beyond_price(desk, rules, numbers)
    _opposite_trades(desk, rules)


def _impossible(condition: Condition) -> bool:
    if not isinstance(condition, AllOf):
        return False
    levels = [part for part in condition.conditions if isinstance(part, PriceLevel)]
    return any(
        low.market == high.market and low.operator == ">=" and high.operator == "<=" and low.price > high.price
        for low in levels
        for high in levels
    )


def _nothing_left(desk: Desk, rules: list[RuleSpec], numbers: list[int]) -> None:
    """Several targets (or stops) of which the first closes everything: how much at each was not said."""
    whole: set[tuple[str | None, str | None]] = set()
    for rule, number in zip(rules, numbers, strict=True):
        act = desk.drafts[number].act
        place = (desk.markets[number], act.purpose)
        if act.purpose is None or getattr(rule.action, "amount_percent", None) != HUNDRED:
            continue
        if place in whole:
            text = "The first of these closes the whole position. How much of it at the first?"
            first = next(n for n in numbers if (desk.markets[n], desk.drafts[n].act.purpose) == place)
            desk.ask(Point(key=f"amount:{first}", about="size", text=text))
        if not act.rest:
            whole.add(place)


def _crossed_exits(desk: Desk, numbers: list[int]) -> None:
    """A target on the losing side of a stop, seen from the side of the position."""
    for target in numbers:
        for stop in numbers:
            if desk.drafts[target].act.purpose != "target" or desk.drafts[stop].act.purpose != "stop":
                continue
            high, low = desk.drafts[target].cond, desk.drafts[stop].cond
            if not isinstance(high, Level) or not isinstance(low, Level) or high.price is None or low.price is None:
                continue
            if desk.markets[target] != desk.markets[stop]:
                continue
            facing = side_of(desk, target)
            if facing is None or (high.price > low.price) == (facing == "long"):
                continue
            levels = f"a target at {money(high.price)} and a stop at {money(low.price)}"
            text = f"On a {facing}, {levels} are the wrong way round."
            swap = (f"Stop at {money(high.price)}, take profit at {money(low.price)}", "swap")
            desk.ask(Point(key=f"crossed:{target}:{stop}", about="contradiction", text=text, candidates=(swap,)))


def _wrong_way(desk: Desk, numbers: list[int]) -> None:
    """A stop that waits for the position to gain, or a target that waits for it to lose."""
    for number in numbers:
        draft = desk.drafts[number]
        if draft.act.purpose not in ("stop", "target") or not isinstance(draft.cond, Change) or draft.cond.favour:
            continue
        facing = side_of(desk, number)
        gains = (draft.cond.direction == "up") == (facing == "long")
        if facing is None or draft.cond.direction == "either" or gains == (draft.act.purpose == "target"):
            continue
        text = f"On a {facing}, a {draft.act.purpose} {draft.cond.direction} there is on the wrong side. Which price?"
        desk.ask(Point(key=f"way:{number}", about="contradiction", text=text))


def _stops_beyond_entry(desk: Desk, rules: list[RuleSpec]) -> None:
    """A stop or target of an entry that would already hold when the entry fills."""
    by_id = {rule.id: rule for rule in rules}
    for rule in rules:
        entry = by_id.get(rule.after or "")
        if entry is None or not isinstance(rule.condition, PriceLevel) or not isinstance(entry.action, Trade):
            continue
        at = _entry_price(desk, entry)
        if at is None or not is_exit(rule.action) or rule.condition.market != entry.action.market:
            continue
        beyond = at >= rule.condition.price if rule.condition.operator == ">=" else at <= rule.condition.price
        if beyond:
            exit_at = money(rule.condition.price)
            text = f"The exit at {exit_at} would already hold when you get in at about {money(at)}."
            desk.ask(Point(key=f"beyond:{rule.id}", about="contradiction", text=text))


def _stops_beyond_price(desk: Desk, rules: list[RuleSpec], numbers: list[int]) -> None:
    """A stop that is moved to where it would be hit at once."""
    for rule, number in zip(rules, numbers, strict=True):
        action, level = rule.action, rule.condition
        if not isinstance(action, MoveStop) or not isinstance(action.to, Decimal):
            continue
        reached = isinstance(level, PriceLevel) and level.market == action.market
        at = level.price if isinstance(level, PriceLevel) and reached else desk.price(action.market)
        facing = side_of(desk, number)
        if at is None or facing is None or rule.after is not None or (action.to < at) == (facing == "long"):
            continue
        text = f"On a {facing}, a stop at {money(action.to)} would be hit at once with the price at {money(at)}."
        desk.ask(Point(key=f"way:{number}", about="contradiction", text=text))


def _entry_price(desk: Desk, entry: RuleSpec) -> Decimal | None:
    level = entry.condition
    if isinstance(level, PriceLevel | CandleClose) and level.market == entry.action.market:  # type: ignore[union-attr]
        return level.price
    order = getattr(entry.action, "order", None)
    if isinstance(order, LimitOrder):
        return order.price
    return desk.price(getattr(entry.action, "market", None)) if isinstance(entry.condition, Now) else None


def _opposite_trades(desk: Desk, rules: list[RuleSpec]) -> None:
    """Buying and selling the same on one condition."""
    for first in rules:
        for second in rules:
            one, other = first.action, second.action
            both = {type(one), type(other)} == {Close, Reverse} and one.market == other.market  # type: ignore[union-attr]
            both = both and (first.condition == second.condition or isinstance(first.condition, Now))
            if both and first.id < second.id:
                text = "Close it, or turn it round? Say one of the two."
                desk.ask(Point(key=f"opposite:{first.id}", about="contradiction", text=text))
            if first.id >= second.id or not isinstance(one, Trade) or not isinstance(other, Trade):
                continue
            same = first.condition == second.condition and first.after == second.after and one.market == other.market
            if same and one.type != other.type:
                text = "You ask to buy and to sell the same market at the same moment."
                desk.ask(Point(key=f"opposite:{first.id}", about="contradiction", text=text))
