"""Events about orders as cards: what traded, for how much, and what that leaves; order traffic is not told."""

from dataclasses import replace
from decimal import Decimal
from typing import assert_never

from core.domain.event import (
    JobDeadLettered,
    JobRetried,
    JobWaiting,
    OrderAccepted,
    OrderApprovalRequested,
    OrderCancelled,
    OrderDenied,
    OrderEvent,
    OrderFilled,
    OrderLapsed,
    OrderPartiallyFilled,
    OrderRejected,
    OrderSent,
    OrderSigned,
    OrderUnknown,
)
from core.domain.market import Side
from core.domain.money import HUNDRED
from core.domain.wording import (
    say_amount,
    say_money,
    say_price,
    say_rough_percent,
    say_signed_money,
)
from core.feed.card_marks import marked, rule_name, sentence
from core.feed.parts import Card, Chart, ChartLine, ChartMark, Tone

OrderTold = (
    OrderDenied
    | OrderAccepted
    | OrderApprovalRequested
    | OrderPartiallyFilled
    | OrderFilled
    | OrderRejected
    | OrderCancelled
    | OrderLapsed
    | OrderUnknown
)
OrderHappened = OrderTold | OrderSigned | OrderSent | JobRetried | JobWaiting | JobDeadLettered


def order_card(event: OrderHappened) -> Card | None:
    """The card of an event about an order, or None where nobody needs to hear of it."""
    if isinstance(event, OrderEvent) and event.sentry and not isinstance(event, OrderPartiallyFilled | OrderFilled):
        return None  # where its rule acts is told of the rule
    match event:
        case OrderSigned() | OrderSent() | JobRetried():
            return None
        case OrderDenied(reason=reason):
            return _card(event, f"Not sent: {_what(event)}", (f"Your own limit: {reason}.",), "bad")
        case OrderApprovalRequested(until=until, price=price, at=asked):
            limit = "" if price is None else f" at {say_price(price, exact=True)}"
            minutes = max(1, round((until - asked).total_seconds() / 60))
            lines = (
                f"It is sent once your wallet has signed it in the dashboard, under Account, within {minutes} minutes.",
                "Nothing is sent before, and nothing if you do not. /web opens the dashboard.",
            )
            return _card(event, f"Waits for your approval: {_what(event)}{limit}", lines, "warn")
        case OrderAccepted(price=price):
            at = "" if price is None else f" at {say_price(price, exact=True)}"
            return _card(event, f"Order is resting: {_what(event)}{at}", (), "plain")
        case OrderPartiallyFilled():
            return _partial(event)
        case OrderFilled():
            return _filled(event)
        case OrderRejected(reason=reason):
            lines = (f"The venue's reason: {sentence(reason)}", "Nothing was traded by it.")
            return _card(event, f"Rejected: {_what(event)}", lines, "bad")
        case OrderCancelled(reason=reason, filled=filled):
            return _card(event, f"Cancelled: {_what(event)}", _why_cancelled(event, reason, filled), "warn")
        case OrderLapsed(filled=filled):
            lines = ("Its time ran out at the venue.", _before(event, filled))
            return _card(event, f"Lapsed: {_what(event)}", lines, "warn")
        case OrderUnknown(reason=reason):
            lines = (
                sentence(reason),
                "Nobody knows yet whether the venue has it. We keep asking and send nothing else for it.",
            )
            return _card(event, f"Not certain yet: {_what(event)}", lines, "warn")
        case JobWaiting(every_s=every_s, reason=reason):
            return Card(
                title=f"{rule_name(event)} could not act yet",
                lines=(
                    sentence(reason),
                    f"Until the venue answers, your position is without it. It is asked every {every_s} s.",
                    "Then the rule acts if its condition still holds.",
                    f"{event.order_id}",
                ),
                tone="bad",
                key=f"waiting:{event.order_id}",
            )
        case JobDeadLettered(attempts=attempts, reason=reason):
            return Card(
                title=f"{rule_name(event)} gave up after {attempts} attempts",
                lines=(sentence(reason), "It does nothing more by itself. Check your position.", f"{event.order_id}"),
                tone="bad",
                key=f"dead:{event.order_id}",
            )
        case _:
            assert_never(event)


