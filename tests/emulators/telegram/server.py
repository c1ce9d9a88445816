"""The Bot API's wire on loopback: updates by long poll or webhook, requests checked, faults on demand.

It checks each request, each reply and each update against aiogram's types, and the limits those do not carry. It proves
neither Telegram's real rates nor its own reading of markup.
"""

import asyncio
import copy
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.emulators.telegram.limits import Rates
from tests.emulators.telegram.people import People
from tests.emulators.telegram.rules import Refused, check_reply, check_request, decode, units

TOKEN = "123456:TEST-token-of-the-emulator"
COUNTED = {"sendMessage", "sendPhoto", "editMessageText", "editMessageCaption", "editMessageMedia"}
_NUMBERS = {"chat_id", "message_id", "offset", "timeout", "limit"}
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


@dataclass
class Fault:
    """What happens to the next request of `method` in place of its work; `code` 0 = the connection breaks.

    `done` = the work is done all the same, and only its answer is lost.
    """

    method: str
    code: int
    description: str = ""
    after_s: int | None = None
    done: bool = False
    chat: int | None = None


@dataclass
class Call:
    """One request that was answered with `ok: true`, at the emulator's own time."""

    method: str
    params: dict[str, Any]
    result: Any
    at: float


@dataclass
class TelegramServer(People):
    """A bot's Telegram. `speed` accelerates its clock for rates; `strict` checks against aiogram's types."""

    token: str = TOKEN
    speed: float = 1.0
    strict: bool = True
    port: int = 0
    calls: list[Call] = field(default_factory=list)
    refused: list[tuple[str, int, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    slow_s: float = 0.0
    polls: int = 0
    webhook: str = ""
    secret: str = ""
    on_call: Callable[[Call], None] | None = None

    def __post_init__(self) -> None:
        self.rates = Rates(self.speed)
        self.pending: deque[dict[str, Any]] = deque()
        self.answers: dict[str, Call] = {}
        self.asked_at: dict[str, float] = {}
        self._bell = asyncio.Condition()
        self._poll: asyncio.Task[Any] | None = None
        self._runner: web.AppRunner | None = None
        self._pushing: asyncio.Task[None] | None = None
        self.last_files: list[bytes] = []

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=20 * 2**20)
        app.router.add_post("/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._pushing, self._poll):
            if task is not None:
                task.cancel()
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def base(self) -> str:
        """What TELEGRAM_API_BASE is set to."""
        return f"http://127.0.0.1:{self.port}"

    async def bring(self, update: dict[str, Any]) -> int:
        """Have *update* brought to the bot; its id."""
        if self.strict:
            self.check_update(update)
        self.pending.append(update)
        async with self._bell:
            self._bell.notify_all()
        number: int = update["update_id"]
        return number

    async def until(self, holds: Callable[[], Any], within_s: float = 20.0) -> Any:
        """What *holds* returns as soon as that is something; looked at with each request."""
        async with asyncio.timeout(within_s), self._bell:
            await self._bell.wait_for(holds)
        return holds()

    def of(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of *method* so far, to one chat or to all."""
        return [c for c in self.calls if c.method == method and chat in {None, c.params.get("chat_id")}]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            if request.match_info["token"] != self.token:
                raise Refused(401, "Unauthorized")
            params = decode(await self._fields(request))
            params = {k: _number(v) if k in _NUMBERS else v for k, v in params.items()}
            if self.strict or method not in COUNTED:
                check_request(method, params)
            fault = self._fault(method, params)
            if fault is not None and not fault.done:
                raise Refused(fault.code, fault.description, fault.after_s)
            if self.slow_s:
                await asyncio.sleep(self.slow_s)
            result = await self._work(method, params, request)
            if self.strict:
                check_reply(method, result)
            if fault is not None:
                raise Refused(fault.code, fault.description)
        except Refused as no:
            self.refused.append((method, no.code, no.description))
            await self._ring()
            return _refusal(request, no)
        return web.json_response({"ok": True, "result": result})

    async def _work(self, method: str, params: dict[str, Any], request: web.Request) -> Any:
        if method == "getUpdates":
            return await self._updates(params)
        chat = params.get("chat_id")
        if method in COUNTED and isinstance(chat, int):
            self.admit(chat)
            wait = self.rates.count(chat)
            if wait is not None:
                raise Refused(429, f"Too Many Requests: retry after {wait}", wait)
        result = copy.deepcopy(self._answer(method, params))
        call = Call(method, params, result, self.rates.now())
        self.calls.append(call)
        if self.on_call is not None:
            self.on_call(call)
        await self._ring()
        return result

    def _answer(self, method: str, params: dict[str, Any]) -> Any:
        match method:
            case "getMe":
                return self.me
            case "sendMessage" | "sendPhoto":
                return self.post(params)
            case "editMessageText" | "editMessageCaption" | "editMessageMedia" | "editMessageReplyMarkup":
                return self.edit(method, params)
            case "answerCallbackQuery":
                return self._answer_query(params)
            case "setWebhook":
                self._set_webhook(params)
                return True
            case "deleteWebhook":
                self.webhook = ""
                if self._pushing is not None:
                    self._pushing.cancel()
                    self._pushing = None
                return True
            case "getWebhookInfo":
                return {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": len(self.pending)}
            case "setMyCommands" | "setChatMenuButton" | "setMyDescription" | "setMyShortDescription":
                return True
            case "sendChatAction" | "deleteMyCommands" | "logOut" | "close":
                return True
            case "deleteMessage":
                return self.messages.pop((params["chat_id"], params["message_id"]), None) is not None
            case _:
                raise Refused(404, f"Not Found: this emulator has no {method}")

    def _answer_query(self, params: dict[str, Any]) -> bool:
        query = params["callback_query_id"]
        if query not in self.asked_at or query in self.answers or self.rates.now() - self.asked_at[query] > 15:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answers[query] = Call("answerCallbackQuery", params, True, self.rates.now())
        return True

    async def _updates(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        self.polls += 1
        await self._ring()
        if self._poll is not None and not self._poll.done():
            self._poll.cancel()  # the old one gets 409, the new one is served
        offset = params.get("offset") or 0
        while self.pending and self.pending[0]["update_id"] < offset:
            self.pending.popleft()
        mine = asyncio.ensure_future(self._gather(float(params.get("timeout") or 0), int(params.get("limit") or 100)))
        self._poll = mine
        try:
            return await mine
        except asyncio.CancelledError:
            if mine.cancelled() and self._poll is not mine:
                raise Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                ) from None
            mine.cancel()
            raise

    async def _gather(self, timeout_s: float, most: int) -> list[dict[str, Any]]:
        try:
            async with asyncio.timeout(timeout_s), self._bell:
                await self._bell.wait_for(lambda: self.pending)
        except TimeoutError:
            return []
        return [self.pending[place] for place in range(min(most, len(self.pending)))]

    def _set_webhook(self, params: dict[str, Any]) -> None:
        self.webhook, self.secret = params.get("url", ""), params.get("secret_token", "")
        if self._pushing is not None:
            self._pushing.cancel()
        self._pushing = asyncio.create_task(self._push()) if self.webhook else None

    async def _push(self) -> None:
        """Bring each update until it is taken with 200, in order, as Telegram does with one connection."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        async with aiohttp.ClientSession() as session:
            while True:
                async with self._bell:
                    await self._bell.wait_for(lambda: self.pending)
                try:
                    async with session.post(self.webhook, json=self.pending[0], headers=headers) as answer:
                        taken = answer.status == 200
                except aiohttp.ClientError:
                    taken = False
                if taken:
                    self.pending.popleft()
                else:
                    await asyncio.sleep(0.1)

    def _fault(self, method: str, params: dict[str, Any]) -> Fault | None:
        for fault in self.faults:
            if fault.method in {method, "*"} and fault.chat in {None, params.get("chat_id")}:
                self.faults.remove(fault)
                return fault
        return None

    async def _fields(self, request: web.Request) -> dict[str, Any]:
        if request.content_type == "application/json":
            read: dict[str, Any] = await request.json()
            return read
        fields: dict[str, Any] = {}
        files: dict[str, bytes] = {}
        for key, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[key] = value.file.read()
            else:
                fields[key] = value
        for key, content in files.items():
            if not content.startswith(_SIGNATURES):
                raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
            if key == "photo":
                fields["photo"] = "attach://photo"
        attached = [v for k, v in fields.items() if k == "photo"] + [
            json.loads(v)["media"] for k, v in fields.items() if k == "media"
        ]
        if any(str(name).removeprefix("attach://") not in files for name in attached):
            raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
        if files:
            self.last_files = list(files.values())
        return fields

    async def _ring(self) -> None:
        async with self._bell:
            self._bell.notify_all()


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value


def _refusal(request: web.Request, no: Refused) -> web.StreamResponse:
    if no.code == 0:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if no.code >= 500:
        return web.Response(status=no.code, text="<html>bad gateway</html>")
    body: dict[str, Any] = {"ok": False, "error_code": no.code, "description": no.description}
    if no.after_s is not None:
        body["parameters"] = {"retry_after": no.after_s}
    return web.json_response(body, status=no.code)


__all__ = ["TOKEN", "Call", "Fault", "TelegramServer", "units"]
