"""Pictures for cards, made off the event loop and only where there is time for them; decides no pixel."""

import asyncio
import logging
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from bots.chart import draw_chart
from core.domain.errors import SayWhenError
from core.domain.market import Candle, Observation, Timeframe
from core.feed.card import Chart
from core.ports import Clock

_log = logging.getLogger(__name__)

WITHIN_S = 1.0
"""A card waits this long for its picture at most; then it goes without."""
_TIMEFRAME: Timeframe = "5m"
_SPAN = timedelta(hours=6)
_FRESH = timedelta(seconds=20)
_MOST_WAITING = 2
_MOST_KEPT = 50
_MOST_SAVED_S, _SHARE = 1.0, 0.1
"""Drawing may take a tenth of one core, and a second at once: in a crowd the words matter more."""


class Market(Protocol):
    """What a picture needs to know of prices."""

    async def candles(self, market: str, timeframe: Timeframe, start: datetime) -> list[Candle]: ...
    def latest(self, markets: list[str] | None = None) -> list[Observation]: ...


class Pictures:
    """Draws one picture at a time; a card never waits for long.

    While more than two wait, or too much time has gone into drawing lately, further ones are left out.
    """

    def __init__(self, market: Market, clock: Clock) -> None:
        self._market = market
        self._clock = clock
        self._waiting = 0
        self._thread: ThreadPoolExecutor | None = None
        self._saved_s = _MOST_SAVED_S
        self._saved_at = clock.now()
        self._kept: OrderedDict[Chart, tuple[datetime, bytes]] = OrderedDict()

    async def of(self, chart: Chart, *, hurried: bool = False) -> bytes | None:
        """The picture as PNG, or None where it cannot be had at once. Never raises.

        *hurried* = many wait for their words: none is drawn.
        """
        now = self._clock.now()
        made, png = self._kept.get(chart, (None, b""))
        if made is not None and now - made < _FRESH:
            return png
        self._saved_s = min(_MOST_SAVED_S, self._saved_s + (now - self._saved_at).total_seconds() * _SHARE)
        self._saved_at = now
        if hurried or self._waiting >= _MOST_WAITING or self._saved_s <= 0:
            return None
        self._waiting += 1
        try:
            async with asyncio.timeout(WITHIN_S):
                began = time.thread_time()
                candles = await self._market.candles(chart.market, _TIMEFRAME, now - _SPAN)
                # With what else ran meanwhile: the busier, the fewer pictures.
                self._saved_s -= time.thread_time() - began
                if len(candles) < 2:
                    return None
                seen = self._market.latest([chart.market])
                price: Decimal | None = seen[0].price if seen else None
                if self._thread is None:
                    self._thread = ThreadPoolExecutor(1, "pictures")
                loop = asyncio.get_running_loop()
                png, took_s = await loop.run_in_executor(self._thread, _timed, chart, candles, price)
                self._saved_s -= took_s
        except (SayWhenError, TimeoutError, OSError) as problem:
            _log.info("no picture of %s: %s %s", chart.market, type(problem).__name__, problem)
            return None
        except Exception:  # noqa: BLE001 - a picture is worth less than the words it goes with
            _log.exception("A picture of %s could not be drawn", chart.market)
            return None
        finally:
            self._waiting -= 1
        self._kept[chart] = (now, png)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return png


def _timed(chart: Chart, candles: list[Candle], price: Decimal | None) -> tuple[bytes, float]:
    """The picture, and the seconds of a core that it took."""
    began = time.thread_time()
    png = draw_chart(chart, candles, price)
    return png, time.thread_time() - began
