"""Decides whether a bare number is dollars or percent; asks once for all of them, showing what each would mean."""

from decimal import Decimal
from typing import Literal

from core.domain.money import HUNDRED, ONE, plain
from core.parse.grammar.desk import Desk, Point, money
from core.parse.grammar.drafts import Change, Cond, GroupDraft, PnlDraft, Trail

LARGEST_GAIN = 300
"""A position may win so many percent; it can lose, and a price can fall, no more than all."""
Unit = Literal["usd", "percent"]


def resolved_unit(desk: Desk, threshold: Decimal, direction: str, market: str) -> tuple[Decimal, Unit]:
    """The threshold and unit of a bare number: the one that is possible, else the trader's answer."""
    current = desk.price(market)
    if threshold >= HUNDRED and not (direction == "gain" and threshold <= LARGEST_GAIN):
        desk.assume(f"{plain(threshold)} is dollars: {plain(threshold)} % cannot be.")
        return threshold, "usd"
    if current is not None and threshold >= current and direction == "down":
        desk.assume(f"{plain(threshold)} is percent: the price is {money(current)}.")
        return threshold, "percent"
    moves = [(number, cond) for number, draft in enumerate(desk.drafts) for cond in _bare(draft.cond)]
    fractions = all(abs(_number(cond)) < ONE for _, cond in moves)
    point = Point(
        key="unit",
        about="unit",
        text=f"{' and '.join(plain(abs(_number(cond))) for _, cond in moves)}: dollars or percent?",
        candidates=(
            (_label(desk, moves, "usd", ONE), "usd"),
            (_label(desk, moves, "percent", HUNDRED if fractions else ONE), "percent"),
        ),
    )
    answer = desk.ask(point, best="usd")
    if answer == "percent":
        return (threshold * HUNDRED if fractions else threshold), "percent"
    return threshold, ("percent" if answer == "literal_percent" else "usd")


def _bare(cond: Cond | None) -> list[Change | Trail | PnlDraft]:
    """The moves without a unit in a condition."""
    if isinstance(cond, GroupDraft):
        return [found for part in cond.parts for found in _bare(part)]
    return [cond] if isinstance(cond, Change | Trail | PnlDraft) and cond.unit is None and _number(cond) != 0 else []


def _number(cond: Change | Trail | PnlDraft) -> Decimal:
    number = cond.distance if isinstance(cond, Trail) else cond.threshold
    return Decimal(0) if number is None else number


def _label(desk: Desk, moves: list[tuple[int, Change | Trail | PnlDraft]], unit: Unit, scale: Decimal) -> str:
    """Dollars: $0.10 and $0.20 – fires at $149.90 / $150.20."""
    amounts = [abs(_number(cond)) * scale for _, cond in moves]
    said = " and ".join(money(amount) if unit == "usd" else f"{plain(amount)} %" for amount in amounts)
    fires = [_fires(desk, number, cond, amount, unit) for (number, cond), amount in zip(moves, amounts, strict=True)]
    shown = " / ".join(text for text in fires if text)
    name = "Dollars" if unit == "usd" else "Percent"
    return f"{name}: {said}" + (f" – fires at {shown}" if shown else "")


def _fires(desk: Desk, number: int, cond: Change | Trail | PnlDraft, amount: Decimal, unit: Unit) -> str:
    """The price at which it would fire, seen from now."""
    if isinstance(cond, PnlDraft):
        return ""
    market = cond.market or desk.markets[number]
    base = desk.price(market)
    if isinstance(cond, Change) and cond.reference == "entry_price":
        held = desk.holding(market)
        base = None if held is None else held.entry_price
    if base is None:
        return ""
    move = amount if unit == "usd" else base * amount / HUNDRED
    below, above = _shown(base - move), _shown(base + move)
    match cond.direction:
        case "down":
            return below
        case "up":
            return above
        case "either":
            return f"{below} or {above}"
        case None:
            return above if desk.held_side(market) == "short" else below


def _shown(price: Decimal) -> str:
    """A price with as many digits as it needs, and at least cents."""
    text = money(price)
    if abs(price) >= ONE and "." in text:
        return f"${price:,.2f}" if price == round(price, 2) else text
    return f"${price:,.2f}" if abs(price) >= ONE else text
