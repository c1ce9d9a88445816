"""How much a leg trades, from its words and the account as it is; decides sizes and sides, never limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from core.domain.action import Close, LadderOrder, Reverse, Trade, TwapOrder
from core.domain.market import Market, Side
from core.domain.money import HUNDRED, ONE, floor_to, percent_of, plain
from core.domain.position import Account, Position

_WHOLE = HUNDRED - Decimal("1e-9")
"""A last slice's share is a quotient; what it lacks of 100 % is rounding, and must not leave dust behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One order's share of a trigger, as planned when it fires."""

    market: str
    due_at: datetime
    share: Decimal = ONE
    limit_price: Decimal | None = None
    step: Literal["trade", "reverse_open"] = "trade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """What to send: `base` > 0 on the market's step."""

    side: Side
    base: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToDo:
    """Nothing can be sent, and why; `position_gone` = there is nothing left to exit."""

    reason: str
    position_gone: bool = False


def plan_legs(action: Trade | Close | Reverse, markets: Sequence[str], now: datetime) -> list[Leg]:
    """The legs of one trigger of *action* in *markets* (several for a close of everything)."""
    legs: list[Leg] = []
    for market in markets:
        legs.extend(_legs_of(action, market, now))
    return legs


def _legs_of(action: Trade | Close | Reverse, market: str, now: datetime) -> list[Leg]:
    if isinstance(action, Reverse):
        return [Leg(market=market, due_at=now), Leg(market=market, due_at=now, step="reverse_open")]
    percent = _exit_percent(action)
    match action.order:
        case TwapOrder(over_s=over_s, slices=slices):
            gap = timedelta(seconds=over_s) / max(1, slices)
            return [
                Leg(market=market, due_at=now + gap * number, share=_share(number, slices, percent))
                for number in range(slices)
            ]
        case LadderOrder(orders=orders, from_price=first, to_price=last):
            rung = (last - first) / (orders - 1) if orders > 1 else Decimal(0)
            return [
                Leg(market=market, due_at=now, share=ONE / orders, limit_price=first + rung * number)
                for number in range(orders)
            ]
        case _:
            return [Leg(market=market, due_at=now)]


def _share(number: int, of: int, exit_percent: Decimal | None) -> Decimal:
    """The share of the whole that slice *number* (from 0) takes when it is sized.

    Absolute sizes split evenly. An exit in percent is sized from what is *left* then, so later slices take more of
    less, and the last slice of a full exit takes all of it.
    """
    if exit_percent is None:
        return ONE / of
    done = exit_percent / HUNDRED * number / of
    return min(ONE, ONE / of / (ONE - done))


def _exit_percent(action: Trade | Close | Reverse) -> Decimal | None:
    match action:
        case Close(amount_percent=percent):
            return percent
        case Trade(reduce_only=True, amount_percent=Decimal() as percent):
            return percent
        case _:
            return None


def size(
    action: Trade | Close | Reverse,
    *,
    share: Decimal,
    account: Account,
    market: Market,
    mark: Decimal,
    price: Decimal | None = None,
    before: int = 0,
) -> Sized | NothingToDo:
    """What a leg with *share* of *action* sends, given the live account and the mark (quote).

    `price` is the leg's own limit price where it has one: notionals are turned into base there. `before` counts the
    legs of equal share that come before this one: what rounding takes from one falls to the next. Sizes are floored
    to the step, except a full exit, which takes the position as it is; an exit may be smaller than the market's
    smallest order.
    """
    at = mark if price is None else price
    if not (isinstance(action, Trade) and not action.reduce_only):
        position = account.position(market.symbol)
        return _exit(action, share=share, before=before, position=position, market=market, at=at)
    if action.amount_base is not None:
        base = action.amount_base
    elif action.amount_usd is not None:
        base = action.amount_usd / at
    elif action.margin_usd is not None:
        base = action.margin_usd * (action.leverage or ONE) / at
    elif action.amount_percent is not None:
        base = percent_of(action.amount_percent, account.free_collateral) * (action.leverage or ONE) / at
    else:
        return NothingToDo(reason="no size was given")
    return _rounded(action.type, _slice(base, share, before, market), market, market.min_base)


def _slice(whole: Decimal, share: Decimal, before: int, market: Market) -> Decimal:
    """The part of *whole* of the leg with *before* equal ones before it; all parts together are *whole*, floored."""
    of = int((ONE / share).to_integral_value())
    if of == 1:
        return whole
    place = before % of  # legs in several markets are counted through
    return floor_to(whole * (place + 1) / of, market.step) - floor_to(whole * place / of, market.step)


def _exit(
    action: Trade | Close | Reverse,
    *,
    share: Decimal,
    before: int,
    position: Position | None,
    market: Market,
    at: Decimal,
) -> Sized | NothingToDo:
    if position is None:
        return NothingToDo(reason=f"there is no {market.symbol} position left to exit", position_gone=True)
    side: Side = "sell" if position.base > 0 else "buy"
    held = abs(position.base)
    match action:
        case Trade(type=wanted) if wanted != side:
            return NothingToDo(
                reason=f"your {market.symbol} position is {position.side}, and a reduce-only {wanted} cannot shrink it",
                position_gone=True,
            )
        case (
            Trade(amount_percent=Decimal() as percent, order=LadderOrder())
            | Close(amount_percent=percent, order=LadderOrder())
        ):
            base = _slice(percent_of(percent, held), share, before, market)
        case Trade(amount_percent=Decimal() as percent) | Close(amount_percent=percent):
            base = held if percent * share >= _WHOLE else percent_of(percent, held) * share
        case Trade(amount_base=Decimal() as amount):
            base = _slice(amount, share, before, market)
        case Trade(amount_usd=Decimal() as amount):
            base = _slice(amount / at, share, before, market)
        case Trade(margin_usd=Decimal() as amount, leverage=leverage):
            base = _slice(amount * (leverage or ONE) / at, share, before, market)
        case Reverse():
            base = held
        case _:
            return NothingToDo(reason="no size was given")
    if base >= held:
        return Sized(side=side, base=held)
    # A share is a quotient: what it lacks of a third is rounding, and must not cost a step.
    return _rounded(side, round(base, 12), market, market.step)


def _rounded(side: Side, base: Decimal, market: Market, least: Decimal) -> Sized | NothingToDo:
    floored = floor_to(base, market.step)
    if floored < least or floored <= 0:
        return NothingToDo(
            reason=f"{plain(round(base, 12))} {market.base} is under the smallest order of {plain(least)} {market.base}"
        )
    return Sized(side=side, base=floored)
