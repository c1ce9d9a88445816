"""Calls to Solana nodes: decides how long to wait and whom to ask next, never what an answer means.

An address may carry the operator's key: neither errors nor logs repeat it.
"""

import asyncio
import base64
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.domain.errors import NotConfigured, VenueError, VenueUnknown

if TYPE_CHECKING:
    import aiohttp
    from solders.pubkey import Pubkey

_log = logging.getLogger(__name__)

MOST_KEYS = 100
PAGE = 1_000
SHUNNED_S = 10.0
BEHIND = {-32005, -32016}
"""A node that is behind, and one that has not reached the slot that was asked for."""
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class NodeRefused(VenueError):
    """A node answered with a JSON-RPC error: its code, and the data that came with it."""

    def __init__(self, code: int, message: str, content: Any) -> None:
        super().__init__(f"a Solana node refused: {message[:200]} ({code})")
        self.code = code
        self.content = content


@dataclass(frozen=True, slots=True)
class Seen:
    """An account's bytes as of a slot; None where there is no such account."""

    slot: int
    content: bytes | None


def checked(url: str, name: str, secure: str) -> str:
    """*url* without a slash at its end. Raises NotConfigured unless it is *secure* (https, wss), or on this machine."""
    parts = urlsplit(url)
    plain = secure.removesuffix("s")
    if not parts.hostname or parts.scheme not in (secure, plain):
        raise NotConfigured(f"{name} is no {secure} address.", f"Correct {name}.")
    if parts.scheme == plain and parts.hostname not in _LOOPBACK:
        raise NotConfigured(f"{name} is not encrypted: expected {secure}.", f"Use a {secure} address in {name}.")
    return url.rstrip("/")


