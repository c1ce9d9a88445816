"""The order in which a candle's four prices are taken to have traded; decides no fills."""

from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.market import TIMEFRAME_S, Candle, Timeframe

_LAST_POINT = timedelta(seconds=1)
_OFFSETS: dict[Timeframe, tuple[timedelta, timedelta, timedelta]] = {
    timeframe: (
        timedelta(seconds=seconds // 3),
        timedelta(seconds=2 * seconds // 3),
        timedelta(seconds=seconds) - _LAST_POINT,
    )
    for timeframe, seconds in TIMEFRAME_S.items()
}


def walk(candle: Candle) -> tuple[tuple[datetime, Decimal], ...]:
    """Four `(time, price)` points inside *candle*: open, the nearer of low and high, the other, close.

    Between them the price is taken to move continuously; from one candle's close to the next one's open it may jump.
    Where low and high are equally near, the one away from the close comes first. Points repeat a price where the
    candle does (an open that is the low), so that there are always four. The last is one second before the end.
    """
    down, up = candle.open - candle.low, candle.high - candle.open
    low_first = down < up or (down == up and candle.close >= candle.open)
    first, second = (candle.low, candle.high) if low_first else (candle.high, candle.low)
    start = candle.start
    one, two, three = _OFFSETS[candle.timeframe]
    return (start, candle.open), (start + one, first), (start + two, second), (start + three, candle.close)
