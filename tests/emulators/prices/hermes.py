"""Pyth's Hermes on loopback: price feeds by name, and a stream of server-sent events behind a key."""

import json
from collections import deque
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.emulators.prices.wire import Wire


class Hermes(Wire):
    """Feeds by symbol (`Crypto.SOL/USD` → id). `answers` are statuses (with headers) given before any real answer."""

    def __init__(self, feeds: Mapping[str, str], *, key: str) -> None:
        super().__init__()
        self.feeds = dict(feeds)
        self.key = key
        self.answers: deque[tuple[int, Mapping[str, str]]] = deque()
        self.requests: list[web.Request] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v2/price_feeds", self._price_feeds),
            web.get("/v2/updates/price/stream", self._updates),
        ]

    async def publish(
        self, symbol: str, price: str, conf: str, publish_time: int, *, expo: int = -8, slot: int = 1
    ) -> None:
        """Tell every stream of a feed's price, as Hermes does."""
        quoted = {"price": price, "conf": conf, "expo": expo, "publish_time": publish_time}
        update: dict[str, Any] = {
            "id": self.feeds[symbol],
            "price": quoted,
            "ema_price": quoted,
            "metadata": {"slot": slot, "proof_available_time": publish_time, "prev_publish_time": publish_time},
        }
        await self.say(f"data:{json.dumps({'binary': {'encoding': 'hex', 'data': ['00']}, 'parsed': [update]})}\n\n")

    async def end(self) -> None:
        """End every stream politely, as Hermes does after a day."""
        for stream in list(self._open):
            await stream.write_eof()
            self._forget(stream)
        await self.told()

    async def _refused(self, request: web.Request) -> web.Response | None:
        self.requests.append(request)
        await self.told()
        if self.answers:
            status, headers = self.answers.popleft()
            return web.Response(status=status, headers=headers)
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.Response(status=401)
        return None

    async def _price_feeds(self, request: web.Request) -> web.Response:
        if (refused := await self._refused(request)) is not None:
            return refused
        query = request.query["query"].lower()
        assert request.query["asset_type"] == "crypto"
        found = [
            {"id": feed, "attributes": {"asset_type": "Crypto", "symbol": symbol, "quote_currency": "USD"}}
            for symbol, feed in self.feeds.items()
            if query in symbol.lower()
        ]
        return web.json_response(found)

    async def _updates(self, request: web.Request) -> web.StreamResponse:
        if (refused := await self._refused(request)) is not None:
            return refused
        assert set(request.query.getall("ids[]")) <= set(self.feeds.values())
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        self.keep(stream, request)
        await stream.write(b":\n\n")  # a comment, as servers send to keep a stream open
        await self.told()
        await self.until_gone(stream)
        return stream

    async def until_gone(self, stream: web.StreamResponse) -> None:
        """Return once a stream was dropped or ended."""
        async with self._changed:
            await self._changed.wait_for(lambda: stream not in self._open)
