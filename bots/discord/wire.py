"""Discord's REST calls as we make them, over discord.py's rate limits; its errors in our words; decides no card."""

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from io import BytesIO
from typing import Any, TypeVar

import aiohttp
import discord
import orjson
from discord.http import Route, json_or_text
from yarl import URL

from bots.channel import TryAgain, Undeliverable
from bots.discord.hearing import Heard
from bots.discord.render import PICTURE, Payload, without_picture
from core.domain.errors import NotConfigured, SayWhenError
from core.ports import Memos

NAME = "discord"
WITHIN_S = 20.0
"""One call, with the library's own repetitions."""
PICTURE_WITHIN_S, PICTURE_ANSWERS_WITHIN_S, BARE_S = 3.0, 1.5, 300.0
"""A call that carries a picture; one that answers an interaction, which waits three seconds; and for how long no call
carries one once such a call has failed: the words matter more."""
_AT_ONCE_S = 1.0
MOST_LINES = 40
"""Calls that answer interactions, at once: in a crowd, each more would first make a connection, which takes longest."""
SENDS_PER_SECOND = 40
"""Of ours in all, below Discord's 50; answers to interactions are not counted there."""
_DM = "dm"
_MOST_KNOWN = 20_000
_TOO_FAST_S = 60.0
_JSON = {"Content-Type": "application/json"}
_WITHIN = aiohttp.ClientTimeout(total=WITHIN_S)
_PICTURED = aiohttp.ClientTimeout(total=PICTURE_ANSWERS_WITHIN_S)
_TROUBLE = (discord.RateLimited, discord.HTTPException, TimeoutError, aiohttp.ClientError, OSError)
_NOBODY: dict[str, list[str]] = {"parse": []}
_log = logging.getLogger(__name__)
T = TypeVar("T")

MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, FORM = 4, 5, 6, 7, 8, 9


class Late(SayWhenError):
    """Discord takes no answer to this interaction any more."""


class Taken(SayWhenError):
    """The interaction was answered before."""


class Gone(SayWhenError):
    """The message or channel is not there, or not for us."""


class Refused(SayWhenError):
    """Discord does not take what was sent."""


