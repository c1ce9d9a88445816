"""Reads conditions on candles: closes and indicators, with their timeframes and periods."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, cast

from core.domain.condition import IndicatorName, OtherIndicator
from core.parse.grammar.drafts import CandleDraft, Cond, IndicatorDraft
from core.parse.grammar.items import Amount, Cursor
from core.parse.grammar.phrases import Comparison, level_operator, read_comparison, read_price, read_subject

TIMEFRAMES = {60: "1m", 300: "5m", 900: "15m", 3600: "1h", 14_400: "4h", 86_400: "1d"}
DEFAULT_PERIODS = {"rsi": 14, "atr": 14, "bollinger_upper": 20, "bollinger_lower": 20, "volume": None}
_AVERAGES = ("sma", "ema")


@dataclass(slots=True, kw_only=True)
class _Line:
    """One side of a comparison: an indicator with what was said of it."""

    name: IndicatorName | None = None
    period: int | None = None
    timeframe: str | None = None
    market: str | None = None


def read_timeframe(cur: Cursor) -> str | None:
    """on the 4h · 15m chart · daily candle · hourly; an unknown one reads as "bad"."""
    begun = cur.at
    cur.skip("ON|AT|FOR")
    item = cur.peek()
    found = None
    if item.kind == "DUR":
        found = TIMEFRAMES.get(item.value, "bad")
    elif item.kind == "TF":
        found = item.value
    elif item.kind == "NUM" and item.value.minutes in TIMEFRAMES:
        found = TIMEFRAMES[item.value.minutes]
    if found is None:
        cur.at = begun
        return None
    cur.next()
    cur.skip("CANDLE")
    return found


def read_candle(cur: Cursor) -> Cond | None:
    """closes above 200 on the 4h · the daily candle closes under 2400 · an hourly close below 180."""
    subject = read_subject(cur)
    if subject.me:
        cur.skip("SET|GO")
    if cur.peek().text.lower() == "get":
        cur.next()
    market = subject.market
    timeframe = read_timeframe(cur)
    if cur.sees("ON|FOR|OF", "COIN") and market is None:
        cur.next()
        market = cur.next().value
    cur.skip("CANDLE|GO|PRICE")
    if cur.take("CLOSES|CLOSE") is None:
        return None
    timeframe = timeframe or read_timeframe(cur)
    if cur.sees("ON|FOR|OF", "COIN") and market is None:
        cur.next()
        market = cur.next().value
    comparison = read_comparison(cur)
    price = read_price(cur)
    operator = None if comparison is None else level_operator(comparison)
    if operator is not None and (price is None or cur.sees("IND")):
        cur.at -= int(price is not None)
        line = _Line()
        _read_line(cur, line)
        if line.name is None:
            return None
        _read_tail(cur, line)
        market, timeframe = market or line.market, timeframe or line.timeframe
        return _built(_Line(market=market, timeframe=timeframe), line, operator, None)
    if operator is None or price is None:
        return None
    timeframe = timeframe or read_timeframe(cur)
    if cur.sees("ON|FOR|OF", "COIN") and market is None:
        cur.next()
        market = cur.next().value
    return CandleDraft(market=market, timeframe=timeframe or read_timeframe(cur), operator=operator, price=price)


def read_indicator(cur: Cursor) -> Cond | None:
    """RSI(14) under 30 on the 1h · the 50 EMA crosses above the 200 EMA · touches the lower Bollinger band."""
    left = _Line()
    if cur.sees("GOLDEN|DEATH") or cur.sees("CROSSUP|CROSSDOWN"):
        return _read_cross(cur)
    _read_line(cur, left)
    if left.name is not None and cur.sees("GO", "EXTREME"):
        cur.at += 2
        extreme = cur.peek(-1).text.lower()
        cur.skip("AT|COMMA|LPAR")
        if left.name == "rsi" and not cur.sees("NUM|ABOVE|BELOW|GO"):
            cur.at -= int(cur.peek(-1).kind in ("AT", "COMMA", "LPAR"))
            _read_tail(cur, left)
            return _built(left, _Line(), "<=" if extreme == "oversold" else ">=", None)
    comparison = read_comparison(cur)
    crossing = cur.peek(-1).kind == "BREAK" and cur.peek(-1).text.lower().startswith("cross")
    if comparison is None and cur.sees("COMMA"):
        return None
    if comparison is None and left.name is not None and cur.peek(1).kind in ("NEGATIVE", "POSITIVE"):
        cur.skip("GO|REVERSE|BREAK|RISE|FALL")
    right = _Line()
    value: Decimal | None = None
    begun = cur.at
    item = cur.peek()
    if item.kind == "NUM" and item.value.unit in ("", "usd", "percent") and not _period_ahead(cur):
        cur.next()
        value = cast(Amount, item.value).signed
    elif item.kind in ("NEGATIVE", "POSITIVE"):
        cur.next()
        value, comparison = Decimal(0), ("<=" if item.kind == "NEGATIVE" else ">=")
    else:
        _read_line(cur, right)
        if left.name == "macd" and right.name is None and comparison in ("crosses_above", "crosses_below"):
            right.name = "macd_signal"  # "MACD crosses down": its signal line, that is.
    if (left.name is None and right.name is None) or comparison is None:
        return None
    if value is None and right.name is None:
        cur.at = begun
        return None
    if comparison == "hits" and right.name is not None:
        cur.skip("TO" if cur.sees("TO", "RISEWORD|FALLWORD") else "")
        way = cur.take("RISEWORD|FALLWORD")
        if way is not None:
            comparison = "crosses_above" if way.kind == "RISEWORD" else "crosses_below"
    cur.skip("RPAR" if cur.peek(-1).kind == "NUM" and cur.peek(-3).kind == "LPAR" else "")
    _read_tail(cur, left)
    return _built(left, right, comparison, value, crossing=crossing)


def _built(
    left: _Line, right: _Line, comparison: Comparison, value: Decimal | None, *, crossing: bool = False
) -> IndicatorDraft | None:
    name = left.name or "price"
    operator: Literal[">=", "<=", "crosses_above", "crosses_below", "crosses"] | None
    operator = comparison if comparison != "hits" else _touching(name, right.name, value)
    if operator is None and crossing:
        operator = "crosses"
    if operator is None:
        return None
    period = left.period if left.period is not None else DEFAULT_PERIODS.get(name)
    other = None
    if right.name is not None:
        other_period = right.period if right.period is not None else DEFAULT_PERIODS.get(right.name)
        other = OtherIndicator(name=right.name, period=other_period)
    return IndicatorDraft(
        market=left.market or right.market,
        timeframe=left.timeframe or right.timeframe,
        name=name,
        period=period,
        operator=operator,
        value=value,
        other=other,
    )


def _touching(name: str, other: str | None, value: Decimal | None) -> Literal[">=", "<="] | None:
    """ "touches the lower band" is from above, "the upper band" from below; RSI hits 70 from below, 30 from above."""
    if name == "price" and other == "bollinger_lower":
        return "<="
    if name == "price" and other == "bollinger_upper":
        return ">="
    if name == "rsi" and value is not None:
        return ">=" if value >= 50 else "<="
    return ">=" if name in ("volume", "atr") else None


def _read_cross(cur: Cursor) -> IndicatorDraft | None:
    """death cross on the daily (50 sma under 200 sma)."""
    word = cur.next()
    if not ("golden" in word.text.lower() or "death" in word.text.lower()):
        return None
    line = _Line()
    _read_tail(cur, line)
    first, second, name = 50, 200, "sma"
    if cur.take("LPAR|COLON") is not None:
        left, right = _Line(), _Line()
        if cur.sees("NUM", "SLASH", "NUM", "IND") and _whole(cur.peek().value):
            left.period = int(cur.next().value.value)
            cur.next()
            _read_line(cur, right)
            left.name = right.name
        else:
            _read_line(cur, left)
            cur.skip("SLASH")
            read_comparison(cur)
            _read_line(cur, right)
        cur.skip("RPAR")
        if left.name not in _AVERAGES or left.name != right.name or left.period is None or right.period is None:
            return None
        first, second, name = left.period, right.period, left.name
    _read_tail(cur, line)
    return IndicatorDraft(
        market=line.market,
        timeframe=line.timeframe,
        name=cast(IndicatorName, name),
        period=first,
        operator="crosses_above" if "golden" in word.text.lower() else "crosses_below",
        other=OtherIndicator(name=cast(IndicatorName, name), period=second),
    )


def _period_ahead(cur: Cursor) -> bool:
    """Whether the number here is the period of the indicator after it: `200 EMA`, `20 period SMA`."""
    return cur.peek(1).kind in ("IND", "BOLLINGER") or cur.sees("NUM", "PERIOD|CANDLE", "IND")


def _read_line(cur: Cursor, line: _Line) -> None:
    """The slots of one indicator, in any order, as far as they go."""
    while True:
        item = cur.peek()
        if item.kind == "IND" and line.name is None:
            cur.next()
            line.name = item.value
            _read_period(cur, line)
        elif item.kind == "IND" and line.name == "macd" and item.value == "macd_signal":
            cur.next()
            line.name = "macd_signal"
        elif item.kind == "NUM" and line.name is None and _period_ahead(cur) and _whole(item.value):
            cur.next()
            cur.skip("PERIOD|CANDLE")
            line.period = int(item.value.value)
        elif item.kind == "DUR" and line.name is None and _period_ahead(cur) and item.value % 86_400 == 0:
            _days_average(cur, line)
        elif item.kind in ("MY", "PRICE", "CANDLE") or (item.kind == "IT" and line.name is None):
            cur.next()
        elif not _read_place(cur, line):
            return


def _days_average(cur: Cursor, line: _Line) -> None:
    """`200 day SMA`: the period in days, on daily candles."""
    days = cur.next().value // 86_400
    if cur.peek().value in _AVERAGES:
        line.period, line.timeframe = days, line.timeframe or "1d"
    else:
        line.timeframe = "1d" if days == 1 else "bad"


def _read_period(cur: Cursor, line: _Line) -> None:
    if cur.sees("LPAR", "NUM") and _whole(cur.peek(1).value):
        _read_bracket(cur, line)
    elif cur.sees("LPAR", "DUR|TF|NUM", "RPAR") and line.timeframe is None:
        cur.next()
        line.timeframe = read_timeframe(cur)
        cur.at += int(line.timeframe is not None)
    elif cur.sees("NUM") and _whole(cur.peek().value) and line.period is None and _ends_a_period(cur, line):
        line.period = int(cur.next().value.value)


def _ends_a_period(cur: Cursor, line: _Line) -> bool:
    """Whether what follows the number shows that it was a period: "EMA 21, size $200"."""
    follower = cur.peek(1).kind
    return follower in _AFTER_PERIOD or (line.name in _AVERAGES and follower in ("COMMA", "END", "THEN"))


def _read_bracket(cur: Cursor, line: _Line) -> None:
    """The period and what else stands in the brackets after it: `(14)`, `(14, 1h, close)`."""
    begun = cur.at
    period = int(cur.peek(1).value.value)
    timeframe = None
    cur.at += 2
    while cur.skip("COMMA|CLOSE|CANDLE|PERIOD"):
        timeframe = timeframe or read_timeframe(cur)
    if cur.take("RPAR") is None:
        cur.at = begun
        return
    line.period, line.timeframe = period, timeframe or line.timeframe


_AFTER_PERIOD = (
    "ON",
    "GO",
    "ABOVE",
    "BELOW",
    "FOR",
    "CROSSUP",
    "CROSSDOWN",
    "FALL",
    "RISE",
    "DUR",
    "TF",
    "BREAK",
    "OF",
    "RISEWORD",
    "FALLWORD",
)


def _whole(amount: Amount) -> bool:
    return amount.unit == "" and not amount.sign and amount.value == int(amount.value) and 1 <= amount.value <= 1000


def _read_place(cur: Cursor, line: _Line) -> bool:
    """A market or a timeframe, with or without "on the"; whether there was one."""
    begun = cur.at
    cur.skip("ON|FOR|OF")
    if line.market is None and cur.sees("COIN"):
        line.market = cur.next().value
        return True
    cur.at = begun
    if line.timeframe is None and (timeframe := read_timeframe(cur)) is not None:
        line.timeframe = timeframe
        return True
    cur.at = begun
    return False


def _read_tail(cur: Cursor, line: _Line) -> None:
    while _read_place(cur, line) or cur.skip("CANDLE"):
        pass
