"""A Solana node on loopback: JSON-RPC on one port, PubSub on the next; what it says is the chain's."""

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import base58
from aiohttp import web
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from tests.emulators.solana.chain import Account, Chain, Refused

MOST_KEYS = 100


class Node:
    """Answers for a chain. `asked` holds the names of all methods called, in order."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.asked: list[str] = []

    async def post(self, request: web.Request) -> web.Response:
        """One JSON-RPC request, or a batch."""
        body = json.loads(await request.read())
        return web.json_response([self._answer(one) for one in body] if isinstance(body, list) else self._answer(body))

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        """One PubSub connection."""
        stream = web.WebSocketResponse()
        await stream.prepare(request)
        subscriptions: dict[int, tuple[str, list[Any]]] = {}

        def changed(key: Pubkey | None) -> None:
            for number, (method, given) in subscriptions.items():
                if (value := self._news(method, given, key)) is not None:
                    news = {"subscription": number, "result": value}
                    frame = {"jsonrpc": "2.0", "method": method.replace("Subscribe", "Notification"), "params": news}
                    pending.put_nowait(json.dumps(frame))

        async def tell() -> None:
            while True:
                await stream.send_str(await pending.get())

        pending: asyncio.Queue[str] = asyncio.Queue()
        self.chain.watchers.append(changed)
        teller = asyncio.create_task(tell())
        try:
            async for message in stream:
                asked = json.loads(message.data)
                method, given = asked["method"], asked.get("params", [])
                self.asked.append(method)
                result: int | bool
                if method.endswith("Unsubscribe"):
                    result = subscriptions.pop(given[0], None) is not None
                else:
                    result = len(self.asked)
                    subscriptions[result] = (method, given)
                await stream.send_json({"jsonrpc": "2.0", "id": asked["id"], "result": result})
        finally:
            self.chain.watchers.remove(changed)
            teller.cancel()
            await asyncio.wait([teller])
        return stream

    def _news(self, method: str, given: list[Any], key: Pubkey | None) -> dict[str, Any] | None:
        if method == "slotSubscribe" and key is None:
            slot = self.chain.slot
            return {"slot": slot, "parent": slot - 1, "root": slot - 32}
        if key is None or (account := self.chain.accounts.get(key)) is None:
            return None
        if method == "accountSubscribe" and given[0] == str(key):
            return self._at(self._account(account))
        if method == "programSubscribe" and given[0] == str(account.owner) and _fits(account, given[1:]):
            return self._at({"pubkey": str(key), "account": self._account(account)})
        return None

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request["method"])
        head = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            return head | {"result": self._result(request["method"], request.get("params") or [])}
        except Refused as refused:
            return head | {"error": {"code": refused.code, "message": refused.message, "data": refused.content}}

    def _result(self, method: str, given: list[Any]) -> Any:
        options = given[-1] if given and isinstance(given[-1], dict) else {}
        match method:
            case "getLatestBlockhash":
                made, last = self.chain.blockhash()
                return self._at({"blockhash": str(made), "lastValidBlockHeight": last})
            case "getBlockHeight":
                return self.chain.height(options.get("commitment", "finalized"))
            case "getSlot":
                return self.chain.slot
            case "getAccountInfo":
                return self._at(self._account(self.chain.accounts.get(Pubkey.from_string(given[0]))))
            case "getMultipleAccounts":
                if len(given[0]) > MOST_KEYS:
                    raise Refused(-32602, f"Too many inputs provided; max {MOST_KEYS}")
                return self._at([self._account(self.chain.accounts.get(Pubkey.from_string(key))) for key in given[0]])
            case "simulateTransaction":
                ran = self.chain.simulate(VersionedTransaction.from_bytes(_raw(given[0], options)))
                return self._at(
                    {"err": ran.error, "logs": ran.logs, "accounts": None, "unitsConsumed": 0, "returnData": None}
                )
            case "sendTransaction":
                preflight = not options.get("skipPreflight", False)
                return str(self.chain.send(_raw(given[0], options), preflight=preflight))
            case "getSignatureStatuses":
                return self._at([self.chain.status(Signature.from_string(text)) for text in given[0]])
            case _:
                raise Refused(-32601, "Method not found")

    def _at(self, value: Any) -> dict[str, Any]:
        return {"context": {"slot": self.chain.slot, "apiVersion": "2.2.0"}, "value": value}

    def _account(self, account: Account | None) -> dict[str, Any] | None:
        if account is None:
            return None
        return {
            "data": [base64.b64encode(account.content).decode(), "base64"],
            "executable": False,
            "lamports": 1_000_000,
            "owner": str(account.owner),
            "rentEpoch": 2**64 - 1,
            "space": len(account.content),
        }


def _raw(text: str, options: dict[str, Any]) -> bytes:
    return base64.b64decode(text) if options.get("encoding") == "base64" else base58.b58decode(text)


def _fits(account: Account, options: list[dict[str, Any]]) -> bool:
    for filtered in (options[0] if options else {}).get("filters", []):
        if "dataSize" in filtered and len(account.content) != filtered["dataSize"]:
            return False
        if "memcmp" in filtered:
            wanted, at = base58.b58decode(filtered["memcmp"]["bytes"]), filtered["memcmp"]["offset"]
            if account.content[at : at + len(wanted)] != wanted:
                return False
    return True


@contextlib.asynccontextmanager
async def serving(chain: Chain) -> AsyncIterator[tuple[Node, str, str]]:
    """A node for *chain* on two neighbouring loopback ports: the node, its HTTP and its WebSocket address."""
    node = Node(chain)
    # Clients compress a header and not the body, so that nothing may be unpacked on the way in.
    calls, streams = web.Application(), web.Application()
    calls.router.add_post("/", node.post)
    streams.router.add_get("/", node.listen)
    runners = [
        web.AppRunner(calls, auto_decompress=False, shutdown_timeout=0.5),
        web.AppRunner(streams, shutdown_timeout=0.5),
    ]
    for runner in runners:
        await runner.setup()
    pair = _neighbours()
    try:
        for runner, bound in zip(runners, pair, strict=True):
            await web.SockSite(runner, bound).start()
        port = pair[0].getsockname()[1]
        yield node, f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port + 1}"
    finally:
        for runner, bound in zip(runners, pair, strict=True):
            await runner.cleanup()
            bound.close()


def _neighbours() -> tuple[socket.socket, socket.socket]:
    for _ in range(50):
        first = socket.create_server(("127.0.0.1", 0))
        try:
            return first, socket.create_server(("127.0.0.1", first.getsockname()[1] + 1))
        except OSError:
            first.close()
    raise OSError("Expected two free ports side by side, was none in fifty tries")