class Wire:
    """Calls of one bot. Every method raises TryAgain, Undeliverable, Late, Taken, Gone, Refused, or NotConfigured."""

    MOST_FETCHED = 100

    def __init__(self, client: discord.Client, memos: Memos) -> None:
        self._client = client
        self._memos = memos
        self._session = discord.Webhook.partial(1, "-", client=client).session
        self._rooms: OrderedDict[int, int] = OrderedDict()
        self._free_at = 0.0
        self._lines = asyncio.Semaphore(MOST_LINES)
        self._bare_until = 0.0

    async def call_back(
        self, heard: Heard, kind: int, data: Payload | None = None, png: bytes | None = None, *, named: bool = False
    ) -> int:
        """Answer an interaction for the first time.

        The number of the message that shows it, where that is to be *named*; 0 where nobody asked or there is none.
        """
        path = f"/interactions/{heard.number}/{heard.token}/callback"
        body: Payload = {"type": kind} if data is None else {"type": kind, "data": data}
        if not named:
            await self._ask("POST", path, body, png)
            return 0
        reply = await self._ask("POST", f"{path}?with_response=1", body, png)
        message = ((reply or {}).get("resource") or {}).get("message") or {}
        if "id" not in message and kind == MESSAGE:
            message = await self._ask("GET", self._original(heard), None, None)
        return int(message.get("id", 0))

    async def edit_original(self, heard: Heard, data: Payload, png: bytes | None = None) -> int:
        """Change what the interaction was answered with, or the message that carried the button."""
        return int((await self._ask("PATCH", self._original(heard), data, png))["id"])

    async def follow_up(self, heard: Heard, data: Payload, png: bytes | None = None) -> int:
        """Say something more about an interaction."""
        return int((await self._ask("POST", f"/webhooks/{heard.app}/{heard.token}?wait=true", data, png))["id"])

    async def post(self, person: int, data: Payload, png: bytes | None = None, *, nonce: str = "") -> int:
        """Write to *person* in private. With a *nonce* that was used just now, nothing new is written."""
        body = {**data, "allowed_mentions": _NOBODY}
        if nonce:
            body |= {"nonce": nonce, "enforce_nonce": True}
        room = await self._room(person)
        try:
            return await self.post_in(room, body, png)
        except Gone:
            # Seen for apps installed by a user until their private chat is opened again.
            return await self._post_anew(person, body, png)

    async def post_in(self, room: int, body: Payload, png: bytes | None = None) -> int:
        """Write into a channel that is known."""
        await self._pace()
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=room)
        return int((await self._send(route, body, png))["id"])

    async def edit(self, person: int, message: int, data: Payload, png: bytes | None = None) -> None:
        """Change a message in *person*'s private chat."""
        await self._pace()
        route = Route(
            "PATCH", "/channels/{channel_id}/messages/{message_id}",
            channel_id=await self._room(person), message_id=message,
        )  # fmt: skip
        await self._send(route, data, png)

    async def rooms(self) -> Mapping[str, str]:
        """The private chats that are known, by person."""
        return await self._memos.about_people(NAME, _DM)

    async def fetch(self, room: int, after: int) -> list[dict[str, Any]]:
        """The first messages of a channel that are newer than number *after*, in any order."""
        found: Any = await self._translated(lambda: self._client.http.logs_from(room, self.MOST_FETCHED, after=after))
        return list(found)

    async def typing(self, room: int) -> None:
        """Show that an answer is being worked on; not worth an error."""
        try:
            await self._translated(lambda: self._client.http.send_typing(room))
        except SayWhenError as problem:
            _log.info("no sign of typing: %s", problem)

    async def know_room(self, person: int, room: int) -> None:
        """Remember which channel is *person*'s private chat."""
        if self._rooms.get(person) != room:
            self._keep(person, room)
            if await self._memos.recall(NAME, _DM, str(person)) != str(room):
                await self._memos.remember(NAME, _DM, str(room), str(person))

    async def _post_anew(self, person: int, body: Payload, png: bytes | None) -> int:
        room = await self._open(person)
        try:
            return await self.post_in(room, body, png)
        except Gone as problem:
            raise Undeliverable(str(problem)) from None

    async def _room(self, person: int) -> int:
        room = self._rooms.get(person)
        if room is not None:
            return room
        noted = await self._memos.recall(NAME, _DM, str(person))
        if noted is not None:
            self._keep(person, int(noted))
            return int(noted)
        return await self._open(person)

    async def _open(self, person: int) -> int:
        await self._pace()
        made = await self._translated(lambda: self._client.http.start_private_message(person))
        room = int(made["id"])
        self._keep(person, room)
        await self._memos.remember(NAME, _DM, str(room), str(person))
        return room

    def _keep(self, person: int, room: int) -> None:
        self._rooms[person] = room
        while len(self._rooms) > _MOST_KNOWN:
            self._rooms.popitem(last=False)

    async def _pace(self) -> None:
        """Wait for our place among all that we send."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._free_at)
        self._free_at = turn + 1 / SENDS_PER_SECOND
        if turn > now:
            await asyncio.sleep(turn - now)

    @staticmethod
    def _original(heard: Heard) -> str:
        return f"/webhooks/{heard.app}/{heard.token}/messages/@original"

    async def _ask(self, method: str, path: str, body: Payload | None, png: bytes | None) -> Any:
        """One try of a call that the interaction's own token allows; it counts towards no limit of the bot's.

        The library's own way there takes half as much again, and rests up to five seconds between its tries, of the
        three that an interaction waits.
        """
        body, png = self._bare(body, png)
        data: bytes | aiohttp.FormData | None = None
        headers: dict[str, str] | None = None
        if png is not None and body is not None:
            data = aiohttp.FormData(quote_fields=False)
            for part in _form(body, png)[1]:
                data.add_field(**part)
        elif body is not None:
            data, headers = orjson.dumps(body), _JSON
        url = URL(Route.BASE + path, encoded=True)
        async with self._lines:
            try:
                return await self._call(method, url, data, headers, _WITHIN if png is None else _PICTURED)
            except _TROUBLE as problem:
                meant = _in_our_words(problem)
                if isinstance(meant, TryAgain) and png is not None and meant.retry_in_s is None:
                    self._go_bare(meant)
                raise meant from None

    async def _call(
        self, method: str, url: URL, data: Any, headers: dict[str, str] | None, within: aiohttp.ClientTimeout
    ) -> Any:
        async with self._session.request(method, url, data=data, headers=headers, timeout=within) as response:
            if response.status == 204:
                return None
            told: Any = await json_or_text(response)
            if response.status == 429 and isinstance(told, dict):
                raise discord.RateLimited(float(told.get("retry_after") or 1))
            if response.status >= 300:
                raise discord.HTTPException(response, told)
            return told

    async def _send(self, route: Route, body: Payload, png: bytes | None) -> Any:
        """A call as the bot; a picture that is not taken is left out."""
        shown, png = self._bare(body, png)
        if png is None:
            return await self._translated(lambda: self._client.http.request(route, json=shown))
        file, form = _form(body, png)
        try:
            call = partial(self._client.http.request, route, files=[file], form=form)
            return await self._translated(call, PICTURE_WITHIN_S)
        except TryAgain as problem:
            if problem.retry_in_s is not None:
                raise
            loop = asyncio.get_running_loop()
            began = loop.time()
            told = await self._translated(lambda: self._client.http.request(route, json=without_picture(body)))
            if loop.time() - began < _AT_ONCE_S:  # else it was no matter of the picture
                self._go_bare(problem)
            return told

    def _bare(self, body: Payload | None, png: bytes | None) -> tuple[Any, bytes | None]:
        """What to send, and the picture that goes with it, if any does at present."""
        if png is None or body is None or asyncio.get_running_loop().time() >= self._bare_until:
            return body, png
        data = body.get("data")
        return ({**body, "data": without_picture(data)} if data else without_picture(body)), None

    def _go_bare(self, problem: TryAgain) -> None:
        """Send no picture for a while: one was not taken."""
        _log.info("a picture was not taken, and no other is sent for %.0f s: %s", BARE_S, problem)
        self._bare_until = asyncio.get_running_loop().time() + BARE_S

    async def _translated(self, call: Callable[[], Awaitable[T]], within_s: float = WITHIN_S) -> T:
        try:
            async with asyncio.timeout(within_s):
                return await call()
        except _TROUBLE as problem:
            raise _in_our_words(problem) from None


def _in_our_words(problem: Exception) -> SayWhenError:
    match problem:
        case discord.RateLimited():
            return TryAgain(f"Discord wants {problem.retry_after:.0f} s of silence", problem.retry_after)
        case discord.HTTPException():
            return _refusal(problem)
        case TimeoutError():
            return TryAgain("Discord did not answer in time")
        case _:
            return TryAgain(f"Discord could not be reached: {type(problem).__name__}")


def _refusal(problem: discord.HTTPException) -> SayWhenError:
    said = f"Discord says {problem.status}, {problem.code}: {problem.text[:200]}"
    match problem.code:
        case 10062 | 10015 | 50027 | 40094:
            return Late(said)
        case 40060:
            return Taken(said)
        case 50007 | 50278:
            return Undeliverable("their direct messages are closed to us")
        case 50001 | 50013 | 10003 | 10008:
            return Gone(said)
        case 40003:
            return TryAgain("private chats were opened too fast", _TOO_FAST_S)
        case _:
            pass
    if problem.status == 401:
        return NotConfigured("Discord does not know the bot's token.", "Correct DISCORD_BOT_TOKEN.")
    if problem.status == 429 or problem.status >= 500:
        return TryAgain(said)
    return Refused(said)


def _form(body: Payload, png: bytes) -> tuple[discord.File, list[dict[str, Any]]]:
    file = discord.File(BytesIO(png), filename=PICTURE)
    return file, [
        {"name": "payload_json", "value": json.dumps(body)},
        {"name": "files[0]", "value": file.fp, "filename": PICTURE, "content_type": "image/png"},
    ]
