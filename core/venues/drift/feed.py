"""What the chain tells by itself: one WebSocket a node for all accounts, checked by asking; decides nothing of it.

driftpy's own subscribers freeze or mix up prices after a reconnect, hence this: every connection numbers its requests
anew, an update counts for the subscription its number was answered with, and after a reconnect everything is
subscribed to and read again. A second node tells the same at the same time, so that the loss of one is not noticed.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.domain.errors import VenueError
from core.venues.drift.rpc import Rpc, checked, content_of
from core.venues.drift.shelf import Shelf

if TYPE_CHECKING:
    import aiohttp
    from solders.pubkey import Pubkey

_log = logging.getLogger(__name__)

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """One subscription: an account, or all accounts of a program that pass filters."""

    method: str
    params: tuple[Any, ...]
    key: "Pubkey | None" = None


@dataclass(slots=True)
class _Line:
    """What one connection has asked for and been answered; gone with it."""

    number: int
    socket: "aiohttp.ClientWebSocketResponse"
    asked: dict[int, Wanted] = field(default_factory=dict)
    live: dict[int, Wanted] = field(default_factory=dict)
    early: dict[int, list[Any]] = field(default_factory=dict)
    """Updates that came before the answer that says what they are of."""
    last: int = 0
    ready: bool = False
    """Whether everything that was wanted when it opened is followed."""

    async def ask(self, wanted: Wanted) -> None:
        self.last += 1
        self.asked[self.last] = wanted
        body = {"jsonrpc": "2.0", "id": self.last, "method": wanted.method, "params": wanted.params}
        await self.socket.send_str(json.dumps(body))


class Feed:
    """Keeps a shelf true. `run` it for as long as it is needed; what is wanted may grow meanwhile."""

    def __init__(
        self,
        shelf: Shelf,
        rpc: Rpc,
        urls: Sequence[str],
        *,
        silence_s: float = 10.0,
        check_every_s: float = 3.0,
    ) -> None:
        self.shelf = shelf
        self._rpc = rpc
        self._urls = tuple(checked(url, "SOLANA_WS_URL", "wss") for url in urls)
        self._silence_s = silence_s
        self._check_every_s = check_every_s
        self._wanted: dict[Any, Wanted] = {}
        self._lines: dict[int, _Line] = {}
        self._last = 0
        self._checks = -1
        self._pending: set[asyncio.Task[None]] = set()
        self.reconnects = 0
        self.connected = asyncio.Event()
        """Whether some connection follows all that is wanted."""
        self._due = asyncio.Event()
        self.also: Callable[[], list[Pubkey]] = list
        """Accounts followed by a filter that are to be checked by name: one that passes it no more is never told."""
        self.on_connect: list[Callable[[], None]] = []

    def want(self, keys: Iterable["Pubkey"]) -> None:
        """Follow these accounts from now on."""
        options = {"encoding": "base64", "commitment": "confirmed"}
        self._add({key: Wanted("accountSubscribe", (str(key), options), key) for key in keys})

    def want_program(self, program: "Pubkey", filters: Sequence[dict[str, Any]]) -> None:
        """Follow every account of *program* that passes *filters*, those that come to pass them included."""
        options = {"encoding": "base64", "commitment": "confirmed", "filters": list(filters)}
        name = json.dumps([str(program), list(filters)])
        self._add({name: Wanted("programSubscribe", (str(program), options))})

    def _add(self, more: dict[Any, Wanted]) -> None:
        new = {name: wanted for name, wanted in more.items() if name not in self._wanted}
        self._wanted |= new
        for line in self._lines.values():
            task = asyncio.create_task(self._ask_all(line, list(new.values())), name="subscribe")
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)

    async def run(self) -> None:
        """Stay connected to every node and check what they tell, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for url in self._urls:
                tasks.create_task(self._stay(url), name="feed")
            tasks.create_task(self._check(), name="feed check")

    # ── one connection ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _stay(self, url: str) -> None:
        import aiohttp

        pause = _FIRST_PAUSE_S
        while True:
            why = "it was closed"
            try:
                async with aiohttp.ClientSession() as session:
                    async with asyncio.timeout(self._silence_s):
                        socket = await session.ws_connect(url, max_msg_size=1 << 26, heartbeat=self._silence_s)
                    pause = _FIRST_PAUSE_S
                    await self._listen(socket)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
                why = type(problem).__name__
            self.reconnects += 1
            _log.info("a Solana node's stream was lost (%s) and is opened again in %.1f s", why, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _listen(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        import aiohttp

        self._last += 1
        line = _Line(self._last, socket)
        self._lines[line.number] = line
        try:
            await line.ask(Wanted("slotSubscribe", ()))
            await self._ask_all(line, list(self._wanted.values()))
            while True:
                async with asyncio.timeout(self._silence_s):
                    message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                self._take(line, message.data)
        finally:
            del self._lines[line.number]
            if not any(other.ready for other in self._lines.values()):
                self.connected.clear()
            with suppress(aiohttp.ClientError, OSError):
                await socket.close()

    async def _ask_all(self, line: _Line, wanted: Iterable[Wanted]) -> None:
        with suppress(OSError, RuntimeError):  # a line that breaks meanwhile is opened, and asks, anew
            for one in wanted:
                await line.ask(one)

    def _take(self, line: _Line, text: str) -> None:
        frame = json.loads(text)
        if "method" in frame:
            params = frame["params"]
            number, result = params["subscription"], params["result"]
            wanted = line.live.get(number)
            if wanted is None:
                line.early.setdefault(number, []).append(result)
            else:
                self._told(wanted, result)
            return
        wanted = line.asked.pop(frame.get("id"), None)
        number = frame.get("result")
        if wanted is None:
            return
        if not isinstance(number, int) or isinstance(number, bool):
            raise ValueError(f"Expected a subscription to {wanted.method}, was refused")
        line.live[number] = wanted
        for result in line.early.pop(number, []):
            self._told(wanted, result)
        if not line.asked and not line.ready:
            line.ready = True
            self.connected.set()
            self._due.set()  # what happened while nobody listened is asked for at once
            for told in self.on_connect:
                told()

    def _told(self, wanted: Wanted, result: Any) -> None:
        if wanted.method == "slotSubscribe":
            self.shelf.slot = max(self.shelf.slot, int(result["slot"]))
            return
        slot, value = int(result["context"]["slot"]), result["value"]
        now = asyncio.get_running_loop().time()
        if wanted.key is not None:
            self.shelf.put(wanted.key, content_of(value), slot, now)
        else:
            from solders.pubkey import Pubkey

            key = Pubkey.from_string(value["pubkey"])
            self.shelf.put(key, content_of(value["account"]), slot, now)

    # ── checking ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _check(self) -> None:
        """Ask for everything from time to time: what no stream told is found, and how fresh it is."""
        while True:
            try:
                await self.check()
            except VenueError as problem:
                _log.info("accounts are checked again later: %s", problem)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._check_every_s):
                    await self._due.wait()
            self._due.clear()

    async def check(self) -> None:
        """Read every account that is followed by name, from each node in turn. Raises VenueUnknown."""
        keys = [wanted.key for wanted in self._wanted.values() if wanted.key is not None] + self.also()
        if not keys:
            return
        now = asyncio.get_running_loop().time()
        self._checks += 1
        found = await self._rpc.accounts(keys, slot=self.shelf.floor, first=self._checks)
        for key, seen in zip(keys, found, strict=True):
            self.shelf.put(key, seen.content, seen.slot, now)
