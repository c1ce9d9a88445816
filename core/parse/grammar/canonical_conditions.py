"""Reads the conditions of the product's own sentences back, as `say_condition` words them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

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
    Now,
    OtherIndicator,
    PositionEvent,
    PositionPnl,
    PriceChange,
    PriceLevel,
    Schedule,
    Trailing,
)
from core.domain.money import ZERO
from core.parse.grammar.canonical_words import DOLLARS, MARKET, NUMBER, SPAN, TIME, instant, number, seconds

_MOST_NESTED = 8
_BEYOND: Mapping[str, Any] = {"higher": ">=", "lower": "<="}
_DISTANCE = rf"(?:(?P<percent>{NUMBER}) %|(?P<usd>{DOLLARS}))"
_AGAIN = rf"(?:{NUMBER} %|{DOLLARS})"
_SPAN_OR_ONE = rf"(?:{SPAN}|day|hour|minute|second)"
_CANDLES: Mapping[str, Any] = {
    "1-minute": "1m", "5-minute": "5m", "15-minute": "15m", "1-hour": "1h", "4-hour": "4h", "daily": "1d",
}  # fmt: skip
_LINES: Mapping[str, Any] = {
    "the price": "price", "RSI": "rsi", "SMA": "sma", "EMA": "ema", "MACD": "macd",
    "the MACD signal line": "macd_signal", "the upper Bollinger band": "bollinger_upper",
    "the lower Bollinger band": "bollinger_lower", "ATR": "atr", "volume": "volume",
}  # fmt: skip
_CANDLE = "|".join(_CANDLES)
_LINE = "|".join(sorted(_LINES, key=len, reverse=True))
Found = re.Match[str]


def _distance(found: Found) -> dict[str, Any]:
    if found["percent"] is not None:
        return {"threshold": number(found["percent"]), "unit": "percent"}
    return {"threshold": number(found["usd"]), "unit": "usd"}


def _level(found: Found) -> Condition:
    for_s = None if found["span"] is None else seconds(found["span"])
    return PriceLevel(market=found["market"], operator=_BEYOND[found["way"]], price=number(found["price"]), for_s=for_s)


def _change(found: Found) -> Condition:
    direction: Any = {"falls": "down", "rises": "up"}.get(found["moves"], "either")
    window = None if found["window"] is None else seconds(found["window"])
    reference: Any = "window" if window else "current_price" if found["current"] else "entry_price"
    return PriceChange(
        market=found["market"], direction=direction, reference=reference, window_s=window, **_distance(found)
    )


def _either_window(found: Found) -> Condition:
    window = seconds(found["window"])
    return PriceChange(
        market=found["market"], direction="either", reference="window", window_s=window, **_distance(found)
    )


def _trail(found: Found) -> Condition:
    measured = _distance(found)
    activation = None if found["activation"] is None else number(found["activation"])
    return Trailing(
        market=found["market"],
        direction="down" if found["moves"] == "falls" else "up",
        distance=measured["threshold"],
        unit=measured["unit"],
        activation_price=activation,
    )


def _candle(found: Found) -> Condition:
    return CandleClose(
        market=found["market"],
        timeframe=_CANDLES[found["candle"]],
        operator=_BEYOND[found["way"]],
        price=number(found["price"]),
    )


def _indicator(found: Found) -> Condition:
    operator: Any = found["crosses"] and f"crosses_{found['crosses']}"
    if operator is None:
        operator = ">=" if found["bound"] == "above" or found["way"] == "higher" else "<="
    other = value = None
    if found["other"] is not None:
        other = OtherIndicator(name=_LINES[found["other"]], period=_period(found["period2"]))
    else:
        value = number(found["value"])
    return Indicator(
        market=found["market"],
        timeframe=_CANDLES[found["candle"]],
        name=_LINES[found["line"]],
        period=_period(found["period"]),
        operator=operator,
        value=value,
        other=other,
    )


def _period(text: str | None) -> int | None:
    return None if text is None else int(text)


def _pnl(found: Found) -> Condition:
    market = found["market"] or ALL_MARKETS
    if found["even"] is not None:
        unit: Any = "usd" if found["share"] is None else "percent"
        operator: Any = ">=" if found["even"] == "in profit" else "<="
        return PositionPnl(market=market, operator=operator, threshold=ZERO, unit=unit)
    measured = _distance(found)
    up, more = found["side"] == "up", found["beyond"] == "more"
    threshold = measured["threshold"] if up else -measured["threshold"]
    return PositionPnl(market=market, operator=">=" if up == more else "<=", threshold=threshold, unit=measured["unit"])


def _account(found: Found) -> Condition:
    named = {"account health": "health", "account leverage": "leverage", "free collateral": "free_collateral"}
    metric: Any = named.get(found["metric"], "margin_ratio")
    return AccountLevel(metric=metric, operator=_BEYOND[found["way"]], value=number(found["value"]))


def _event(found: Found) -> Condition:
    event: Any = found["event"]
    return PositionEvent(market=found["market"] or ALL_MARKETS, event=event)


def _funding(found: Found) -> Condition:
    return FundingRate(market=found["market"], operator=_BEYOND[found["way"]], value=number(found["rate"]))


_WHO = rf"(?:the (?P<market>{MARKET}) position is|all positions together are)"
_MAKERS: tuple[tuple[str, Callable[[Found], Condition]], ...] = (
    (
        (rf"(?P<market>{MARKET}) is at (?P<price>{DOLLARS}) or (?P<way>higher|lower)"
        rf"(?: for (?P<span>{SPAN}) without a break)?"),
        _level,
    ),
    (
        (rf"(?P<market>{MARKET}) falls {_DISTANCE} from its high or rises {_AGAIN} from its low of the last "
        rf"(?P<window>{_SPAN_OR_ONE})"),
        _either_window,
    ),
    (
        (rf"(?P<market>{MARKET}) (?P<moves>falls|rises|moves) {_DISTANCE}(?: either way)? (?:(?P<current>from its "
        r"price at confirmation)|(?:below|above|from) the position's entry price|from its (?:high|low) of the last "
        rf"(?P<window>{_SPAN_OR_ONE}))"),
        _change,
    ),
    (
        (rf"(?P<market>{MARKET}) (?P<moves>falls|rises) {_DISTANCE} (?:below its highest|above its lowest) price since "
        rf"(?:the rule was armed|it first reached (?P<activation>{DOLLARS}) or (?:higher|lower))"),
        _trail,
    ),
    (
        (rf"a (?P<candle>{_CANDLE}) candle of (?P<market>{MARKET}) closes at (?P<price>{DOLLARS}) or "
        r"(?P<way>higher|lower)"),
        _candle,
    ),
    (
        (rf"(?P<line>{_LINE})(?: \((?P<period>\d+)\))? of (?P<market>{MARKET}) (?:crosses (?P<crosses>above|below)|"
        rf"is at or (?P<bound>above|below)|is at) (?:(?P<other>{_LINE})(?: \((?P<period2>\d+)\))?|"
        rf"(?P<value>{NUMBER}|{DOLLARS})(?: [A-Z0-9]+)?)(?: or (?P<way>higher|lower))? on closed "
        rf"(?P<candle>{_CANDLE}) candles"),
        _indicator,
    ),
    (
        (rf"{_WHO} (?:at break-even(?P<share> \(0 %\))? or (?P<even>in profit|at a loss)|"
        rf"(?P<side>up|down) {_DISTANCE}(?: of (?:its|their) "
        r"entry notional)? or (?P<beyond>more|less)(?:, or (?:at a loss|in profit))?) \(unrealised\)"),
        _pnl,
    ),
    (
        (rf"(?:any position|the (?P<market>{MARKET}) position) is "
        r"(?P<event>opened|closed|increased|decreased|liquidated)"),
        _event,
    ),
    (
        (r"(?P<metric>account health|account leverage|free collateral|the account's margin ratio) is at "
        rf"(?P<value>{NUMBER}|{DOLLARS})(?: %|x)? or (?P<way>higher|lower)"),
        _account,
    ),
    (
        (rf"(?P<market>{MARKET}) funding is (?P<rate>{NUMBER}) % per hour or (?P<way>higher|lower)"
        r"(?: \((?:longs pay shorts|shorts pay longs)\))?"),
        _funding,
    ),
)  # fmt: skip
_LEAVES = tuple((re.compile(pattern), make) for pattern, make in _MAKERS)

# --- times -----------------------------------------------------------------------------------------------------------

_DAYS = {
    name: name[:3].upper() for name in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
}
_DAY = "|".join(_DAYS)
_CLOCKS = r"\d\d:\d\d(?:(?:, \d\d:\d\d)* and \d\d:\d\d)?"
_NUMBERS = r"\d+(?:(?:, \d+)* and \d+)?"
_CRON = re.compile(
    rf"(?:every (?:(?P<from>{_DAY}) to (?P<to>{_DAY})|day|(?P<days>(?:{_DAY})(?:(?:, (?:{_DAY}))* and (?:{_DAY}))?))"
    rf" at (?P<clocks>{_CLOCKS})|on day (?P<dates>{_NUMBERS}) of every month at (?P<clocks2>{_CLOCKS})|"
    rf"every hour at minute (?P<minutes>{_NUMBERS})|(?P<hour>every hour, on the hour)|(?P<minute>every minute)|"
    r"every (?P<step>\d+) minutes|on the schedule \"(?P<cron>[0-9A-Z*,/ -]+)\" \(minute hour day month weekday\)) "
    r"\((?P<zone>[A-Za-z0-9_+/-]+)\)"
)
_INTERVAL = re.compile(rf"every (?P<every>{_SPAN_OR_ONE})")
_FROM = re.compile(rf", from (?P<start>{TIME}) on")
_AT = re.compile(rf"at (?P<at>{TIME})")
_IS = re.compile(rf"it is (?P<at>{TIME}) or later")


def _listed(text: str) -> list[str]:
    return text.replace(" and ", ", ").split(", ")


def _cron_of(found: Found) -> str | None:
    if found["cron"] is not None:
        return found["cron"]
    if found["minute"] or found["hour"] or found["step"] or found["minutes"]:
        minutes = "*" if found["minute"] else "0" if found["hour"] else None
        minutes = minutes or (f"*/{found['step']}" if found["step"] else ",".join(_listed(found["minutes"])))
        return f"{minutes} * * * *"
    clocks = [tuple(int(part) for part in clock.split(":")) for clock in _listed(found["clocks"] or found["clocks2"])]
    hours, minutes_said = sorted({hour for hour, _ in clocks}), sorted({minute for _, minute in clocks})
    if len(hours) * len(minutes_said) != len(clocks):
        return None
    days = "*"
    if found["from"] is not None:
        days = f"{_DAYS[found['from']]}-{_DAYS[found['to']]}"
    elif found["days"] is not None:
        days = ",".join(_DAYS[day] for day in _listed(found["days"]))
    dates = "*" if found["dates"] is None else ",".join(_listed(found["dates"]))
    return f"{','.join(map(str, minutes_said))} {','.join(map(str, hours))} {dates} * {days}"


class _Words:
    """Words being read from the left; `at` is how far."""

    def __init__(self, text: str, zone: str) -> None:
        self._text, self._zone, self.at = text, zone, 0

    @property
    def done(self) -> bool:
        return self.at == len(self._text)

    def take(self, pattern: re.Pattern[str]) -> Found | None:
        found = pattern.match(self._text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def skip(self, words: str) -> bool:
        if not self._text.startswith(words, self.at):
            return False
        self.at += len(words)
        return True

    def schedule(self) -> Condition | None:
        found = self.take(_CRON)
        if found is not None:
            cron = _cron_of(found)
            return None if cron is None else Schedule(cron=cron, timezone=found["zone"], start_at=self._start())
        found = self.take(_INTERVAL)
        return (
            None
            if found is None
            else Schedule(every_s=seconds(found["every"]), timezone=self._zone, start_at=self._start())
        )

    def _start(self) -> Any:
        found = self.take(_FROM)
        return None if found is None else instant(found["start"])

    def leaf(self) -> Condition | None:
        for pattern, make in _LEAVES:
            found = self.take(pattern)
            if found is not None:
                return make(found)
        return None

    def part(self, depth: int) -> Condition | None:
        """A condition among others: in brackets, a time as a state, or any other."""
        if self.skip("it is time ("):
            made = self.schedule()
            return made if self.skip(")") else None
        if self.skip("("):
            made = self.group(depth + 1)
            return made if self.skip(")") else None
        found = self.take(_IS)
        if found is not None:
            at = instant(found["at"])
            return None if at is None else AtTime(at=at)
        return self.leaf()

    def group(self, depth: int) -> Condition | None:
        """One or more conditions joined by the same word."""
        if depth > _MOST_NESTED:
            return None
        parts = [self.part(depth)]
        link = " and " if self._text.startswith(" and ", self.at) else " or "
        while parts[-1] is not None and self.skip(link):
            parts.append(self.part(depth))
        known = tuple(part for part in parts if part is not None)
        if len(known) < len(parts):
            return None
        if len(known) == 1:
            return known[0]
        return AllOf(conditions=known) if link == " and " else AnyOf(conditions=known)


def read_condition(text: str, zone: str) -> Condition | None:
    """The condition that *text* words; *zone* is that of plain intervals. None where it is not the product's."""
    if text == "at once":
        return Now()
    words = _Words(text, zone)
    found = words.take(_AT)
    if found is not None:
        at = instant(found["at"])
        return AtTime(at=at) if words.done and at is not None else None
    scheduled = words.schedule()
    if scheduled is not None and words.done:
        return scheduled
    words = _Words(text, zone)
    made = words.group(0)
    return made if words.done else None
