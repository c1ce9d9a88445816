"""The connection to Discord as the library makes it, less what we have no use for; decides nothing on what it brings.

The library makes an object of each event, keeps every server and its channels in memory, and ends the connection where
one lacks a field. We need four kinds of events, and read them as they come.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

import aiohttp
import discord
from discord.http import Route

from bots.discord.hearing import Data

_log = logging.getLogger(__name__)
_UNSAID: dict[str, Any] = {
    "name": "", "description": "", "icon": None, "bot_public": True, "bot_require_code_grant": False, "verify_key": "",
}  # fmt: skip
"""What the library wants to know of our application, and we do not."""


class Listener(Protocol):
    """Who hears what the connection brings."""

    def interaction(self, data: Data, now: datetime) -> None: ...
    def message(self, data: Data, now: datetime) -> None: ...
    def begun(self) -> None: ...


class Bot(discord.Client):
    """The connection; what happens on it goes to `ears`, once there are any."""

    def __init__(self, connector: aiohttp.BaseConnector | None) -> None:
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
        self.ears: Listener | None = None
        known = self._connection.parsers
        ready, resumed = known["READY"], known["RESUMED"]
        known.clear()
        known["READY"] = lambda data: ready({**data, "guilds": []})
        known["RESUMED"] = resumed
        known["INTERACTION_CREATE"] = lambda data: self._bring("interaction", data)
        known["MESSAGE_CREATE"] = lambda data: self._bring("message", data)

    async def on_connect(self) -> None:
        """Called by the library when a session has begun; not when one goes on."""
        if self.ears is not None:
            self.ears.begun()

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

    def _bring(self, what: str, data: Data) -> None:
        if self.ears is None:
            return
        hear: Callable[[Data, datetime], None] = getattr(self.ears, what)
        try:
            hear(data, datetime.now(UTC))
        except Exception as problem:  # noqa: BLE001 - one that cannot be read must not end the connection
            _log.error("An event could not be read, %s: %s", what, f"{type(problem).__name__} {problem}"[:200])
