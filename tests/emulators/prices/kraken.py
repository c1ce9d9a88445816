"""Kraken Futures' public side on loopback, as far as tickers and candles need it.

Frames are those of its documentation: an `info` greeting, `subscribe` to the feed `ticker` for product ids, which is
answered by `subscribed` and followed by tickers that carry a time and numbers; REST serves instruments and charts.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from core.prices.dialects import Address
from tests.emulators.prices.wire import Wire

MOST_CANDLES = 2000


class Kraken(Wire):
    """Products by id (`PF_SOLUSD`) with their mark prices; `candles` are rows `(ms, o, h, l, c, v)` by product."""

    def __init__(self, marks: Mapping[str, float], now_ms: Callable[[], int]) -> None:
        super().__init__()
        self.marks = dict(marks)
        self.candles: dict[str, Sequence[tuple[int, str, str, str, str, str]]] = {}
        self.asked: list[str] = []
        self._now_ms = now_ms
        self._watching: dict[int, set[str]] = {}

    @property
    def address(self) -> Address:
        return Address(rest=f"http://127.0.0.1:{self.port}", ws=f"ws://127.0.0.1:{self.port}/ws/v1")

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/derivatives/api/v3/instruments", self._instruments),
            web.get("/api/charts/v1/trade/{product}/{interval}", self._chart),
            web.get("/ws/v1", self.talk),
        ]

    def is_watched(self, product: str) -> bool:
        """Whether a client that is still connected subscribed to *product*."""
        return any(product in products for products in self._watching.values())

    def forgotten(self, stream: web.StreamResponse) -> None:
        self._watching.pop(id(stream), None)

    async def tick(self, product: str, mark: float, *, at_ms: int | None = None, suspended: bool = False) -> None:
        """The mark price moves (or is said to have, at another time): tell whoever watches."""
        self.marks[product] = mark
        for stream in list(self._open):
            if product in self._watching.get(id(stream), ()):
                await self.tell(stream, self._ticker(product, at_ms, suspended=suspended))

    async def heard(self, stream: Any, text: str) -> None:
        message = json.loads(text)
        assert message["event"] == "subscribe", message
        assert message["feed"] == "ticker", message
        await self.tell(stream, json.dumps(message | {"event": "subscribed"}))
        for product in message["product_ids"]:
            self._watching.setdefault(id(stream), set()).add(product)
            await self.tell(stream, self._ticker(product, None, suspended=False))

    def _ticker(self, product: str, at_ms: int | None, *, suspended: bool) -> str:
        mark = self.marks[product]
        return json.dumps(
            {
                "time": self._now_ms() if at_ms is None else at_ms,
                "product_id": product,
                "feed": "ticker",
                "tag": "perpetual",
                "bid": mark * 0.999,
                "ask": mark * 1.001,
                "last": mark * 0.99,  # unlike the mark, so that a test sees which one was taken
                "markPrice": mark,
                "index": mark,
                "volume": 1000.0,
                "volumeQuote": 1000.0 * mark,
                "funding_rate": 0.0001,
                "relative_funding_rate": 1.5e-5,
                "suspended": suspended,
                "post_only": False,
                "leverage": "50x",
            }
        )

    async def _instruments(self, _: web.Request) -> web.Response:
        instruments = [
            {
                "symbol": product,
                "type": "flexible_futures",
                "tradeable": True,
                "tickSize": 0.0001,
                "contractSize": 1,
                "contractValueTradePrecision": 2,
                "marginLevels": [],
            }
            for product in self.marks
        ]
        return web.json_response({"result": "success", "instruments": instruments})

    async def _chart(self, request: web.Request) -> web.Response:
        assert set(request.query) == {"from", "to"}
        self.asked.append(request.path_qs)
        begin, end = int(request.query["from"]) * 1000, int(request.query["to"]) * 1000
        rows = [row for row in self.candles.get(request.match_info["product"], ()) if begin <= row[0] <= end]
        keys = ("time", "open", "high", "low", "close", "volume")
        page = [dict(zip(keys, row, strict=True)) for row in rows[:MOST_CANDLES]]
        return web.json_response({"candles": page, "more_candles": len(rows) > MOST_CANDLES})
