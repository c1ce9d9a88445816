"""What people typed in private while no session was there to bring it is fetched; decides no answer.

Discord keeps a session's events for a RESUME, for minutes and for one connection. What was typed before a new session
began is in the private chats, and nowhere else; whatever was heard already is known by its number. Interactions cannot
be fetched: Discord shows whoever used one that it failed.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import discord

from bots.channel import TryAgain
from bots.discord.channel import Whole
from bots.discord.hearing import Heard, hear_message
from bots.discord.wire import NAME, Wire
from core.domain.errors import SayWhenError

_log = logging.getLogger(__name__)
BEAT_EVERY_S = 10.0
MARGIN = timedelta(minutes=2)
"""A connection may have been dead for so long before anybody noticed."""
FURTHEST = timedelta(days=2)
"""Shorter than numbers are known, so that nothing is heard twice."""
MOST_ROOMS, ROOMS_PER_SECOND = 5_000, 20
_MOST_PAGES = 5
_PAUSE_S, _MOST_TRIES = 5.0, 6


class Missed:
    """Notes while a session listens, and catches up when a new one has begun."""

    def __init__(
        self, wire: Wire, core: Whole, account: str, take: Callable[[Heard], None], listens: Callable[[], bool]
    ) -> None:
        """*take* hears something as if it had just come; *listens* = the present session is heard."""
        self._wire = wire
        self._core = core
        self._name = f"{NAME}:{account}"
        self._take = take
        self._listens = listens
        self._begun = asyncio.Event()

    def begun(self) -> None:
        """A new session has begun: what happened before it does not come by itself."""
        self._begun.set()

    async def run(self) -> None:
        """Until cancelled. Between two beats nothing is noted that was not caught up with."""
        await self._begun.wait()
        while True:
            try:
                if self._begun.is_set():
                    self._begun.clear()
                    await self._catch_up()
                if self._listens():
                    await self._core.inbox.listening(self._name)
            except SayWhenError as problem:
                _log.warning("what was typed meanwhile is looked for again: %s", problem)
                self._begun.set()
                await asyncio.sleep(_PAUSE_S)
            else:
                try:
                    async with asyncio.timeout(BEAT_EVERY_S):
                        await self._begun.wait()
                except TimeoutError:
                    pass

    async def _catch_up(self) -> None:
        heard = await self._core.inbox.listened(self._name)
        if heard is None:
            return  # the first time: nobody can have written before
        since = max(heard - MARGIN, self._core.clock.now() - FURTHEST)
        rooms = [int(room) for room in (await self._wire.rooms()).values()]
        if len(rooms) > MOST_ROOMS:
            _log.warning("%d private chats are looked through, of %d", MOST_ROOMS, len(rooms))
        found = 0
        for room in sorted(rooms, reverse=True)[:MOST_ROOMS]:
            found += await self._look_into(room, since)
            await asyncio.sleep(1 / ROOMS_PER_SECOND)
        if found:
            _log.info("%d messages were found in private; those not heard before are answered now", found)

    async def _look_into(self, room: int, since: datetime) -> int:
        after, found = discord.utils.time_snowflake(since), 0
        for _ in range(_MOST_PAGES):
            page = await self._page(room, after)
            for data in sorted(page, key=lambda one: int(one["id"])):
                after = int(data["id"])
                heard = hear_message({**data, "channel_id": room}, datetime.now(UTC))
                if heard is not None and heard.text.strip():
                    self._take(heard)
                    found += 1
            if len(page) < Wire.MOST_FETCHED:
                break
        return found

    async def _page(self, room: int, after: int) -> list[dict[str, Any]]:
        for _ in range(_MOST_TRIES):
            try:
                return await self._wire.fetch(room, after)
            except TryAgain as problem:
                await asyncio.sleep(problem.retry_in_s or _PAUSE_S)
            except SayWhenError as problem:
                _log.info("a private chat cannot be looked into: %s", problem)
                return []
        raise TryAgain("Discord does not show what was typed")