def _partial(event: OrderPartiallyFilled) -> Card:
    lines = (
        _proceeds(event.base, event.price, event.fee, event.realised_pnl),
        f"Still open: {say_amount(event.left, event.market, exact=True)}.",
    )
    title = f"Partly filled: {_done(event.side)} {_size(event)} at {say_price(event.price)}"
    # One card a fill: the amount left tells this order's fills apart, and is the same when one is told again.
    return _card(event, title, lines, "good", key=f"fill:{event.order_id}:{event.left}")


def _filled(event: OrderFilled) -> Card:
    lines = [_proceeds(event.base, event.price, event.fee, event.realised_pnl)]
    if event.trigger_price is not None:
        lines.append(_slippage(event.side, event.price, event.trigger_price))
    if event.position_after is not None:
        lines.append(_held(event.position_after, event.market, reduced=event.reduce_only))
    title = f"{_done(event.side).capitalize()} {_size(event)} at {say_price(event.price)}"
    line = () if event.trigger_price is None else (ChartLine(price=event.trigger_price, label="fired at"),)
    mark = ChartMark(at=event.at, price=event.price, side=event.side)
    chart = Chart(market=event.market, lines=line, marks=(mark,), simulated=event.simulated)
    return replace(_card(event, title, tuple(lines), "good", key=f"fill:{event.order_id}"), chart=chart)


def _proceeds(base: Decimal | None, price: Decimal, fee: Decimal, pnl: Decimal | None) -> str:
    parts = [] if base is None else [f"worth {say_money(base * price)}"]
    parts.append(f"fee {say_money(fee)}" if fee >= 0 else f"rebate {say_money(-fee)}")
    if pnl is not None:
        parts.append(f"realised PnL {say_signed_money(pnl)}")
    return sentence(", ".join(parts))


def _slippage(side: Side, price: Decimal, trigger: Decimal) -> str:
    worse = price - trigger if side == "buy" else trigger - price
    if worse == 0:
        return f"Exactly the trigger price, {say_price(trigger)}."
    off = "" if trigger <= 0 else f" ({say_rough_percent(abs(worse) / trigger * HUNDRED)})"
    how = "worse" if worse > 0 else "better"
    return f"{say_price(abs(worse))}{off} {how} than the trigger at {say_price(trigger)}."


def _held(base: Decimal, market: str, *, reduced: bool) -> str:
    if base == 0:
        return f"Nothing is left: your {market} position is closed."
    held = f"{say_amount(abs(base), market, exact=True)} {'long' if base > 0 else 'short'}"
    return f"Left: {held}." if reduced else f"You hold {held} now."


def _why_cancelled(event: OrderCancelled, reason: str, filled: Decimal) -> tuple[str, ...]:
    """Why, where that is more than that it was, and what had traded."""
    why = () if reason.strip(" .").casefold() in {"", "cancelled", "canceled"} else (sentence(reason),)
    return (*why, _before(event, filled))


def _before(event: OrderEvent, filled: Decimal) -> str:
    if filled == 0:
        return "Nothing had filled."
    return f"{say_amount(filled, event.market, exact=True)} had filled before and stays filled."


def _card(event: OrderTold, title: str, lines: tuple[str, ...], tone: Tone, *, key: str | None = None) -> Card:
    """A card with the rule and the order's id at its end, so that a repeated delivery is recognised."""
    reference = " · ".join(part for part in (event.label, str(event.order_id)) if part)
    return Card(
        title=marked(title, simulated=event.simulated, venue=event.venue),
        lines=(*lines, reference),
        tone=tone,
        key=key or f"{event.name}:{event.order_id}",
    )


def _what(event: OrderEvent) -> str:
    if event.base is None and event.planned:
        return event.planned
    return f"an order on {event.market}" if event.side is None else f"{event.side} {_size(event)}"


def _size(event: OrderEvent) -> str:
    return event.market if event.base is None else f"{say_amount(event.base, event.market, exact=True)}"


def _done(side: Side) -> str:
    return "bought" if side == "buy" else "sold"
