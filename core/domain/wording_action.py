"""What a rule does, in words; decides no size."""

from decimal import Decimal
from typing import assert_never

from core.domain.action import (
    Action,
    Alert,
    Close,
    LadderOrder,
    LimitOrder,
    MarketOrder,
    MoveStop,
    OrderKind,
    Retraction,
    Reverse,
    Trade,
    TwapOrder,
)
from core.domain.condition import ALL_MARKETS
from core.domain.money import HUNDRED, ONE
from core.domain.wording_amounts import say_amount, say_bps, say_duration, say_number, say_percent, say_price


def say_action(action: Action) -> str:
    """What will be done: `sell 50 % of the SOL-PERP position (reduce-only), market order, at most 0.5 % slippage`."""
    match action:
        case Trade():
            return f"{_say_trade(action)}, {say_order(action.order)}"
        case Close(market=market, amount_percent=percent, order=order):
            whole = "every open position" if market == ALL_MARKETS else f"the {market} position"
            part = whole if percent == HUNDRED else f"{say_percent(percent)} of {whole}"
            return f"close {part} (reduce-only), {say_order(order)}"
        case Reverse(market=market, order=order):
            return f"close the {market} position and open the same size on the other side, {say_order(order)}"
        case Retraction(type=kind, market=market):
            what = {"cancel_orders": "cancel all open orders", "cancel_rules": "cancel all rules"}
            where = "" if market == ALL_MARKETS else f" on {market}"
            return what.get(kind, "pause all rules") + where
        case MoveStop(market=market, to=to):
            target = "the position's entry price" if to == "entry_price" else say_price(Decimal(to), exact=True)
            return f"move the {market} stop to {target}"
        case Alert(message=message):
            return "alert you" if message is None else f'alert you: "{one_line(message)}"'
        case _:
            assert_never(action)


def say_leg(action: Action, leg_no: int) -> str:
    """What one leg of *action* is to trade, before it is sized: `buy 2 SOL (part 3 of 6)`; `leg_no` counts from 1."""
    match action:
        case Trade(order=TwapOrder(slices=parts) | LadderOrder(orders=parts)):
            what = _say_part(action, parts)
        case Trade():
            parts, what = 1, _say_part(action, 1)
        case Close(market=market, amount_percent=percent, order=order):
            parts = order.slices if isinstance(order, TwapOrder) else 1
            what = f"close {say_percent(percent)} of a position" if market == ALL_MARKETS else f"close {market}"
        case Reverse(market=market):
            return f"reverse {market} (part {leg_no} of 2)"
        case _:
            return say_action(action)
    return what if parts == 1 else f"{what} (part {(leg_no - 1) % parts + 1} of {parts})"


def _say_part(trade: Trade, parts: int) -> str:
    """The trade's size, where it is an amount shared among *parts*."""
    if trade.amount_base is not None:
        return f"{trade.type} {say_amount(trade.amount_base / parts, trade.market)}"
    money = trade.amount_usd
    if trade.margin_usd is not None:
        money = trade.margin_usd * (trade.leverage or ONE)
    if money is not None:
        return f"{trade.type} {say_price(money / parts)} of {trade.market}"
    share = say_percent(trade.amount_percent or HUNDRED)
    whole = (
        f"{share} of the {trade.market} position"
        if trade.reduce_only
        else f"{trade.market} with {share} of what is free"
    )
    return f"{trade.type} {whole if parts == 1 else f'an equal part of {whole}' if trade.reduce_only else whole}"


def say_order(order: OrderKind) -> str:
    """How it is traded: `limit order at $160.00, post-only`."""
    match order:
        case MarketOrder(max_slippage_bps=bps):
            return f"market order, at most {say_bps(bps)} slippage"
        case LimitOrder(price=price, post_only=post_only, ttl_s=ttl_s):
            maker = ", post-only" if post_only else ""
            end = "" if ttl_s is None else f", taken back after {say_duration(ttl_s)}"
            return f"limit order at {say_price(price, exact=True)}{maker}{end}"
        case TwapOrder(over_s=over_s, slices=slices):
            return f"in {slices} equal market orders spread over {say_duration(over_s)}"
        case LadderOrder(orders=orders, from_price=low, to_price=high):
            return f"in {orders} equal limit orders from {say_price(low, exact=True)} to {say_price(high, exact=True)}"
        case _:
            assert_never(order)


def one_line(text: str) -> str:
    """Somebody's text without line breaks and invisible characters, so that it cannot pass for lines of ours."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def _say_trade(trade: Trade) -> str:
    verb = "buy" if trade.type == "buy" else "sell"
    lever = "" if trade.leverage is None else f" at {say_number(trade.leverage)}x leverage"
    if trade.reduce_only:
        side = "long" if trade.type == "sell" else "short"
        back = "" if trade.type == "sell" else " back"
        return f"{verb}{back} {_say_exit_size(trade, side)}{lever} (reduce-only)"
    opens = f"(can open or add to a {'long' if trade.type == 'buy' else 'short'})"
    if trade.amount_base is not None:
        return f"{verb} {say_amount(trade.amount_base, trade.market, exact=True)} on {trade.market}{lever} {opens}"
    if trade.amount_usd is not None:
        return f"{verb} {say_price(trade.amount_usd, exact=True)} of {trade.market}{lever} {opens}"
    if trade.margin_usd is not None:
        notional = say_price(trade.margin_usd * (trade.leverage or ONE), exact=True)
        margin = say_price(trade.margin_usd, exact=True)
        return f"{verb} {notional} of {trade.market} with {margin} of margin{lever} {opens}"
    share = say_percent(trade.amount_percent or HUNDRED)
    return f"{verb} {trade.market} with {share} of free collateral{lever} {opens}"


def _say_exit_size(trade: Trade, side: str) -> str:
    position = f"the {trade.market} {side}"
    if trade.amount_base is not None:
        return f"{say_amount(trade.amount_base, trade.market, exact=True)} of {position}"
    if trade.amount_usd is not None:
        return f"{say_price(trade.amount_usd, exact=True)} of {position}"
    if trade.margin_usd is not None:
        notional = say_price(trade.margin_usd * (trade.leverage or ONE), exact=True)
        return f"{notional} of {position} with {say_price(trade.margin_usd, exact=True)} of margin"
    return f"{say_percent(trade.amount_percent or HUNDRED)} of {position}"
