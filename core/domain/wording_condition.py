"""What a rule waits for, in words, and the prices at which it would fire; decides no evaluation."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import assert_never

from core.domain.condition import (
    ALL_MARKETS,
    AccountLevel,
    AllOf,
    AnyOf,
    AtTime,
    CandleClose,
    Condition,
    FundingRate,
    Indicator,
    IndicatorName,
    Now,
    Operator,
    PositionEvent,
    PositionPnl,
    PriceChange,
    PriceLevel,
    Schedule,
    Trailing,
    Unit,
    leaves,
)
from core.domain.level import moved
from core.domain.market import Timeframe
from core.domain.money import ZERO
from core.domain.wording_amounts import (
    base_of,
    say_duration,
    say_level,
    say_number,
    say_percent,
    say_price,
    say_time,
)
from core.domain.wording_cron import say_cron

NO_PRICES: Mapping[str, Decimal] = MappingProxyType({})

_CANDLES: Mapping[Timeframe, str] = {
    "1m": "1-minute",
    "5m": "5-minute",
    "15m": "15-minute",
    "1h": "1-hour",
    "4h": "4-hour",
    "1d": "daily",
}
_INDICATORS: Mapping[IndicatorName, str] = {
    "price": "the price",
    "rsi": "RSI",
    "sma": "SMA",
    "ema": "EMA",
    "macd": "MACD",
    "macd_signal": "the MACD signal line",
    "bollinger_upper": "the upper Bollinger band",
    "bollinger_lower": "the lower Bollinger band",
    "atr": "ATR",
    "volume": "volume",
}
_IN_DOLLARS = frozenset({"price", "sma", "ema", "bollinger_upper", "bollinger_lower", "atr"})


def say_condition(condition: Condition, references: Mapping[str, Decimal] = NO_PRICES) -> str:
    """What has to hold, as the end of "when …".

    `references`, by market, is the price (quote) that "from current price" counts from; without it the words say
    that it is taken at confirmation.
    """
    match condition:
        case Now():
            return "at once"
        case PriceLevel(market=market, operator=operator, price=price, for_s=for_s):
            return f"{market} is at {_at_or_beyond(say_price(price, exact=True), operator)}{_held_for(for_s)}"
        case PriceChange():
            return _say_change(condition, references)
        case Trailing():
            return _say_trailing(condition)
        case CandleClose(market=market, timeframe=timeframe, operator=operator, price=price):
            closes = f"closes at {_at_or_beyond(say_price(price, exact=True), operator)}"
            return f"a {_CANDLES[timeframe]} candle of {market} {closes}"
        case Indicator():
            return _say_indicator(condition)
        case PositionPnl():
            return _say_pnl(condition)
        case PositionEvent(market=market, event=event):
            return f"{'any position' if market == ALL_MARKETS else f'the {market} position'} is {event}"
        case AccountLevel(metric=metric, operator=operator, value=value):
            return _say_account(metric, operator, value)
        case FundingRate(market=market, operator=operator, value=value):
            return f"{market} funding is {_at_or_beyond(f'{say_percent(value)} per hour', operator)}" + _who_pays(
                operator, value
            )
        case AtTime(at=at):
            return f"at {say_time(at)}"
        case Schedule():
            return _say_schedule(condition)
        case AllOf(conditions=parts) | AnyOf(conditions=parts):
            link = " and " if isinstance(condition, AllOf) else " or "
            return link.join(_say_part(part, references) for part in parts)
        case _:
            assert_never(condition)


def is_moment(condition: Condition) -> bool:
    """Whether the condition is a time by itself, so that no "when" belongs before its words."""
    return isinstance(condition, Now | AtTime | Schedule)


def trigger_prices(
    condition: Condition,
    references: Mapping[str, Decimal] = NO_PRICES,
    entry_price: Mapping[str, Decimal] | None = None,
) -> tuple[Decimal, ...]:
    """The prices (quote) at which *condition* would fire as far as they are known beforehand, in the words' order.

    `references` is what "from current price" counts from and `entry_price` the entry of the position, both by market;
    what counts from a price that is not given, or that moves (trailing, windows), has no price yet.
    """
    return tuple(price for _, price in trigger_levels(condition, references, entry_price or {}))


def trigger_levels(
    condition: Condition, references: Mapping[str, Decimal], entries: Mapping[str, Decimal]
) -> list[tuple[str, Decimal]]:
    """As `trigger_prices`, each with its market."""
    found: list[tuple[str, Decimal]] = []
    for leaf in leaves(condition):
        match leaf:
            case PriceLevel(market=market, price=price) | CandleClose(market=market, price=price):
                found.append((market, price))
            case PriceChange(market=market, reference=kind):
                start = {"current_price": references, "entry_price": entries}.get(kind, {}).get(market)
                if start is not None:
                    found += [(market, price) for price in _moved(leaf, start)]
            case _:
                continue
    return found


def _moved(change: PriceChange, start: Decimal) -> list[Decimal]:
    ways = {"down": (False,), "up": (True,), "either": (False, True)}[change.direction]
    return [moved(start, change.threshold, change.unit, up=up) for up in ways]


def _say_change(change: PriceChange, references: Mapping[str, Decimal]) -> str:
    size = _say_distance(change.threshold, change.unit)
    moves = {"down": f"falls {size}", "up": f"rises {size}", "either": f"moves {size} either way"}[change.direction]
    match change.reference:
        case "current_price":
            start = references.get(change.market)
            if start is None:
                return f"{change.market} {moves} from its price at confirmation"
            reached = [say_level(price) for price in _moved(change, start)]
            match change.direction:
                case "down":
                    to = f"{reached[0]} or lower"
                case "up":
                    to = f"{reached[0]} or higher"
                case _:
                    to = f"{reached[0]} or lower, or to {reached[1]} or higher"
            return f"{change.market} {moves} from {say_price(start, exact=True)}, to {to}"
        case "entry_price":
            beyond = {"down": "below", "up": "above", "either": "from"}[change.direction]
            return f"{change.market} {moves} {beyond} the position's entry price"
        case "window":
            span = f"of the last {_every(change.window_s or 0)}"
            match change.direction:
                case "down":
                    return f"{change.market} {moves} from its high {span}"
                case "up":
                    return f"{change.market} {moves} from its low {span}"
                case _:
                    return f"{change.market} falls {size} from its high or rises {size} from its low {span}"
        case _:
            assert_never(change.reference)


def _say_trailing(trail: Trailing) -> str:
    size = _say_distance(trail.distance, trail.unit)
    since = "since the rule was armed"
    if trail.activation_price is not None:
        reached = say_price(trail.activation_price, exact=True)
        since = f"since it first reached {reached} or {'higher' if trail.direction == 'down' else 'lower'}"
    if trail.direction == "down":
        return f"{trail.market} falls {size} below its highest price {since}"
    return f"{trail.market} rises {size} above its lowest price {since}"


def _say_indicator(indicator: Indicator) -> str:
    line = _say_line(indicator.name, indicator.period)
    if indicator.other is not None:
        against = _say_line(indicator.other.name, indicator.other.period)
    else:
        value = indicator.value if indicator.value is not None else ZERO
        against = say_price(value, exact=True) if indicator.name in _IN_DOLLARS else say_number(value)
        if indicator.name == "volume":
            against += f" {base_of(indicator.market)}"
    match indicator.operator:
        case ">=":
            compares = f"is at {against} or higher" if indicator.other is None else f"is at or above {against}"
        case "<=":
            compares = f"is at {against} or lower" if indicator.other is None else f"is at or below {against}"
        case "crosses_above":
            compares = f"crosses above {against}"
        case "crosses_below":
            compares = f"crosses below {against}"
        case _:
            assert_never(indicator.operator)
    return f"{line} of {indicator.market} {compares} on closed {_CANDLES[indicator.timeframe]} candles"


def say_gauge(indicator: Indicator, here: Decimal, there: Decimal | None) -> str:
    """Where the indicator stands: *here* itself, *there* what it is compared to, where that is a line, too."""
    now = f"{_say_line(indicator.name, indicator.period)} is at {_say_value(indicator.name, here)} now"
    if indicator.other is None or there is None:
        return now
    other = indicator.other
    return f"{now}, {_say_line(other.name, other.period)} at {_say_value(other.name, there)}"


def _say_value(name: IndicatorName, value: Decimal) -> str:
    return say_price(value) if name in _IN_DOLLARS else say_number(value.quantize(Decimal("0.01")))


def _say_line(name: IndicatorName, period: int | None) -> str:
    return _INDICATORS[name] if period is None else f"{_INDICATORS[name]} ({period})"


def _say_pnl(condition: PositionPnl) -> str:
    together = condition.market == ALL_MARKETS
    who = "all positions together are" if together else f"the {condition.market} position is"
    entry = "their" if together else "its"
    size = abs(condition.threshold)
    said = say_price(size, exact=True) if condition.unit == "usd" else f"{say_percent(size)} of {entry} entry notional"
    if condition.threshold == 0:
        even = "at break-even" if condition.unit == "usd" else "at break-even (0 %)"
        return f"{who} {even} or {'in profit' if condition.operator == '>=' else 'at a loss'} (unrealised)"
    if condition.threshold > 0:
        return f"{who} up {said} or {'more' if condition.operator == '>=' else 'less, or at a loss'} (unrealised)"
    return f"{who} down {said} or {'more' if condition.operator == '<=' else 'less, or in profit'} (unrealised)"


def _say_account(metric: str, operator: Operator, value: Decimal) -> str:
    match metric:
        case "leverage":
            return f"account leverage is at {_at_or_beyond(f'{say_number(value)}x', operator)}"
        case "free_collateral":
            return f"free collateral is at {_at_or_beyond(say_price(value, exact=True), operator)}"
        case "margin_ratio":
            return f"the account's margin ratio is at {_at_or_beyond(say_percent(value), operator)}"
        case _:
            return f"account health is at {_at_or_beyond(say_percent(value), operator)}"


def _who_pays(operator: Operator, rate: Decimal) -> str:
    if operator == ">=" and rate >= 0:
        return " (longs pay shorts)"
    if operator == "<=" and rate <= 0:
        return " (shorts pay longs)"
    return ""


def _say_schedule(schedule: Schedule) -> str:
    said = (
        say_cron(schedule.cron, schedule.timezone)
        if schedule.cron is not None
        else f"every {_every(schedule.every_s or 0)}"
    )
    return said if schedule.start_at is None else f"{said}, from {say_time(schedule.start_at)} on"


def _held_for(seconds: int | None) -> str:
    return "" if seconds is None else f" for {say_duration(seconds)} without a break"


def _say_part(condition: Condition, references: Mapping[str, Decimal]) -> str:
    """A condition among others: bracketed where "and" and "or" mix, times as states."""
    match condition:
        case AllOf() | AnyOf():
            return f"({say_condition(condition, references)})"
        case AtTime(at=at):
            return f"it is {say_time(at)} or later"
        case Schedule():
            return f"it is time ({say_condition(condition, references)})"
        case _:
            return say_condition(condition, references)


def _at_or_beyond(said: str, operator: Operator) -> str:
    return f"{said} or {'higher' if operator == '>=' else 'lower'}"


def _say_distance(size: Decimal, unit: Unit) -> str:
    return say_price(size, exact=True) if unit == "usd" else say_percent(size)


def _every(seconds: int) -> str:
    said = say_duration(seconds)
    number, _, unit = said.partition(" ")
    return unit if number == "1" and " " not in unit else said
