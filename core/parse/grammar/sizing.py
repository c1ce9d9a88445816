"""Turns an action as said into an action of the language: side, size, order, leverage; asks where words are short."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

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
from core.domain.money import HUNDRED, ZERO, plain
from core.domain.reading import DEFAULT_MAX_LEVERAGE
from core.domain.wording import say_duration
from core.parse.grammar.desk import Desk, Point, coin, money
from core.parse.grammar.drafts import Act
from core.parse.grammar.items import Amount
from core.parse.grammar.slots import share
from core.parse.grammar.subjects import entry_of, side_of

SMALLEST_DOLLARS = 10
"""From here on a bare number that answers “how much?” may as well count dollars."""
HUGE_COUNT, HUGE_DOLLARS = 1000, 100_000
"""So many coins, worth so much, may be as many dollars of them: "buy 1k of SOL"."""

TWAP_SLICE_S = 300


def settle_action(desk: Desk, number: int) -> Action | None:
    """The action of draft *number*; None where too little is known even for a guess."""
    act, market = desk.drafts[number].act, desk.markets[number]
    match act.verb:
        case "alert":
            return Alert(message=act.message)
        case "cancel_orders" | "cancel_rules" | "pause_rules":
            return Retraction(type=act.verb, market=market or "*")
        case _:
            pass
    if market is None:
        return None
    match act.verb:
        case "move_stop":
            to = act.to
            if to is None:
                to = desk.ask(Point(key=f"to:{number}", about="value", text="At what price should the stop be?"))
            return None if to is None else MoveStop(market=market, to=to)
        case "reverse":
            return Reverse(market=market, order=_order(desk, number))
        case "buy" if act.text.lower().startswith("twap") and desk.holding(market) is not None:
            text = f"You hold {coin(market)}: buy more of it, or sell?"
            ways = (("Buy more", "buy"), ("Sell", "sell")) if desk.held_side(market) == "long" else ()
            way = desk.ask(Point(key=f"way:{number}", about="side", text=text, candidates=ways), best="buy")
            return _reducing(desk, number, market) if way == "sell" else _opening(desk, number, market)
        case "buy" | "long" | "short":
            return _opening(desk, number, market)
        case "sell":
            return _sale(desk, number, market)
        case "close":
            return _closing(desk, number, market)
        case _:
            return _reducing(desk, number, market)


def _order(desk: Desk, number: int) -> OrderKind:
    order = desk.drafts[number].act.order
    match order.type:
        case "limit":
            price = order.price
            if price is None:
                price = desk.ask(
                    Point(key=f"price:{number}", about="value", text="At what price should the limit order rest?")
                )
            return LimitOrder(price=price or ZERO, post_only=order.post_only, ttl_s=order.ttl_s)
        case "twap":
            over_s = order.over_s
            if over_s is None:
                text = "Over what time should the order be spread?"
                over_s = desk.ask(Point(key=f"over:{number}", about="value", text=text), best=3600)
            slices = order.slices
            if slices is None:
                slices = max(2, over_s // TWAP_SLICE_S)
                desk.assume(f"{slices} slices, one every {say_duration(over_s // slices)}.")
            return TwapOrder(over_s=over_s, slices=slices)
        case "ladder":
            if order.orders is None or order.from_price is None or order.to_price is None:
                text = "From which price to which, and in how many orders?"
                desk.ask(Point(key=f"ladder:{number}", about="value", text=text))
                return MarketOrder()
            return LadderOrder(orders=order.orders, from_price=order.from_price, to_price=order.to_price)
        case _:
            if order.slippage_bps is None:
                percent = plain(Decimal(desk.context.slippage_bps) / HUNDRED)
                desk.assume(f"Market order, at most {percent} % slippage.")
            return MarketOrder(max_slippage_bps=order.slippage_bps or desk.context.slippage_bps)


def _opening(desk: Desk, number: int, market: str) -> Action | None:
    act = desk.drafts[number].act
    if act.verb == "buy" and (act.held or act.reduce_only) and desk.held_side(market) == "short":
        return _reducing(desk, number, market)
    side: Literal["buy", "sell"] = "sell" if act.verb == "short" else "buy"
    if act.reduce_only:
        return _reducing(desk, number, market, side)
    if act.side not in (None, "short" if side == "sell" else "long"):
        text = f"You say “{act.text}”, and speak of a {act.side}. Do you want to buy, or to sell short?"
        desk.ask(Point(key=f"side:{number}", about="side", text=text))
    if act.text.lower() == "add" and side == "buy" and desk.held_side(market) == "short":
        text = f"You are short {coin(market)}. Say “short” with a size to add to it, or “buy” with a size."
        desk.ask(Point(key=f"side:{number}", about="side", text=text))
    return _sized(desk, number, market, side)


def _counted(desk: Desk, number: int, market: str, value: Decimal) -> Decimal:
    """ "4 orders of $100": in all, or each."""
    order, size = desk.drafts[number].act.order, desk.drafts[number].act.size
    if not order.counted or order.orders is None or size is None:
        return value
    every = Amount(value=value * order.orders, unit=size.unit)
    labels = (f"{_said(size, market)} in all", f"{_said(size, market)} each, {_said(every, market)} in all")
    text = f"Is that {_said(size, market)} for each of the {order.orders} orders, or in all?"
    candidates = ((labels[0], value), (labels[1], every.value))
    answer: Decimal = desk.ask(Point(key=f"each:{number}", about="size", text=text, candidates=candidates), best=value)
    return answer


def _sized(desk: Desk, number: int, market: str, side: Literal["buy", "sell"]) -> Trade | None:
    """An opening trade with exactly one size."""
    act = desk.drafts[number].act
    leverage = _leverage(desk, number, market)
    order = _order(desk, number)
    size = _size(desk, number, market)
    if size is None:
        return None
    kind, value = size[0], _counted(desk, number, market, size[1])
    if kind == "margin_usd" and leverage is None:
        kind = "amount_usd"
        desk.assume(f"{money(value)} is the size of the position, without leverage.")
    if kind == "amount_percent" and not act.of_collateral:
        desk.assume(f"{plain(value)} % of your free collateral.")
    sized: dict[str, Any] = {kind: value}
    return Trade(type=side, market=market, reduce_only=False, order=order, leverage=leverage, **sized)


def _size(desk: Desk, number: int, market: str) -> tuple[str, Decimal] | None:
    act = desk.drafts[number].act
    said: Amount | None = desk.choices.get(f"amount:{number}", act.size)
    point = Point(
        key=f"amount:{number}", about="size", text=f"How much {coin(market)}? For example 2 {coin(market)}, or $200."
    )
    margin = act.margin if f"amount:{number}" not in desk.choices else None
    if margin is not None and act.leverage is None and act.text.lower() == "add":
        text = "I cannot add margin to a position. Do you want to buy more? Then say how much, like 2 SOL or $200."
        return _asked(desk, Point(key=point.key, about="size", text=text))
    if margin is not None:
        return ("margin_usd", margin) if margin > 0 and said is None else _asked(desk, point)
    if said is None or (act.bad_number and f"amount:{number}" not in desk.choices):
        if act.whole and act.of_collateral:
            return "amount_percent", HUNDRED
        return _asked(desk, point)
    if said is act.size and _may_be_price(desk, number, market):
        text = f"Is {plain(said.value)} how much {coin(market)}, or a price? Say it like 2 {coin(market)}, or $200."
        return _asked(desk, Point(key=point.key, about="size", text=text))
    if said.signed <= 0:
        return _asked(desk, Point(key=point.key, about="size", text=f"A size must be above zero. {point.text}"))
    huge = said is act.size and said.unit == "" and said.value * (desk.price(market) or ZERO) >= HUGE_DOLLARS
    if (said.bare and said.value >= SMALLEST_DOLLARS) or (huge and said.value >= HUGE_COUNT):
        counted = f"{plain(said.value)} {coin(market)}"
        dollars = replace(said, unit="usd", bare=False)
        return _asked(
            desk,
            Point(
                key=point.key,
                about="size",
                text=f"Is that {counted}, or {money(said.value)}?",
                candidates=((counted, replace(said, bare=False)), (money(said.value), dollars)),
            ),
        )
    match said.unit:
        case "percent" if said.value > HUNDRED or not (act.of_collateral or f"amount:{number}" in desk.choices):
            return _asked(desk, point)
        case "percent":
            return "amount_percent", said.value
        case "usd":
            return _dollars(desk, number, said.value)
        case "times":
            return _asked(desk, point)
        case _:
            return "amount_base", said.value


def _may_be_price(desk: Desk, number: int, market: str) -> bool:
    """Whether a bare number is so near the price that it may be one: `buy SOL 140`."""
    act, current = desk.drafts[number].act, desk.price(market)
    if act.size is None or not act.loose_number or current is None or act.at is not None:
        return False
    if act.unnamed:  # "if HYPE …, buy 20" is less like a price than "buy HYPE 20"
        return current * 4 / 5 <= act.size.value <= current * 5 / 4
    return current / 2 <= act.size.value <= current * 2


def _asked(desk: Desk, point: Point) -> tuple[str, Decimal] | None:
    """The size question; there is no guess."""
    desk.insist(point)
    return None


def _dollars(desk: Desk, number: int, value: Decimal) -> tuple[str, Decimal]:
    """`$50 of ETH 10x` is notional; a bare `$50 10x` is asked."""
    act = desk.drafts[number].act
    if act.leverage is None or act.notional:
        return "amount_usd", value
    times = plain(act.leverage)
    point = Point(
        key=f"stake:{number}",
        about="size",
        text=f"Is {money(value)} your own money, or the size of the whole position?",
        candidates=(
            (f"My own money: {money(value)} at {times}x – a position of {money(value * act.leverage)}", "margin_usd"),
            (f"The whole position: {money(value)}", "amount_usd"),
        ),
    )
    return desk.ask(point, best="amount_usd"), value


def _leverage(desk: Desk, number: int, market: str) -> Decimal | None:
    act = desk.drafts[number].act
    if act.leverage is None:
        return None
    limit = desk.context.max_leverage.get(market, DEFAULT_MAX_LEVERAGE)
    said: Decimal = desk.choices.get(f"leverage:{number}", act.leverage)
    if ZERO < said <= limit:
        return said
    point = Point(
        key=f"leverage:{number}",
        about="leverage",
        text=f"{plain(said)}x is not possible on {market}; the most is {plain(limit)}x. What leverage do you want?",
        candidates=((f"{plain(limit)}x", limit),),
    )
    desk.insist(point)
    return limit


def _is_exit(desk: Desk, act: Act, number: int) -> bool:
    """Whether a "sell" speaks of something held rather than of a new short."""
    if act.of_collateral:
        return False
    spoken = act.held or act.everything or act.rest or act.whole or act.reduce_only
    return spoken or entry_of(desk, number) is not None or (act.size is not None and act.size.unit == "percent")


def _sale(desk: Desk, number: int, market: str) -> Action | None:
    act = desk.drafts[number].act
    if act.leverage is not None and not act.of_collateral:
        if desk.held_side(market) == "long":
            text = f"You are long {coin(market)}. Should that reduce it, without leverage, or open a short?"
            desk.ask(Point(key=f"side:{number}", about="side", text=text))
        return _sized(desk, number, market, "sell")
    if _is_exit(desk, act, number):
        return _reducing(desk, number, market)
    if (act.size is not None and act.size.signed <= 0) or act.bad_number:
        _size(desk, number, market)
        return None
    if desk.held_side(market) == "long" and not act.of_collateral:
        return _reducing(desk, number, market)
    what = "" if act.size is None else f" {_said(act.size, market)}"
    point = Point(
        key=f"direction:{number}",
        about="side",
        text=f"You hold no {coin(market)} to sell. Do you want to open a short?",
        candidates=(
            (f"Open a short{what and ' of' + what}", "open"),
            ("Only reduce a position, if there is one then", "reduce"),
        ),
    )
    if desk.ask(point, best="reduce") == "open":
        return _sized(desk, number, market, "sell")
    return _reducing(desk, number, market)


def _said(size: Amount, market: str) -> str:
    if size.unit == "usd":
        return money(size.value)
    return f"{plain(size.value)} %" if size.unit == "percent" else f"{plain(size.value)} {coin(market)}"


def _closing(desk: Desk, number: int, market: str) -> Action | None:
    act = desk.drafts[number].act
    if act.size is not None and act.size.unit != "percent":
        return _reducing(desk, number, market)
    if market != "*":
        side_of(desk, number)
    _no_leverage(desk, number)
    percent = _percent(desk, number)
    return None if percent is None else Close(market=market, amount_percent=percent, order=_order(desk, number))


def _no_leverage(desk: Desk, number: int) -> None:
    """Asks where leverage was said of an exit, which has none."""
    leverage = desk.drafts[number].act.leverage
    if leverage is not None:
        text = f"Leverage is for opening a position. What should {plain(leverage)}x say of closing one?"
        desk.ask(Point(key=f"lever:{number}", about="leverage", text=text))


def _percent(desk: Desk, number: int) -> Decimal | None:
    act = desk.drafts[number].act
    said: Amount | None = desk.choices.get(f"amount:{number}", act.size)
    if act.vague and said is None and share(act) is None:
        _share_asked(desk, number)
        return None
    percent = share(act) if said is act.size else said.value if said is not None and said.unit == "percent" else None
    if percent is None and not act.bad_number:
        percent = HUNDRED
    if percent is not None and ZERO < percent <= HUNDRED:
        return percent
    _share_asked(desk, number)
    return None


def _share_asked(desk: Desk, number: int) -> None:
    """The question for a share; there is no guess."""
    desk.insist(Point(key=f"amount:{number}", about="size", text="What share of the position, from 1 % to 100 %?"))


def _reducing(desk: Desk, number: int, market: str, side: Literal["buy", "sell"] | None = None) -> Action | None:
    """A reduce-only trade against the position."""
    act = desk.drafts[number].act
    if market == "*":
        percent = _percent(desk, number)
        return None if percent is None else Close(market="*", amount_percent=percent, order=_order(desk, number))
    facing = side_of(desk, number)
    _no_leverage(desk, number)
    sold = any(draft.act.verb in ("sell", "exit", "trim", "close") for draft in desk.drafts[:number])
    if act.verb == "cover" and sold and desk.holding(market) is None:
        text = "Should that buy a new long, or cover a short? Say “buy” with a size, or “cover my short”."
        desk.ask(Point(key=f"direction:{number}", about="side", text=text))
    if side is None:
        if facing is None:
            desk.assume(f"You hold {coin(market)} long when this fires; it only reduces, and does nothing otherwise.")
        side = "buy" if facing == "short" else "sell"
    order = _order(desk, number)
    chosen: Amount | None = desk.choices.get(f"amount:{number}", act.size)
    hinted = act.vague or (act.verb == "trim" and not act.purpose)
    if hinted and chosen is None and share(act) is None:
        desk.ask(
            Point(key=f"amount:{number}", about="size", text="How much of the position? For example half, or 25 %.")
        )
        return None
    if chosen is not None and chosen.unit in ("", "usd"):
        if chosen.signed <= 0 or act.bad_number or (chosen is act.size and _may_be_price(desk, number, market)):
            desk.insist(Point(key=f"amount:{number}", about="size", text="How much? For example 2, half, or 25 %."))
            return None
        held = None if entry_of(desk, number) is not None else desk.holding(market)
        if chosen is act.size and chosen.unit == "" and held is not None and chosen.value > abs(held.base):
            text = f"Your position is only {plain(abs(held.base))} {coin(market)}. How much of it?"
            desk.insist(Point(key=f"amount:{number}", about="size", text=text))
            return None
        kind = "amount_base" if chosen.unit == "" else "amount_usd"
        sized: dict[str, Any] = {kind: _counted(desk, number, market, chosen.value)}
        return Trade(type=side, market=market, reduce_only=True, order=order, **sized)
    percent = _percent(desk, number)
    if percent is None:
        return None
    if chosen is None and share(act) is None and entry_of(desk, number) is None and not act.whole:
        desk.assume("The whole position.")
    return Trade(type=side, market=market, amount_percent=percent, reduce_only=True, order=order)
