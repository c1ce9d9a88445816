"""The server of the API's bench: one worker on an embedded PostgreSQL, with bare Starlette beside it for comparison.

Prints one line of JSON with what the load needs to know, then serves until its standard input ends.
"""

import asyncio
import json
import socket
import sys
import tempfile
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.routes.rules import own_channel
from api.serving import listen, run_api
from core.app import Core, open_core, read_settings
from core.codec import from_json
from core.domain.rule import RuleSpec
from tests.journey.product import MovedMarket

RULES = 50
OWNERS = 40
MARKETS = {"SOL-PERP": Decimal(150), "BTC-PERP": Decimal(60_000), "ETH-PERP": Decimal(3_000)}
EVERY_S = 0.25


async def _people(core: Core) -> list[str]:
    """Programs' keys of as many owners; the first owner has fifty rules."""
    keys = []
    for number in range(OWNERS):
        owner = (await core.identity.as_paper()).session.owner
        keys.append(str(await core.keys.create(owner, "bench", ["read", "write", "trade"])))
        if number == 0:
            for level in range(RULES):
                condition = {"type": "price_level", "market": "SOL-PERP", "operator": ">=", "price": str(200 + level)}
                rule = {"id": "r1", "condition": condition, "action": {"type": "alert"}}
                draft = await core.drafts.propose(owner, (from_json(RuleSpec, rule),), "bench", own_channel())
                await core.drafts.confirm(owner, draft.id, draft.revision)
    return keys


class _Bare:
    """Starlette with nothing around it: the same bytes over HTTP, the same frames over sockets."""

    def __init__(self) -> None:
        self.body = b"{}"
        self.frame = "{}"
        self._sockets: set[WebSocket] = set()
        self.app = Starlette(routes=[Route("/rules", self._rules), WebSocketRoute("/ws", self._live)])

    async def _rules(self, _request: Request) -> Response:
        return Response(self.body, media_type="application/json")

    async def _live(self, socket: WebSocket) -> None:
        await socket.accept()
        self._sockets.add(socket)
        with suppress(WebSocketDisconnect):
            await socket.receive()
        self._sockets.discard(socket)

    async def tell(self) -> None:
        """The frame of the API, to everybody, as often."""
        while True:
            await asyncio.sleep(EVERY_S)
            if self._sockets:
                now = asyncio.get_running_loop().time()
                frame = f'{{"sent": {now}, "frame": {self.frame}}}'
                for socket in list(self._sockets):
                    with suppress(Exception):
                        await socket.send_text(frame)


async def _serve(home: Path) -> None:
    settings = read_settings(
        _env_file=None,
        DATABASE_URL=None,
        SAYWHEN_HOME=str(home),
        SAYWHEN_API_PORT=0,
        SAYWHEN_API_READS="1000000/second",
        SAYWHEN_API_WRITES="1000000/second",
        SAYWHEN_LOG_LEVEL="WARNING",
    )
    async with open_core(settings, role="bench") as core:
        core.parts.source = market = MovedMarket(MARKETS)
        taken = listen(core)
        bare = _Bare()
        config = uvicorn.Config(
            bare.app, port=0, http="httptools", ws="websockets-sansio", loop="none", log_level="error",
            access_log=False, ws_per_message_deflate=False, lifespan="off",
        )  # fmt: skip
        other = socket.create_server(("127.0.0.1", 0), backlog=2048)
        tasks = [
            asyncio.create_task(run_api(core, follow_prices=True, listening=taken)),
            asyncio.create_task(uvicorn.Server(config).serve(sockets=[other])),
            asyncio.create_task(bare.tell()),
            asyncio.create_task(_move(market)),
        ]
        while len(core.prices.latest()) < len(MARKETS):  # noqa: ASYNC110 - the board rings no bell
            await asyncio.sleep(0.01)
        keys = await _people(core)
        told = {"api": taken.getsockname()[1], "bare": other.getsockname()[1], "keys": keys}
        print(json.dumps(told), flush=True)
        loop = asyncio.get_running_loop()
        process = psutil.Process()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            asked = json.loads(line)
            if "body" in asked:
                bare.body = asked["body"].encode()
            if "frame" in asked:
                bare.frame = asked["frame"]
            print(json.dumps({"rss_mb": process.memory_info().rss / 2**20, "now": loop.time()}), flush=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _move(market: MovedMarket) -> None:
    step = 0
    while True:
        await asyncio.sleep(0.1)
        step += 1
        for name, price in MARKETS.items():
            market.move(name, str(price + Decimal(step % 7) / 100))


def main() -> None:
    """Serve until standard input ends."""
    with tempfile.TemporaryDirectory(prefix="saywhen-", ignore_cleanup_errors=True) as name:
        uvloop.run(_serve(Path(name)))


if __name__ == "__main__":
    main()
