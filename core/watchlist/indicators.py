"""Technical indicators on closed candles, as traders' charts draw them; statistics, so floats are right here."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.domain.condition import IndicatorName
from core.domain.market import Candle, Timeframe

DEFAULT_PERIODS: dict[IndicatorName, int] = {
    "rsi": 14,
    "atr": 14,
    "bollinger_upper": 20,
    "bollinger_lower": 20,
    "sma": 20,
    "ema": 20,
    "volume": 1,
}
BAND_WIDTH = 2.0

Line = Callable[[Candle], float | None]
"""Given each candle in turn: the value there, None while too little history lies before it."""
_Smooth = Callable[[float], float | None]
"""The same, given each number."""


def line_of(name: IndicatorName, period: int | None) -> Line:
    """A new line of *name*.

    RSI and ATR are Wilder's; MACD is 12/26 with a 9-candle signal; Bollinger bands stand 2 population standard
    deviations off the mean; `volume` with a period above 1 is its mean. What smooths is seeded with a plain mean.
    """
    length = period if period is not None else DEFAULT_PERIODS.get(name, 1)
    match name:
        case "price":
            return _close
        case "sma":
            return _of_closes(_mean(length))
        case "ema":
            return _of_closes(_ema(length))
        case "rsi":
            return _of_closes(_rsi(length))
        case "macd":
            return _of_closes(_macd())
        case "macd_signal":
            return _of_closes(_macd_signal())
        case "bollinger_upper":
            return _of_closes(_bollinger(length, BAND_WIDTH))
        case "bollinger_lower":
            return _of_closes(_bollinger(length, -BAND_WIDTH))
        case "atr":
            return _atr(length)
        case "volume":
            mean = _mean(length)
            return lambda candle: mean(0.0 if candle.volume is None else float(candle.volume))


def indicator(name: IndicatorName, period: int | None, candles: Sequence[Candle]) -> list[float | None]:
    """The line of *name* at each of *candles*."""
    line = line_of(name, period)
    return [line(candle) for candle in candles]


@dataclass(slots=True)
class _Drawn:
    line: Line
    last: Candle
    ends: tuple[float | None, float | None]


class Lines:
    """Lines as far as candles are known, each carried on by the candles that closed since it was last asked for."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[str, Timeframe, IndicatorName, int | None], _Drawn] = {}

    def ends(
        self, name: IndicatorName, period: int | None, candles: Sequence[Candle]
    ) -> tuple[float | None, float | None]:
        """The line's values at the last candle but one and at the last of *candles*, of which there is one at least."""
        last = candles[-1]
        key = (last.market, last.timeframe, name, period)
        drawn = self._drawn.get(key)
        if drawn is not None and drawn.last is last:
            return drawn.ends
        new = None if drawn is None else _since(drawn.last, candles)
        if drawn is None or new is None:
            drawn = self._drawn[key] = _Drawn(line_of(name, period), last, (None, None))
            new = candles
        for candle in new:
            drawn.ends = drawn.ends[1], drawn.line(candle)
        drawn.last = last
        return drawn.ends


def _since(known: Candle, candles: Sequence[Candle]) -> Sequence[Candle] | None:
    """The candles behind *known*, or None where it is not among them as it was."""
    for place in range(len(candles) - 1, -1, -1):
        if candles[place].start <= known.start:
            return candles[place + 1 :] if candles[place] == known else None
    return None


def _close(candle: Candle) -> float:
    return float(candle.close)


def _of_closes(smooth: _Smooth) -> Line:
    return lambda candle: smooth(float(candle.close))


def _window(length: int) -> Callable[[float], "deque[float] | None"]:
    """The last *length* values, None before there are that many."""
    window: deque[float] = deque(maxlen=length)

    def add(value: float) -> deque[float] | None:
        window.append(value)
        return window if len(window) == length else None

    return add


def _mean(length: int) -> _Smooth:
    window = _window(length)
    return lambda value: None if (seen := window(value)) is None else sum(seen) / length


def _smoothed(length: int, weight: float) -> _Smooth:
    """Each value moves the line by *weight* of its distance; seeded with the mean of the first *length* values."""
    present: float | None = None
    seed = _mean(length)

    def add(value: float) -> float | None:
        nonlocal present
        present = seed(value) if present is None else present + (value - present) * weight
        return present

    return add


def _ema(length: int) -> _Smooth:
    return _smoothed(length, 2 / (length + 1))


def _wilder(length: int) -> _Smooth:
    return _smoothed(length, 1 / length)


def _rsi(length: int) -> _Smooth:
    gains, losses = _wilder(length), _wilder(length)
    before: float | None = None

    def add(close: float) -> float | None:
        nonlocal before
        change = None if before is None else close - before
        before = close
        if change is None:
            return None
        gain, loss = gains(max(change, 0.0)), losses(max(-change, 0.0))
        if gain is None or loss is None:
            return None
        if loss == 0:
            return 100.0 if gain > 0 else 50.0
        return 100.0 - 100.0 / (1.0 + gain / loss)

    return add


def _macd() -> _Smooth:
    fast, slow = _ema(12), _ema(26)

    def add(close: float) -> float | None:
        quick, calm = fast(close), slow(close)
        return None if quick is None or calm is None else quick - calm

    return add


def _macd_signal() -> _Smooth:
    macd, signal = _macd(), _ema(9)
    return lambda close: None if (value := macd(close)) is None else signal(value)


def _bollinger(length: int, width: float) -> _Smooth:
    window = _window(length)

    def add(close: float) -> float | None:
        if (seen := window(close)) is None:
            return None
        mean = sum(seen) / length
        deviation: float = (sum((value - mean) ** 2 for value in seen) / length) ** 0.5
        return mean + width * deviation

    return add


def _atr(length: int) -> Line:
    smooth = _wilder(length)
    before: Candle | None = None

    def add(candle: Candle) -> float | None:
        nonlocal before
        high, low = candle.high, candle.low
        if before is not None:
            high, low = max(high, before.close), min(low, before.close)
        before = candle
        return smooth(float(high - low))

    return add
