"""Longer candles grown from shorter ones: closed when their time is over, equal to what they were grown from."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.domain.action import Alert
from core.domain.condition import CandleClose
from core.domain.market import Candle
from core.domain.rule import RuleSpec
from core.flow.frames import Frames
from tests.clock import START

D = Decimal
MINUTE = timedelta(minutes=1)


def wanting() -> Frames:
    frames = Frames()
    closes = CandleClose(market="SOL-PERP", timeframe="5m", operator=">=", price=D(1))
    frames.want((RuleSpec(id="r1", condition=closes, action=Alert()),))
    return frames


def minute(number: int, price: int) -> Candle:
    return Candle(
        market="SOL-PERP",
        timeframe="1m",
        start=START + number * MINUTE,
        open=D(price),
        high=D(price + 2),
        low=D(price - 1),
        close=D(price + 1),
        volume=D(1),
    )


@given(st.lists(st.integers(10, 99), min_size=1, max_size=30))
async def test_each_is_the_sum_of_its_parts(prices: list[int]) -> None:
    frames = wanting()
    for number, price in enumerate(prices):
        candle = minute(number, price)
        closed = [timeframe for timeframe, _ in frames.grow(candle, candle.start + MINUTE)]
        assert closed == (["5m"] if number % 5 == 4 else [])
    grown = await frames.history("SOL-PERP", "5m", START, START)
    assert len(grown) == len(prices) // 5
    for number, candle in enumerate(grown):
        parts = prices[number * 5 : number * 5 + 5]
        assert candle.start == START + number * 5 * MINUTE
        assert (candle.open, candle.close) == (D(parts[0]), D(parts[-1] + 1))
        assert (candle.high, candle.low, candle.volume) == (D(max(parts) + 2), D(min(parts) - 1), D(5))


async def test_a_gap_begins_a_new_one() -> None:
    frames = wanting()
    list(frames.grow(minute(0, 10), START + MINUTE))
    late = minute(9, 50)
    ((_, closed),) = frames.grow(late, late.start + MINUTE)
    assert [(candle.open, candle.start) for candle in closed] == [(D(50), START + 5 * MINUTE)]


async def test_what_nobody_looks_at_is_not_kept() -> None:
    frames = wanting()
    assert len(frames) == 1
    assert await frames.history("SOL-PERP", "1h", START, START) == []
