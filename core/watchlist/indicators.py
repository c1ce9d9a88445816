"""Technical indicators on closed candles, as traders' charts draw them; statistics, so floats are right here."""

from collections.abc import Sequence
from itertools import pairwise

from core.domain.condition import IndicatorName
from core.domain.market import Candle

DEFAULT_PERIODS: dict[IndicatorName, int] = {
    "rsi": 14,
    "atr": 14,
    "bollinger_upper": 20,
    "bollinger_lower": 20,
    "sma": 20,
    "ema": 20,
    "volume": 1,
}


def indicator(name: IndicatorName, period: int | None, candles: Sequence[Candle]) -> list[float | None]:
    """The line of *name* at each candle, None where too little history lies before it.

    RSI and ATR are Wilder's; MACD is 12/26 with a 9-candle signal; Bollinger bands stand 2 population standard
    deviations off the mean; `volume` with a period above 1 is its mean.
    """
    closes = [float(candle.close) for candle in candles]
    length = period if period is not None else DEFAULT_PERIODS.get(name, 1)
    match name:
        case "price":
            return list(closes)
        case "sma":
            return _sma(closes, length)
        case "ema":
            return _ema(closes, length)
        case "rsi":
            return _rsi(closes, length)
        case "macd":
            return _macd(closes)
        case "macd_signal":
            line = _macd(closes)
            start = next((i for i, value in enumerate(line) if value is not None), len(line))
            return [None] * start + _ema([value for value in line if value is not None], 9)
        case "bollinger_upper":
            return _bollinger(closes, length, 2.0)
        case "bollinger_lower":
            return _bollinger(closes, length, -2.0)
        case "atr":
            return _atr(candles, length)
        case "volume":
            return _sma([0.0 if candle.volume is None else float(candle.volume) for candle in candles], length)


def _sma(values: Sequence[float], length: int) -> list[float | None]:
    return [None if i + 1 < length else sum(values[i + 1 - length : i + 1]) / length for i in range(len(values))]


def _ema(values: Sequence[float], length: int) -> list[float | None]:
    """Seeded with the mean of the first *length* values."""
    line: list[float | None] = []
    present: float | None = None
    for i, value in enumerate(values):
        if present is not None:
            present += (value - present) * 2 / (length + 1)
        elif i + 1 == length:
            present = sum(values[:length]) / length
        line.append(present)
    return line


def _wilder(values: Sequence[float], length: int) -> list[float | None]:
    line: list[float | None] = []
    present: float | None = None
    for i, value in enumerate(values):
        if present is not None:
            present += (value - present) / length
        elif i + 1 == length:
            present = sum(values[:length]) / length
        line.append(present)
    return line


def _rsi(closes: Sequence[float], length: int) -> list[float | None]:
    if not closes:
        return []
    changes = [after - before for before, after in pairwise(closes)]
    gains = _wilder([max(change, 0.0) for change in changes], length)
    losses = _wilder([max(-change, 0.0) for change in changes], length)
    line: list[float | None] = [None]
    for gain, loss in zip(gains, losses, strict=True):
        if gain is None or loss is None:
            line.append(None)
        elif loss == 0:
            line.append(100.0 if gain > 0 else 50.0)
        else:
            line.append(100.0 - 100.0 / (1.0 + gain / loss))
    return line


def _macd(closes: Sequence[float]) -> list[float | None]:
    return [
        None if fast is None or slow is None else fast - slow
        for fast, slow in zip(_ema(closes, 12), _ema(closes, 26), strict=True)
    ]


def _bollinger(closes: Sequence[float], length: int, width: float) -> list[float | None]:
    line: list[float | None] = []
    for i, mean in enumerate(_sma(closes, length)):
        if mean is None:
            line.append(None)
        else:
            window = closes[i + 1 - length : i + 1]
            line.append(mean + width * (sum((value - mean) ** 2 for value in window) / length) ** 0.5)
    return line


def _atr(candles: Sequence[Candle], length: int) -> list[float | None]:
    ranges = [
        float(
            candle.high - candle.low
            if i == 0
            else max(candle.high, candles[i - 1].close) - min(candle.low, candles[i - 1].close)
        )
        for i, candle in enumerate(candles)
    ]
    return _wilder(ranges, length)
