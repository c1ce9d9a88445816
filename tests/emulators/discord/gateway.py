"""The gateway of the emulated Discord: compressed frames, heartbeats, IDENTIFY, RESUME, and faults on demand.

A session outlives its connection: what happens meanwhile is kept for a RESUME. Frames are checked as Discord does.
"""

import json
import time
import zlib
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

from tests.emulators.discord.world import APP, GUILD, World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
_WANTED = {"INTERACTION_CREATE": 0, "READY": 0, "RESUMED": 0, "GUILD_CREATE": 1, "MESSAGE_CREATE": 1 << 12}
"""Which intent brings an event; 0 = it comes to everybody. Messages here are those in private channels."""
MOST_SENT, SENT_WITHIN_S = 120, 60.0


@dataclass
class Session:
    """One login's events, kept until it is gone for good."""

    id: str
    intents: int
    seq: int = 0
    events: deque[dict[str, Any]] = field(default_factory=deque)


class Gateway:
    """The bot's connection. `interval_s` is the heartbeat's; faults are taken from `plan`, one a connection's phase."""

    def __init__(self, world: World, token: Callable[[], str], ring: Callable[[], Any], *, lean: bool = False) -> None:
        self._lean = lean
        self._world = world
        self._token = token
        self._ring = ring
        self.interval_s = 41.25
        self.sessions: dict[str, Session] = {}
        self.session: Session | None = None
        self.connections = 0
        self.readied = 0
        self.identified: list[dict[str, Any]] = []
        self.resumed: list[dict[str, Any]] = []
        self.heartbeats = 0
        self.compressed: list[str | None] = []
        self.breaks: list[str] = []
        """Phases in which the next connections break: `connect`, `hello`, `identify`, `ready`, `resume`."""
        self.invalid: list[bool] = []
        """What the next IDENTIFY or RESUME is refused with: True = the session can still be resumed."""
        self.deaf = False
        """Whether heartbeats are left without an acknowledgement."""
        self.torn: list[str] = []
        """What becomes of the next frames about an interaction: `split` in two, `cut` off, or made `noise`."""
        self.wrong: list[str] = []
        self._socket: web.WebSocketResponse | None = None
        self._packs: dict[web.WebSocketResponse, Callable[[bytes], bytes] | None] = {}
        self._numbers = count(1)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection."""
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            return web.Response(status=400)
        if self._breaks("connect"):
            return web.Response(status=503)
        socket = web.WebSocketResponse(max_msg_size=4_096, heartbeat=None)
        await socket.prepare(request)
        self.connections += 1
        how = None if self._lean else request.query.get("compress")
        self.compressed.append(how)
        self._packs[socket], self._socket = _packer(how), socket
        sent: deque[float] = deque()
        try:
            await self._send(socket, {"op": HELLO, "d": {"heartbeat_interval": int(self.interval_s * 1000)}})
            if self._breaks("hello"):
                await socket.close(code=4000)
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    continue
                now = time.monotonic()
                sent.append(now)
                while sent[0] < now - SENT_WITHIN_S:
                    sent.popleft()
                if len(sent) > MOST_SENT:
                    self.wrong.append("more than 120 frames a minute")
                    await socket.close(code=4008)
                    break
                await self._hear(socket, json.loads(frame.data))
        finally:
            del self._packs[socket]
            if self._socket is socket:
                self._socket = None
            await self._ring()
        return socket

    async def drop(self, code: int = 4000) -> None:
        """Break the connection; the session can be resumed."""
        if self._socket is not None:
            socket, self._socket = self._socket, None
            await socket.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Have the bot come back by itself (op 7)."""
        if self._socket is not None:
            await self._send(self._socket, {"op": RECONNECT, "d": None})

    @property
    def connected(self) -> bool:
        """Whether a bot listens now."""
        return self._socket is not None and self.session is not None

    async def tell(self, name: str, data: dict[str, Any]) -> bool:
        """Have an event happen: told now, or kept for a RESUME; False where no session is there to hear of it."""
        session = self.session
        if session is None:
            return False
        wanted = _WANTED[name]
        if wanted and not session.intents & wanted:
            return False
        session.seq += 1
        if self._lean:
            data = spare(name, data)
        event = {"op": DISPATCH, "s": session.seq, "t": name, "d": data}
        session.events.append(event)
        if self._socket is not None:
            with suppress(ConnectionError):
                await self._send(self._socket, event)
        return True

    async def _hear(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        match frame.get("op"):
            case 1:
                self.heartbeats += 1
                if not self.deaf:
                    await self._send(socket, {"op": ACK, "d": None})
            case 2:
                await self._identify(socket, frame["d"])
            case 6:
                await self._resume(socket, frame["d"])
            case 3 | 4 | 8:
                pass
            case _:
                self.wrong.append(f"opcode {frame.get('op')}")
                await socket.close(code=4001)
        await self._ring()

    async def _identify(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        self.identified.append(asked)
        properties = asked.get("properties", {})
        if {"os", "browser", "device"} - set(properties) or not isinstance(asked.get("intents"), int):
            self.wrong.append(f"IDENTIFY {asked}")
            await socket.close(code=4002)
        elif asked.get("token") != self._token():
            await socket.close(code=4004)
        elif self._breaks("identify"):
            await socket.close(code=4000)
        elif self.invalid:
            await self._refuse(socket)
        else:
            session = self.session = Session(f"session-{next(self._numbers)}", asked["intents"])
            self.sessions[session.id] = session
            if self._breaks("ready"):
                await socket.close(code=4000)
                return
            await self.tell(
                "READY",
                {
                    "v": 10, "user": {**self._world.me, "verified": True, "mfa_enabled": False, "email": None},
                    "guilds": [{"id": str(GUILD), "unavailable": True}], "session_id": session.id,
                    "resume_gateway_url": "wss://gateway-resume.discord.gg", "shard": [0, 1],
                    "application": {"id": str(APP), "flags": 0}, "private_channels": [], "relationships": [],
                },
            )  # fmt: skip
            await self.tell("GUILD_CREATE", self._world.guild())
            self.readied += 1

    async def _resume(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        self.resumed.append(asked)
        if self._lean:
            return
        if asked.get("token") != self._token():
            await socket.close(code=4004)
            return
        if self._breaks("resume"):
            await socket.close(code=4000)
            return
        if self.invalid:
            await self._refuse(socket)
            return
        session = self.sessions.get(asked.get("session_id", ""))
        if session is None or session is not self.session:
            await self._send(socket, {"op": INVALID, "d": False})
            return
        for event in list(session.events):
            if event["s"] > asked["seq"]:
                await self._send(socket, event)
        await self.tell("RESUMED", {})

    async def _refuse(self, socket: web.WebSocketResponse) -> None:
        again = self.invalid.pop(0)
        if not again:
            self.session = None
        await self._send(socket, {"op": INVALID, "d": again})

    def _breaks(self, phase: str) -> bool:
        if phase in self.breaks:
            self.breaks.remove(phase)
            return True
        return False

    async def _send(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        text = json.dumps(frame)
        pack = self._packs.get(socket)
        if pack is None:
            await socket.send_str(text)
        else:
            packed = pack(text.encode())
            if self.torn and frame.get("t") == "INTERACTION_CREATE":
                await self._tear(socket, packed, self.torn.pop(0))
            else:
                await socket.send_bytes(packed)

    @staticmethod
    async def _tear(socket: web.WebSocketResponse, packed: bytes, how: str) -> None:
        half = len(packed) // 2
        await socket.send_bytes(packed[:half] if how != "noise" else b"\xff" * half)
        if how == "split":
            await socket.send_bytes(packed[half:])
        elif how == "cut":
            await socket.close(code=4000)


def spare(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """An event as a stand-in for Discord tells it, with what no bot can do without."""
    kept = {
        "INTERACTION_CREATE": {"id", "application_id", "type", "token", "data", "guild_id", "channel_id", "user"},
        "MESSAGE_CREATE": {"id", "channel_id", "author", "content"},
        "READY": {"v", "user", "guilds", "session_id", "resume_gateway_url"},
    }.get(name)
    if kept is None:
        return {"id": data.get("id")}
    found = {part: value for part, value in data.items() if part in kept}
    if name == "MESSAGE_CREATE":
        found["guild_id"] = ""
    if "member" in data:
        found["member"] = {"user": data["member"]["user"]}
    if "message" in data:
        found["message"] = {"id": data["message"]["id"], "content": ""}
    return found


def _packer(how: str | None) -> Callable[[bytes], bytes] | None:
    """What packs the frames of one connection, in one stream."""
    match how:
        case None:
            return None
        case "zlib-stream":
            stream = zlib.compressobj()
            return lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
        case "zstd-stream":
            import zstandard

            chunks = zstandard.ZstdCompressor().compressobj()
            return lambda data: chunks.compress(data) + chunks.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        case _:
            raise web.HTTPBadRequest
