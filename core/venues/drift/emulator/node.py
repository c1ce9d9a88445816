"""A Solana node on loopback: JSON-RPC on one port, PubSub on the next; what it says is the chain's."""

import asyncio
import base64
import contextlib
import copy
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import base58
from aiohttp import web
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from core.venues.drift.emulator.chain import FEE, LEADER, Chain, Refused, Simulated, priority_fee, rent, told
from core.venues.drift.emulator.faults import Answer
from core.venues.drift.emulator.pubsub import Listener, fits, shown

MOST_KEYS = 100
MOST_SIGNATURES = 1_000


class Node:
    """Answers for a chain. `asked` counts the calls of every method; `listeners` are its open PubSub connections.

    Several nodes may answer for one chain, and differ: one that `falls_behind` tells of the past until it `catches_up`;
    `claims` is what it says of signatures against the truth, `hidden` are transactions it does not list yet.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.past: Chain | None = None
        self.claims: dict[str, dict[str, Any] | None] = {}
        self.hidden: set[str] = set()
        self.kept_from = 0
        """The slot before which it has forgotten transactions, though it lists them."""
        self.height_claimed: int | None = None
        """The last valid block height that it tells with any blockhash."""
        self.answering = asyncio.Event()
        """Cleared: it takes calls and answers none."""
        self.answering.set()
        self.asked: Counter[str] = Counter()
        self.listeners: set[Listener] = set()
        self.deaf = False
        """Whether new PubSub connections are turned away."""

    async def post(self, request: web.Request) -> web.StreamResponse:
        """One JSON-RPC request, or a batch."""
        body = json.loads(await request.read())
        await self.answering.wait()
        answer = self.chain.faults.answer()
        if answer is Answer.BUSY:
            return web.Response(status=429, text="Too many requests")
        if answer is Answer.BROKEN:
            return web.Response(status=503, text="The node is behind")
        result = [self._answer(one) for one in body] if isinstance(body, list) else self._answer(body)
        if answer is Answer.SLOW:
            await asyncio.sleep(self.chain.faults.slow_s)
        if answer is Answer.CUT and request.transport is not None:
            request.transport.abort()
        return web.json_response(result)

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        """One PubSub connection."""
        stream = web.WebSocketResponse()
        await stream.prepare(request)
        if self.deaf:
            await stream.close()
            return stream
        listener = Listener(self.chain, stream, request)
        listener.held = self.past is not None
        self.listeners.add(listener)
        try:
            await listener.serve(self.asked)
        finally:
            self.listeners.discard(listener)
        return stream

    def falls_behind(self) -> None:
        """Tell of the chain as it is now from now on, whatever happens on it."""
        self.past = copy.copy(self.chain)
        self.past.slot -= 1  # the present slot may be written to yet
        self.past.accounts, self.past.landed = dict(self.chain.accounts), dict(self.chain.landed)
        self.past.history = {key: list(known) for key, known in self.chain.history.items()}
        for listener in self.listeners:
            listener.held = True

    def catches_up(self) -> None:
        """Tell of the present again; PubSub tells what it held back, of old slots, after what is new."""
        self.past = None
        for listener in self.listeners:
            listener.release()

    async def hang_up(self, *, abruptly: bool) -> None:
        """End every PubSub connection: with a proper goodbye, or as a cable that is pulled."""
        for listener in tuple(self.listeners):
            await listener.hang_up(abruptly=abruptly)

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked[request["method"]] += 1
        head = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            return head | {"result": self._result(request["method"], request.get("params") or [])}
        except Refused as refused:
            return head | {"error": {"code": refused.code, "message": refused.message, "data": refused.content}}

    def _result(self, method: str, given: list[Any]) -> Any:
        options = given[-1] if given and isinstance(given[-1], dict) else {}
        chain = self.seen
        if (options.get("minContextSlot") or 0) > chain.slot:
            raise Refused(-32016, "Minimum context slot has not been reached", {"contextSlot": chain.slot})
        match method:
            case "getLatestBlockhash":
                made, last = chain.blockhash()
                return self._at({"blockhash": str(made), "lastValidBlockHeight": self.height_claimed or last})
            case "isBlockhashValid":
                return self._at(chain.is_good(given[0]))
            case "getBlockHeight":
                return chain.height(options.get("commitment", "finalized"))
            case "getSlot":
                return chain.slot
            case "getAccountInfo":
                return self._at(shown(chain.accounts.get(Pubkey.from_string(given[0])), options))
            case "getMultipleAccounts":
                if len(given[0]) > MOST_KEYS:
                    raise Refused(-32602, f"Too many inputs provided; max {MOST_KEYS}")
                return self._at([shown(chain.accounts.get(Pubkey.from_string(key)), options) for key in given[0]])
            case "getProgramAccounts":
                found = [
                    {"pubkey": str(key), "account": shown(account, options)}
                    for key, account in chain.accounts.items()
                    if str(account.owner) == given[0] and fits(account, options)
                ]
                return self._at(found) if options.get("withContext") else found
            case "simulateTransaction":
                return self._at(self._simulated(_raw(given[0], options), options))
            case "sendTransaction":
                raw = _raw(given[0], options)
                preflight = not options.get("skipPreflight", False)
                if preflight and self.past is not None:
                    self.past.check(raw)
                return str(self.chain.send(raw, preflight=preflight and self.past is None))
            case "getSignatureStatuses":
                return self._at([self._status(text) for text in given[0]])
            case "getSignaturesForAddress":
                return self._signatures(Pubkey.from_string(given[0]), options)
            case "getTransaction":
                return self._transaction(Signature.from_string(given[0]))
            case _:
                return self._told(method, given)

    def _told(self, method: str, given: list[Any]) -> Any:
        """Answers about the node and its prices rather than about accounts and transactions."""
        chain = self.chain
        match method:
            case "getRecentPrioritizationFees":
                return [{"slot": chain.slot - n, "prioritizationFee": fee} for n, fee in enumerate(chain.fees)]
            case "getBalance":
                return self._at(chain.lamports.get(Pubkey.from_string(given[0]), 0))
            case "getMinimumBalanceForRentExemption":
                return rent(given[0])
            case "getVersion":
                return {"solana-core": "2.2.0", "feature-set": 1}
            case "getSlotLeader":
                return str(LEADER)
            case "getHealth":
                return "ok"
            case "getGenesisHash":
                return "11111111111111111111111111111111"
            case _ if method in chain.extra:
                return chain.extra[method](*given)
            case _:
                raise Refused(-32601, "Method not found")

    def _simulated(self, raw: bytes, options: dict[str, Any]) -> dict[str, Any]:
        transaction = VersionedTransaction.from_bytes(raw)
        if options.get("sigVerify") and not all(transaction.verify_with_results()):
            raise Refused(-32003, "Transaction signature verification failure")
        ran = self.chain.simulate(transaction, any_hash=options.get("replaceRecentBlockhash", False))
        wanted = [Pubkey.from_string(text) for text in (options.get("accounts") or {}).get("addresses", [])]
        return told(ran) | ({"accounts": [self._after(key, transaction, ran) for key in wanted]} if wanted else {})

    def _after(self, key: Pubkey, transaction: VersionedTransaction, ran: Simulated) -> dict[str, Any] | None:
        """A wallet as it would be after the transaction; only its lamports are told."""
        if key not in self.chain.lamports:
            return None
        payer = transaction.message.account_keys[0]
        fee = FEE * len(transaction.signatures) + priority_fee(transaction) if key == payer else 0
        paid = 0 if ran.bank is None else ran.bank.paid.get(key, 0)
        left = self.chain.lamports[key] - fee - paid
        return {"lamports": left, "data": ["", "base64"], "owner": "1" * 32, "executable": False, "rentEpoch": 0}

    @property
    def seen(self) -> Chain:
        """The chain as this node knows it."""
        return self.past or self.chain

    def _status(self, signature: str) -> dict[str, Any] | None:
        return (
            self.claims[signature] if signature in self.claims else self.seen.status(Signature.from_string(signature))
        )

    def _signatures(self, key: Pubkey, options: dict[str, Any]) -> list[dict[str, Any]]:
        """Newest first, from before `before` down to just after `until`; finalized ones unless confirmed do."""
        told_of = []
        deep = ("finalized",) if options.get("commitment", "finalized") == "finalized" else ("confirmed", "finalized")
        before, until = options.get("before"), options.get("until")
        started = before is None
        for signature in reversed(self.seen.history.get(key, [])):
            found = self.seen.landed[signature]
            if str(signature) == until:
                break
            if started and self.seen.level(found) in deep and str(signature) not in self.hidden:
                told_of.append(
                    {
                        "signature": str(signature),
                        "slot": found.slot,
                        "err": found.error,
                        "memo": None,
                        "blockTime": found.at,
                        "confirmationStatus": self.seen.level(found),
                    }
                )
            started = started or str(signature) == before
            if len(told_of) == min(options.get("limit", MOST_SIGNATURES), MOST_SIGNATURES):
                break
        return told_of

    def _transaction(self, signature: Signature) -> dict[str, Any] | None:
        found = self.seen.landed.get(signature)
        if found is None or self.seen.level(found) == "processed" or found.slot < self.kept_from:
            return None
        return {
            "slot": found.slot,
            "blockTime": found.at,
            "version": 0,
            "transaction": [base64.b64encode(found.raw).decode(), "base64"],
            "meta": {
                "err": found.error,
                "status": {"Ok": None} if found.error is None else {"Err": found.error},
                "fee": found.fee,
                "logMessages": list(found.logs),
                "computeUnitsConsumed": found.units,
                "preBalances": [],
                "postBalances": [],
                "innerInstructions": [],
                "loadedAddresses": {"readonly": [], "writable": []},
            },
        }

    def _at(self, value: Any) -> dict[str, Any]:
        return {"context": {"slot": self.seen.slot, "apiVersion": "2.2.0"}, "value": value}


def _raw(text: str, options: dict[str, Any]) -> bytes:
    return base64.b64decode(text) if options.get("encoding") == "base64" else base58.b58decode(text)


@contextlib.asynccontextmanager
async def serving(chain: Chain, port: int = 0) -> AsyncIterator[tuple[Node, str, str]]:
    """A node for *chain* on two neighbouring loopback ports (any, or *port*), with its HTTP and WebSocket address."""
    node = Node(chain)
    # Clients compress a header and not the body, so that nothing may be unpacked on the way in.
    calls, streams = web.Application(client_max_size=1 << 24), web.Application()
    calls.router.add_post("/", node.post)
    streams.router.add_get("/", node.listen)
    runners = [
        web.AppRunner(calls, auto_decompress=False, shutdown_timeout=0.1),
        web.AppRunner(streams, shutdown_timeout=0.1),
    ]
    for runner in runners:
        await runner.setup()
    pair = _neighbours(port)
    try:
        for runner, bound in zip(runners, pair, strict=True):
            await web.SockSite(runner, bound).start()
        port = pair[0].getsockname()[1]
        yield node, f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port + 1}"
    finally:
        await node.hang_up(abruptly=True)
        for runner, bound in zip(runners, pair, strict=True):
            await runner.cleanup()
            bound.close()


def _neighbours(port: int) -> tuple[socket.socket, socket.socket]:
    for _ in range(50):
        first = socket.create_server(("127.0.0.1", port))
        try:
            return first, socket.create_server(("127.0.0.1", first.getsockname()[1] + 1))
        except OSError:
            first.close()
            if port:
                raise
    raise OSError("Expected two free ports side by side, was none in fifty tries")
