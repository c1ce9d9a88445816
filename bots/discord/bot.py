"""The connection to Discord as the library makes it, less what we have no use for; decides nothing on what it brings.

The library makes an object of each event, keeps every server and its channels in memory, and ends the connection where
one lacks a field. We need four kinds of events, and read them as they come.
"""

import asyncio
import json
import logging
import re
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import aiohttp
import discord
from discord import gateway as library
from discord.gateway import DiscordWebSocket
from discord.http import Ratelimit, Route
from yarl import URL

from bots.channel import TryAgain
from bots.discord.hearing import Data
from core.domain.errors import NotConfigured

_log = logging.getLogger(__name__)
_UNSAID: dict[str, Any] = {
    "name": "", "description": "", "icon": None, "bot_public": True, "bot_require_code_grant": False, "verify_key": "",
}  # fmt: skip
"""What the library wants to know of our application, and we do not."""


_BASE, _GATEWAY = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
_CUT: tuple[type[Exception], ...] = (zlib.error, json.JSONDecodeError, UnicodeDecodeError)
"""What says that a frame is no whole one."""
with suppress(ImportError):
    import zstandard

    _CUT += (zstandard.ZstdError,)
_VERSION = re.compile(r"/v\d+$")
SILENT_S = 15.0
"""How long no session may listen before everything is begun anew; the library may rest for a quarter of an hour."""
MOST_BEGUN, BEGUN_EVERY_S = 100, 100.0
"""Sessions begun at once, and how often one more; 964 a day at most, of the 1,000 that Discord allows."""
_LOOK_EVERY_S = 2.5


class _Ended(Exception):
    """There is nothing left to keep alive."""


class Heartbeats(library.KeepAliveHandler):
    """The library's thread that keeps a connection alive, noting *before* a heartbeat is sent when that was.

    The library notes it afterwards. Where the acknowledgement is quicker than the thread it is then measured from the
    heartbeat before, and the log says that the connection is a whole interval behind, which it is not.
    """

    def run(self) -> None:
        """Called in the thread: until the connection is closed, or has ended with all around it."""
        with suppress(_Ended):
            super().run()

    def get_payload(self) -> dict[str, Any]:
        """Called by the thread for each heartbeat, and by the loop when a connection begins."""
        if threading.current_thread() is self and (self.ws.loop.is_closed() or self.ws.socket.closed):
            raise _Ended
        self._last_send = time.perf_counter()
        return super().get_payload()


class Connection(DiscordWebSocket):
    """The library's connection, which goes on over a new one when a frame of it cannot be read."""

    async def received_message(self, msg: Any, /) -> None:
        """Called by the library for each frame."""
        try:
            await super().received_message(msg)
        except _CUT as problem:
            _log.warning("Discord's frames broke off in the middle, and are asked for again: %s", problem)
            await self.close(code=4000)
            raise library.ReconnectWebSocket(self.shard_id) from None


