"""Where candles begin: decides the grid of time, not what happened in it."""

from datetime import UTC, datetime, timedelta

from core.domain.market import TIMEFRAME_S, Timeframe

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


def start_of(at: datetime, timeframe: Timeframe) -> datetime:
    """The beginning of the candle that holds *at*, UTC; days begin at midnight."""
    return at.astimezone(UTC) - (at - _UNIX) % timedelta(seconds=TIMEFRAME_S[timeframe])


def first_start(at: datetime, timeframe: Timeframe) -> datetime:
    """The beginning of the first candle that starts at or after *at*, UTC."""
    start = start_of(at, timeframe)
    return start if start >= at else start + timedelta(seconds=TIMEFRAME_S[timeframe])
