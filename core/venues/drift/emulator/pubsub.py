"""One PubSub connection of the node: what its client subscribed to, told as the chain changes."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import base58
from aiohttp import WSMsgType, web
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from core.venues.drift.emulator.chain import CONFIRMED_AFTER, Account, Chain, Landed


class Listener:
    """What one client is told, in order. A client that reads too slowly is hung up on, as by a real node."""

    MOST_WAITING = 200_000

    def __init__(self, chain: Chain, stream: web.WebSocketResponse, request: web.Request) -> None:
        self._chain = chain
        self._stream = stream
        self._request = request
        self._wanted: dict[int, tuple[str, list[Any]]] = {}
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._unconfirmed: list[tuple[Signature, Landed]] = []
        self._last = 0
        self.held = False
        """Whether news are held back, as by a node that is behind."""
        self._back: list[dict[str, Any]] = []

    async def serve(self, asked: Counter[str]) -> None:
        """Take subscriptions and tell, until the client leaves."""
        self._chain.watchers.append(self._changed)
        self._chain.hearers.append(self._heard)
        teller = asyncio.create_task(self._tell(), name="pubsub")
        try:
            async for message in self._stream:
                if message.type is not WSMsgType.TEXT:
                    continue
                request = json.loads(message.data)
                method, given = request["method"], request.get("params") or []
                asked[method] += 1
                result: int | bool
                if method.endswith("Unsubscribe"):
                    result = self._wanted.pop(given[0], None) is not None
                else:
                    self._last += 1
                    result = self._last
                    self._wanted[result] = (method, given)
                self._put({"jsonrpc": "2.0", "id": request["id"], "result": result})
        finally:
            self._chain.watchers.remove(self._changed)
            self._chain.hearers.remove(self._heard)
            teller.cancel()
            await asyncio.wait([teller])

    async def hang_up(self, *, abruptly: bool) -> None:
        """End the connection, with or without a goodbye."""
        transport = self._request.transport
        if abruptly and transport is not None:
            transport.abort()
        else:
            await self._stream.close(code=1000)

    def release(self) -> None:
        """Tell what is new from now on, and what was held back after the next of it: late, and out of order."""
        self.held = False

    async def _tell(self) -> None:
        try:
            while True:
                await self._stream.send_str(await self._waiting.get())
        except (ConnectionError, RuntimeError):
            return

    def _put(self, frame: dict[str, Any]) -> None:
        if self._waiting.qsize() < self.MOST_WAITING:
            self._waiting.put_nowait(json.dumps(frame))

    def _news(self, number: int, value: Any, slot: int) -> None:
        method = self._wanted[number][0].replace("Subscribe", "Notification")
        result = value if method == "slotNotification" else {"context": {"slot": slot}, "value": value}
        frame = {"jsonrpc": "2.0", "method": method, "params": {"subscription": number, "result": result}}
        if self.held:
            self._back.append(frame)
            return
        self._put(frame)
        late, self._back = self._back, []
        for held in late:
            self._put(held)

    def _changed(self, keys: Iterable[Pubkey]) -> None:
        """Some accounts were written, or, without any, a slot has passed."""
        chain, slot = self._chain, self._chain.slot
        keys = tuple(keys)
        if not keys:
            self._confirm()
        for number, (method, given) in tuple(self._wanted.items()):
            if method == "slotSubscribe" and not keys:
                self._news(number, {"slot": slot, "parent": slot - 1, "root": slot - 32}, slot)
            for key in keys:
                account = chain.accounts[key]
                options = given[1] if len(given) > 1 else {}
                if method == "accountSubscribe" and given[0] == str(key):
                    self._news(number, shown(account, options), slot)
                    if chain.faults.repeats_old():
                        old = Account(account.owner, account.content[:8] + bytes(len(account.content) - 8))
                        self._news(number, shown(old, options), slot - 5)
                elif method == "programSubscribe" and given[0] == str(account.owner) and fits(account, options):
                    self._news(number, {"pubkey": str(key), "account": shown(account, options)}, slot)

    def _heard(self, signature: Signature, found: Landed) -> None:
        if any(method in ("logsSubscribe", "signatureSubscribe") for method, _ in self._wanted.values()):
            self._unconfirmed.append((signature, found))

    def _confirm(self) -> None:
        """Tell of the transactions that are confirmed by now."""
        ready = [(s, f) for s, f in self._unconfirmed if self._chain.slot - f.slot >= CONFIRMED_AFTER]
        self._unconfirmed = [(s, f) for s, f in self._unconfirmed if self._chain.slot - f.slot < CONFIRMED_AFTER]
        for signature, found in ready:
            for number, (method, given) in tuple(self._wanted.items()):
                if method == "logsSubscribe" and _mentioned(found, given[0]):
                    value = {"signature": str(signature), "err": found.error, "logs": list(found.logs)}
                    self._news(number, value, found.slot)
                elif method == "signatureSubscribe" and given[0] == str(signature):
                    self._news(number, {"err": found.error}, found.slot)
                    del self._wanted[number]


def _mentioned(found: Landed, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return True
    keys = VersionedTransaction.from_bytes(found.raw).message.account_keys
    return any(str(key) in wanted["mentions"] for key in keys)


def shown(account: Account | None, options: dict[str, Any]) -> dict[str, Any] | None:
    """An account as the node tells it, cut to the wanted slice."""
    if account is None:
        return None
    content = account.content
    if (part := options.get("dataSlice")) is not None:
        content = content[part["offset"] : part["offset"] + part["length"]]
    return {
        "data": [base64.b64encode(content).decode(), "base64"],
        "executable": False,
        "lamports": 1_000_000,
        "owner": str(account.owner),
        "rentEpoch": 2**64 - 1,
        "space": len(account.content),
    }


def fits(account: Account, options: dict[str, Any]) -> bool:
    """Whether an account passes the filters of the request."""
    for filtered in options.get("filters") or []:
        if "dataSize" in filtered and len(account.content) != filtered["dataSize"]:
            return False
        if "memcmp" in filtered:
            wanted, at = base58.b58decode(filtered["memcmp"]["bytes"]), filtered["memcmp"]["offset"]
            if account.content[at : at + len(wanted)] != wanted:
                return False
    return True
