"""A loopback web server whose connections a test can break at will; it speaks no exchange's language."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import WSMsgType, web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Wire:
    """HTTP and WebSocket on 127.0.0.1; subclasses say what is asked and answered.

    While `refusing`, every request gets 503. `connected` counts connections that were ever made to a stream.
    """

    def __init__(self) -> None:
        self.refusing = False
        self.connected = 0
        self._open: set[web.WebSocketResponse | web.StreamResponse] = set()
        self._requests: dict[int, web.Request] = {}
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.port = 0

    def routes(self) -> list[web.RouteDef]:
        """What this server answers to."""
        raise NotImplementedError

    async def heard(self, stream: Any, text: str) -> None:
        """A text frame came from a client."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._doorkeeper])
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.drop()
        assert self._runner is not None
        await self._runner.cleanup()

    async def drop(self) -> None:
        """Cut every stream without a goodbye, as a failing network does."""
        for stream in list(self._open):
            transport = self._requests[id(stream)].transport
            if transport is not None:
                transport.abort()
            self._forget(stream)
        await self.told()

    async def close_politely(self) -> None:
        """End every WebSocket with a close frame, as a server going down does."""
        for stream in list(self._open):
            if isinstance(stream, web.WebSocketResponse):
                await stream.close(code=1001)

    async def say(self, text: str) -> None:
        """Send raw text on every stream."""
        for stream in list(self._open):
            await self.tell(stream, text)

    async def tell(self, stream: web.StreamResponse, text: str) -> None:
        """Send raw text on one stream, unless its client has gone."""
        try:
            if isinstance(stream, web.WebSocketResponse):
                await stream.send_str(text)
            else:
                await stream.write(text.encode())
        except ConnectionError:
            self._forget(stream)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return once *holds*, which is looked at whenever something happened here."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(holds)

    async def told(self) -> None:
        """Wake whoever waits in `until`."""
        async with self._changed:
            self._changed.notify_all()

    def keep(self, stream: web.StreamResponse, request: web.Request) -> None:
        """Count a stream as open, so that `drop` finds it."""
        self._open.add(stream)
        self._requests[id(stream)] = request
        self.connected += 1

    def _forget(self, stream: web.StreamResponse) -> None:
        self._open.discard(stream)
        self._requests.pop(id(stream), None)
        self.forgotten(stream)

    def forgotten(self, stream: web.StreamResponse) -> None:
        """A stream is gone."""

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one WebSocket until it ends."""
        stream = web.WebSocketResponse()
        await stream.prepare(request)
        self.keep(stream, request)
        await self.told()
        try:
            async for message in stream:
                if message.type == WSMsgType.TEXT:
                    await self.heard(stream, message.data)
                    await self.told()
        finally:
            self._forget(stream)
        return stream

    @web.middleware
    async def _doorkeeper(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.refusing:
            return web.Response(status=503, text="down for maintenance")
        return await handler(request)