class Beginnings:
    """How many sessions may still be begun. Discord takes its token from a bot that begins too many in a day."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._left, self._at = float(MOST_BEGUN), now()

    def take(self) -> None:
        """Count one that is about to begin. Raises TryAgain where that would be one too many."""
        now = self._now()
        self._left = min(MOST_BEGUN, self._left + (now - self._at) / BEGUN_EVERY_S)
        self._at = now
        if self._left < 1:
            raise TryAgain("Discord ended too many sessions just after they began", (1 - self._left) * BEGUN_EVERY_S)
        self._left -= 1


class Listener(Protocol):
    """Who hears what the connection brings."""

    def interaction(self, data: Data, now: datetime) -> None: ...
    def message(self, data: Data, now: datetime) -> None: ...
    def begun(self) -> None: ...


class Bot(discord.Client):
    """The connection; what happens on it goes to `ears`, once there are any."""

    def __init__(
        self, connector: aiohttp.BaseConnector | None, *, base: str | None = None, gateway: str | None = None,
        beginnings: Beginnings | None = None,
    ) -> None:  # fmt: skip
        """*base* and *gateway* are Discord's addresses where they are not its own; the library has one for all bots."""
        Route.BASE = _BASE if base is None else _versioned(base.rstrip("/"))
        DiscordWebSocket.DEFAULT_GATEWAY = _GATEWAY if gateway is None else URL(gateway)
        self._gateway_unknown = base is not None and gateway is None
        library.KeepAliveHandler = Heartbeats  # type: ignore[misc]
        discord.client.DiscordWebSocket = Connection  # type: ignore[misc]
        # It says at each start that nobody can speak with it; nobody wants to.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            # Neither is privileged. The second brings what people type to us in private, and nothing else.
            intents=discord.Intents(guilds=True, dm_messages=True),
            connector=connector,
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            guild_ready_timeout=0.5,
            max_ratelimit_timeout=30.0,
        )
        self.http.get_ratelimit = partial(self._patient, self.http.get_ratelimit)  # type: ignore[method-assign]
        self.ears: Listener | None = None
        self._beginnings = beginnings or Beginnings()
        self._greeted: DiscordWebSocket | None = None
        known = self._connection.parsers
        ready, resumed = known["READY"], known["RESUMED"]
        known.clear()
        known["READY"] = lambda data: self._greet(ready, {**data, "guilds": []})
        known["RESUMED"] = lambda data: self._greet(resumed, data)
        known["INTERACTION_CREATE"] = lambda data: self._bring("interaction", data)
        known["MESSAGE_CREATE"] = lambda data: self._bring("message", data)

    async def on_connect(self) -> None:
        """Called by the library when a session has begun; not when one goes on."""
        if self.ears is not None:
            self.ears.begun()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Called by the library before it begins a session."""
        await super().before_identify_hook(shard_id, initial=initial)
        self._beginnings.take()

    async def application_info(self) -> discord.AppInfo:
        """Our application, which the library asks for when it logs in; a stand-in for Discord may know less of it."""
        user = self._connection.user
        if user is None:
            raise AssertionError("Expected to be asked after the login")
        told: Any = {"id": user.id}  # the number of a bot's application is that of its user
        for path in ("/oauth2/applications/@me", "/applications/@me"):
            with suppress(discord.NotFound):
                told = await self.http.request(Route("GET", path))
                break
        owner = {"id": user.id, "username": user.name, "discriminator": "0", "avatar": None}
        whole: Any = {"owner": owner, **_UNSAID, **told}
        return discord.AppInfo(self._connection, whole)

    async def setup_hook(self) -> None:
        """Called by the library once it has logged in."""
        if self._gateway_unknown:
            for path in ("/gateway/bot", "/gateway"):
                with suppress(discord.NotFound):
                    told = await self.http.request(Route("GET", path))
                    DiscordWebSocket.DEFAULT_GATEWAY = URL(told["url"])
                    return
            raise NotConfigured("What is at DISCORD_API_BASE names no gateway.", "Set DISCORD_GATEWAY_URL.")

    async def stays_silent(self) -> None:
        """Return when no session has listened for too long, for whatever reason."""
        deaf_s = 0.0
        while deaf_s < SILENT_S:
            await asyncio.sleep(_LOOK_EVERY_S)
            deaf_s = 0.0 if self.listens else deaf_s + _LOOK_EVERY_S

    @property
    def listens(self) -> bool:
        """Whether the present session is heard."""
        return self._greeted is not None and self.ws is self._greeted and self.ws.open

    def _patient(self, known: Callable[[str], Ratelimit], key: str) -> Ratelimit:
        # The library's own buckets refuse each call while they end later than `max_ratelimit_timeout`, even with calls
        # left. That time is meant for how long Discord wants silence once it has said no.
        bucket = known(key)
        bucket._max_ratelimit_timeout = None  # noqa: SLF001 - there is no other way to tell them apart
        return bucket

    def _greet(self, parse: Callable[[Data], None], data: Data) -> None:
        self._greeted = self.ws
        parse(data)

    def _bring(self, what: str, data: Data) -> None:
        if self.ears is None:
            return
        hear: Callable[[Data, datetime], None] = getattr(self.ears, what)
        try:
            hear(data, datetime.now(UTC))
        except Exception as problem:  # noqa: BLE001 - one that cannot be read must not end the connection
            _log.error("An event could not be read, %s: %s", what, f"{type(problem).__name__} {problem}"[:200])


def _versioned(base: str) -> str:
    return base if _VERSION.search(base) else f"{base}/v10"