class Rpc:
    """JSON-RPC to one node, and to a second one where the first fails. What is asked must be safe to ask twice.

    A node that did not answer is asked last for a while, so that one that hangs does not hold up every call.
    """

    def __init__(self, urls: Sequence[str], *, wait_s: float = 4.0) -> None:
        self.urls = tuple(checked(url, "SOLANA_RPC_URL", "https") for url in urls)
        self._wait_s = wait_s
        self._session: aiohttp.ClientSession | None = None
        self._last = 0
        self._failed_at: dict[int, float] = {}

    def nodes(self, first: int = 0) -> list[int]:
        """The nodes' numbers from number *first* on, those before all others that answer."""
        since = asyncio.get_running_loop().time() - SHUNNED_S
        failed = {number: at for number, at in self._failed_at.items() if at > since}
        count = len(self.urls)
        return sorted(range(count), key=lambda number: (number in failed, (number - first) % count))

    async def call(self, method: str, *given: Any, node: int | None = None, first: int = 0) -> Any:
        """The result of *method*, from any node that knows enough, number *first* before others, or from *node* alone.

        Raises NodeRefused for an answer that is an error, VenueUnknown where no node answered.
        """
        if node is not None:
            return await self._ask(node % len(self.urls), method, given)
        why = ""
        for number in self.nodes(first):
            try:
                return await self._ask(number, method, given)
            except VenueUnknown as problem:
                why = str(problem)
        raise VenueUnknown(why)

    async def find(self, method: str, *given: Any) -> Any:
        """What some node has to say; None where every one that answered says that there is nothing.

        Raises VenueUnknown where none answered.
        """
        why: VenueUnknown | None = None
        for number in self.nodes():
            try:
                if (found := await self.call(method, *given, node=number)) is not None:
                    return found
            except VenueUnknown as problem:
                why = problem
        if why is not None:
            raise why
        return None

    async def transaction(self, signature: str) -> dict[str, Any]:
        """A confirmed transaction. Raises VenueUnknown where no node has it yet."""
        options = {"encoding": "base64", "commitment": "confirmed", "maxSupportedTransactionVersion": 0}
        told: dict[str, Any] | None = await self.find("getTransaction", signature, options)
        if told is None:
            raise VenueUnknown("the Solana node does not have the transaction yet")
        return told

    async def logs(self, signature: str) -> tuple[int, list[str]]:
        """The slot of a confirmed transaction, and all that it logged.

        Raises VenueUnknown where no node has it yet, or where the node keeps no logs: that something was not told is
        no proof that it did not happen.
        """
        told = await self.transaction(signature)
        logs = (told["meta"] or {}).get("logMessages")
        if logs is None:
            raise VenueUnknown("the Solana node keeps no logs of the transaction")
        return int(told["slot"]), list(logs)

    async def signatures(
        self, address: str, *, until: str | None, since: int, commitment: str, slot: int = 0
    ) -> list[dict[str, Any]]:
        """Transactions that name *address*, oldest first, back to *until* or to slot *since*, by a node at *slot*.

        All pages are one node's: another may not know the signature that a page begins at, and would say that there is
        nothing before it.
        """
        options: dict[str, Any] = {"limit": PAGE, "commitment": commitment, "minContextSlot": slot}
        options |= {"until": until} if until else {}
        why = "no Solana node is known"
        for number in self.nodes():
            try:
                return await self._pages(number, address, options, since)
            except VenueUnknown as problem:
                why = str(problem)
        raise VenueUnknown(why)

    async def _pages(self, node: int, address: str, options: dict[str, Any], since: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = await self.call("getSignaturesForAddress", address, options, node=node)
            fresh = [one for one in page if one["slot"] >= since]
            found += fresh
            if len(page) < PAGE or len(fresh) < len(page):
                return found[::-1]
            options = {**options, "before": page[-1]["signature"]}

    async def _ask(self, number: int, method: str, given: Sequence[Any]) -> Any:
        try:
            told = await self._exchange(self.urls[number], method, given)
        except NodeRefused as refused:
            if refused.code in BEHIND:
                raise VenueUnknown(f"the Solana node is behind: {refused}") from None
            raise
        except VenueUnknown:
            self._failed_at[number] = asyncio.get_running_loop().time()
            raise
        self._failed_at.pop(number, None)
        return told

    async def _exchange(self, url: str, method: str, given: Sequence[Any]) -> Any:
        import aiohttp

        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=64, keepalive_timeout=30)
            self._session = aiohttp.ClientSession(connector=connector)
        self._last += 1
        body = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": list(given)}
        try:
            async with asyncio.timeout(self._wait_s), self._session.post(url, json=body) as answer:
                if answer.status != 200:
                    raise VenueUnknown(f"a Solana node answered {answer.status} to {method}")
                told = await answer.json(content_type=None)
        except TimeoutError:
            raise VenueUnknown(f"a Solana node did not answer {method} in {self._wait_s:.0f} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            raise VenueUnknown(f"the connection to a Solana node failed: {type(problem).__name__}") from None
        if not isinstance(told, dict) or told.get("id") != body["id"]:
            raise VenueUnknown(f"a Solana node gave no answer to {method}")
        if (error := told.get("error")) is not None:
            raise NodeRefused(int(error.get("code", 0)), str(error.get("message", "")), error.get("data"))
        return told.get("result")

    async def accounts(self, keys: Sequence["Pubkey"], *, slot: int = 0, first: int = 0) -> list[Seen]:
        """The accounts of *keys*, in their order, as confirmed, by a node at *slot*, number *first* before others."""
        found: list[Seen] = []
        for begin in range(0, len(keys), MOST_KEYS):
            part = [str(key) for key in keys[begin : begin + MOST_KEYS]]
            options = {"encoding": "base64", "commitment": "confirmed", "minContextSlot": slot}
            answer = await self.call("getMultipleAccounts", part, options, first=first)
            seen = int(answer["context"]["slot"])
            found += [Seen(seen, content_of(value)) for value in answer["value"]]
        return found

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def content_of(value: Any) -> bytes | None:
    """The bytes of an account as a node tells it."""
    return None if value is None else base64.b64decode(value["data"][0])
