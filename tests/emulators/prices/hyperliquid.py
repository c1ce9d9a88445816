"""Hyperliquid's public side on loopback, as far as tickers and candles need it.

Frames are those of its documentation: `subscribe` to `activeAssetCtx`, which is answered, followed by a snapshot and
by updates without a time; `ping` is answered by `pong`; `POST /info` serves `metaAndAssetCtxs` and `candleSnapshot`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from core.domain.market import TIMEFRAME_S
from core.prices.dialects import Address
from tests.emulators.prices.wire import Wire

MOST_CANDLES = 5000
INTERVAL_MS = {timeframe: 1000 * seconds for timeframe, seconds in TIMEFRAME_S.items()}


class Hyperliquid(Wire):
    """Coins by name (`SOL`, `kBONK`) with their mark prices; `candles` are rows `(ms, o, h, l, c, v)` by coin.

    Of a larger interval it serves those rows that begin one.
    """

    def __init__(self, marks: Mapping[str, str], *, funding: str = "0.0000125") -> None:
        super().__init__()
        self.marks = dict(marks)
        self.funding = funding
        self.candles: dict[str, Sequence[tuple[int, str, str, str, str, str]]] = {}
        self.asked: list[dict[str, Any]] = []
        self._watching: dict[int, set[str]] = {}

    @property
    def address(self) -> Address:
        return Address(rest=f"http://127.0.0.1:{self.port}", ws=f"ws://127.0.0.1:{self.port}/ws")

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/info", self._info), web.get("/ws", self.talk)]

    def is_watched(self, coin: str) -> bool:
        """Whether a client that is still connected subscribed to *coin*."""
        return any(coin in coins for coins in self._watching.values())

    def forgotten(self, stream: web.StreamResponse) -> None:
        self._watching.pop(id(stream), None)

    async def tick(self, coin: str, mark: str) -> None:
        """The mark price moves: tell whoever watches."""
        self.marks[coin] = mark
        for stream in list(self._open):
            if coin in self._watching.get(id(stream), ()):
                await self.tell(stream, self._context(coin))

    async def heard(self, stream: Any, text: str) -> None:
        message = json.loads(text)
        if message["method"] == "ping":
            await self.tell(stream, '{"channel":"pong"}')
            return
        subscription = message["subscription"]
        assert message["method"] == "subscribe", message
        assert subscription["type"] == "activeAssetCtx", message
        await self.tell(stream, json.dumps({"channel": "subscriptionResponse", "data": message}))
        coin = subscription["coin"]
        self._watching.setdefault(id(stream), set()).add(coin)
        await self.tell(stream, self._context(coin))

    def _context(self, coin: str) -> str:
        return json.dumps({"channel": "activeAssetCtx", "data": {"coin": coin, "ctx": self._asset(coin)}})

    def _asset(self, coin: str) -> dict[str, Any]:
        mark = self.marks[coin]
        return {
            "funding": self.funding,
            "openInterest": "688.11",
            "prevDayPx": mark,
            "dayNtlVlm": "1169046.29406",
            "premium": "0.00031774",
            "oraclePx": mark,
            "markPx": mark,
            "midPx": str(float(mark) * 1.01),  # unlike the mark, so that a test sees which one was taken
            "impactPxs": [mark, mark],
            "dayBaseVlm": "1000.0",
        }

    async def _info(self, request: web.Request) -> web.Response:
        question = await request.json()
        self.asked.append(question)
        match question["type"]:
            case "metaAndAssetCtxs":
                universe = [{"szDecimals": 2, "name": coin, "maxLeverage": 20} for coin in self.marks]
                return web.json_response([{"universe": universe}, [self._asset(coin) for coin in self.marks]])
            case "candleSnapshot":
                wanted = question["req"]
                rows = [
                    row
                    for row in self.candles.get(wanted["coin"], ())[-MOST_CANDLES:]
                    if wanted["startTime"] <= row[0] <= wanted["endTime"]
                    and row[0] % INTERVAL_MS[wanted["interval"]] == 0
                ]
                keys = ("t", "o", "h", "l", "c", "v")
                return web.json_response(
                    [dict(zip(keys, row, strict=True)) | {"i": wanted["interval"], "s": wanted["coin"]} for row in rows]
                )
            case _:
                return web.json_response({"error": "unknown type"}, status=422)
