"""Discord's wire on loopback: REST and gateway over TLS at their own names, requests checked, faults on demand.

It checks each request and each reply against Discord's official schema, and the limits which that does not carry. It
proves neither Discord's real rates, nor who may see what there.
"""

import asyncio
import json
import re
import socket as sockets
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from tests.emulators.discord.gateway import Gateway
from tests.emulators.discord.people import People
from tests.emulators.discord.rules import Refused, check_error, check_reply, check_request
from tests.emulators.discord.world import APP, Interaction, snowflake, user

TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.GTESTx.token-of-the-emulator"
NAMES = ("discord.com", "gateway.discord.gg", "gateway-resume.discord.gg")
BUCKET, BUCKET_S = 5, 1.0
_PNG = b"\x89PNG\r\n\x1a\n"
_ROUTES: tuple[tuple[str, str, str], ...] = (
    ("GET", r"/users/@me", "GET me"),
    ("GET", r"/oauth2/applications/@me", "GET application"),
    ("GET", r"/gateway", "GET gateway"),
    ("GET", r"/users/(?P<person>\d+)", "GET user"),
    ("PUT", r"/applications/(?P<app>\d+)/commands", "PUT commands"),
    ("POST", r"/users/@me/channels", "POST dm"),
    ("GET", r"/channels/(?P<channel>\d+)/messages", "GET messages"),
    ("POST", r"/channels/(?P<channel>\d+)/messages", "POST message"),
    ("POST", r"/channels/(?P<channel>\d+)/typing", "POST typing"),
    ("PATCH", r"/channels/(?P<channel>\d+)/messages/(?P<message>\d+)", "PATCH message"),
    ("POST", r"/interactions/(?P<number>\d+)/(?P<token>\w+)/callback", "POST callback"),
    ("POST", r"/webhooks/(?P<app>\d+)/(?P<token>\w+)", "POST followup"),
    ("GET", r"/webhooks/(?P<app>\d+)/(?P<token>\w+)/messages/(?P<message>@original|\d+)", "GET followup"),
    ("PATCH", r"/webhooks/(?P<app>\d+)/(?P<token>\w+)/messages/(?P<message>@original|\d+)", "PATCH followup"),
)


@dataclass
class Fault:
    """What happens to the next call named *what* (`POST message`); `status` 0 = the connection breaks.

    `done` = its work is done all the same, and only the answer is lost.
    """

    what: str
    status: int
    code: int = 0
    message: str = ""
    after_s: float | None = None
    everywhere: bool = False
    done: bool = False
    slow_s: float = 0.0


@dataclass
class Call:
    """One request that was answered well."""

    what: str
    where: dict[str, str]
    body: Any
    result: Any
    at: float
    files: tuple[bytes, ...] = ()


@dataclass
class DiscordServer(People):
    """A bot's Discord. `strict` checks against the schema; `paced` enforces five messages a second and channel.

    `lean` = it is as spare as stand-ins for Discord are: under other addresses, without TLS, compression, a RESUME or
    limits, with nothing in an answer or event that is optional; see `base`.
    """

    token: str = TOKEN
    strict: bool = True
    paced: bool = False
    lean: bool = False
    port: int = 0
    authority: trustme.CA | None = None
    calls: list[Call] = field(default_factory=list)
    refused: list[tuple[str, int, int, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    on_call: Callable[[Call], None] | None = None

    def __post_init__(self) -> None:
        self.gateway = Gateway(self, lambda: self.token, self.ring, lean=self.lean)
        self._bell = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._sent: dict[str, deque[float]] = defaultdict(deque)
        self.authority = self.authority or trustme.CA()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=30 * 2**20)
        app.router.add_get("/gateway/" if self.lean else "/", self.gateway.serve)
        app.router.add_route("*", ("/stand-in" if self.lean else "") + "/api/v10/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        assert self.authority is not None
        self.authority.issue_cert(*NAMES).configure_cert(context)
        await web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=None if self.lean else context).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.gateway.drop(1000)
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def base(self) -> str:
        """The address of the API of a `lean` one."""
        return f"http://127.0.0.1:{self.port}/stand-in/api/"

    def connector(self) -> aiohttp.TCPConnector:
        """What brings the library's own addresses here, its TLS checked against the emulator's authority."""
        assert self.authority is not None
        return connector_to(self.port, self.authority.cert_pem.bytes().decode())

    async def tell(self, name: str, data: dict[str, Any]) -> bool:
        """Bring an event to the bot, or keep it until it is back."""
        return await self.gateway.tell(name, data)

    async def until(self, holds: Callable[[], Any], within_s: float = 20.0) -> Any:
        """What *holds* returns as soon as that is something; looked at with each request and frame."""
        async with asyncio.timeout(within_s), self._bell:
            await self._bell.wait_for(holds)
        return holds()

    async def ring(self) -> None:
        """Have everybody who waits look again."""
        async with self._bell:
            self._bell.notify_all()

    def of(self, what: str) -> list[Call]:
        """The calls named *what* so far."""
        return [call for call in self.calls if call.what == what]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["path"]
        what, where = _named(request.method, path)
        try:
            return await self._served(request, what, where)
        except Refused as no:
            self.refused.append((what, no.status, no.code, no.message))
            await self.ring()
            return self._refusal(request, no)

    async def _served(self, request: web.Request, what: str, where: dict[str, str]) -> web.StreamResponse:
        body, files = await _body(request)
        anonymous = what.endswith(("callback", "followup"))
        if not what or (where.get("app") not in {None, str(APP)}) or (self.lean and what == "GET application"):
            raise Refused(404, 0, "404: Not Found")
        if not anonymous and request.headers.get("Authorization") != f"Bot {self.token}":
            raise Refused(401, 0, "401: Unauthorized")
        fault = next((one for one in self.faults if one.what == what), None)
        if fault is not None:
            self.faults.remove(fault)
            await asyncio.sleep(fault.slow_s)
            if not fault.done and not (fault.slow_s and fault.status == 200):
                raise Refused(
                    fault.status, fault.code, fault.message, after_s=fault.after_s, everywhere=fault.everywhere
                )
        if self.strict or what == "POST callback":
            check_request(what, body)
        left = self._count(what, where)
        result = self._work(what, {**request.query, **where}, body)
        if self.strict:
            result = json.loads(json.dumps(result))  # as it is now
            if what not in {"POST typing", "GET gateway"}:
                check_reply(what, result)
        call = Call(what, where, body, result, time.monotonic(), files)
        self.calls.append(call)
        if self.on_call is not None:
            self.on_call(call)
        await self.ring()
        if fault is not None and fault.done:
            raise Refused(fault.status, fault.code, fault.message)
        if what == "POST callback" and (self.lean or request.query.get("with_response") not in {"1", "true"}):
            return web.Response(status=204)
        headers = {} if what == "POST callback" or self.lean else self._rates(what, where, left)
        return web.Response(body=json.dumps(result), headers={"Content-Type": "application/json", **headers})

    def _work(self, what: str, where: dict[str, str], body: Any) -> Any:
        match what:
            case "GET me":
                return {**self.me, "mfa_enabled": False, "locale": "en-US", "verified": True, "email": None}
            case "GET application":
                return self.application()
            case "GET gateway":
                return {"url": f"ws://127.0.0.1:{self.port}/gateway/"}
            case "GET user":
                return user(int(where["person"]))
            case "PUT commands":
                self.commands = [
                    {
                        "id": snowflake(), "application_id": str(APP), "version": snowflake(), "type": 1,
                        "default_member_permissions": None, "nsfw": False, **command,
                    }
                    for command in body
                ]  # fmt: skip
                return self.commands
            case "GET messages":
                return self.after(where["channel"], int(where["after"]), int(where["limit"]))
            case "POST dm":
                self.opened += 1
                person = int(body["recipient_id"])
                channel = self.open_dm(person)
                return {"id": channel, "type": 1, "flags": 0, "last_message_id": None, "recipients": [user(person)]}
            case "POST message":
                return self._posted(where["channel"], body)
            case "PATCH message":
                return self.edit(where["channel"], where["message"], body)
            case "POST callback":
                return self.call_back(where["number"], where["token"], body)
            case "POST followup":
                asked = self.of_token(where["token"])
                waits = asked.loading and asked.callback is not None and asked.callback["type"] == 5
                number = asked.original if waits else self.post(asked.channel, body, asked)["id"]
                return self._said(asked, str(number), body)
            case "GET followup":
                asked = self.of_token(where["token"])
                return self.messages[asked.channel, str(asked.original)]
            case "POST typing":
                return {}
            case _:
                asked = self.of_token(where["token"])
                number = asked.original if where["message"] == "@original" else where["message"]
                return self._said(asked, str(number), body)

    def _said(self, asked: Interaction, number: str, body: Any) -> dict[str, Any]:
        asked.loading = False
        asked.shows(number)
        return self.edit(asked.channel, number, body)

    def _posted(self, channel: str, body: Any) -> dict[str, Any]:
        self.admit(channel)
        nonce = body.get("nonce")
        if nonce is not None and body.get("enforce_nonce"):
            known = self.nonces.get((channel, str(nonce)))
            if known is not None:
                return known
        message = self.post(channel, body)
        if nonce is not None:
            message["nonce"] = nonce
            self.nonces[channel, str(nonce)] = message
        return message

    def _count(self, what: str, where: dict[str, str]) -> int:
        """Count a call against its bucket; how many are left. Raises Refused for one too many."""
        if not self.paced or not what.endswith("message"):
            return BUCKET
        sent, now = self._sent[where["channel"]], time.monotonic()
        while sent and sent[0] <= now - BUCKET_S:
            sent.popleft()
        if len(sent) >= BUCKET:
            raise Refused(429, 0, "You are being rate limited.", after_s=sent[0] + BUCKET_S - now)
        sent.append(now)
        return BUCKET - len(sent)

    def _rates(self, what: str, where: dict[str, str], left: int) -> dict[str, str]:
        sent = self._sent[where.get("channel", "")]
        after = sent[0] + BUCKET_S - time.monotonic() if sent else BUCKET_S
        return {
            "X-RateLimit-Limit": str(BUCKET), "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}", "X-RateLimit-Reset-After": f"{max(after, 0):.3f}",
            "X-RateLimit-Bucket": re.sub(r"\W", "", what).lower(), "Via": "1.1 google",
        }  # fmt: skip

    @staticmethod
    def _refusal(request: web.Request, no: Refused) -> web.StreamResponse:
        if no.status == 0:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        body: dict[str, Any] = {"message": no.message, "code": no.code}
        headers = {"Content-Type": "application/json", "Via": "1.1 google"}
        if no.after_s is not None:
            body |= {"retry_after": no.after_s, "global": no.everywhere}
            headers["Retry-After"] = str(int(no.after_s + 1))
            headers["X-RateLimit-Scope"] = "global" if no.everywhere else "user"
        check_error(body)
        return web.Response(status=no.status, body=json.dumps(body), headers=headers)


class Loopback(AbstractResolver):
    """Discord's names, here."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: sockets.AddressFamily = sockets.AF_INET
    ) -> list[ResolveResult]:
        if host not in NAMES:
            raise OSError(f"the tests know no {host}")
        return [
            {"hostname": host, "host": "127.0.0.1", "port": self._port, "family": sockets.AF_INET, "proto": 0,
             "flags": sockets.AI_NUMERICHOST}
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing is open."""


def connector_to(port: int, authority: str) -> aiohttp.TCPConnector:
    """A connector that finds Discord at *port* of this machine and trusts *authority* (PEM)."""
    context = ssl.create_default_context(cadata=authority)
    return aiohttp.TCPConnector(resolver=Loopback(port), ssl=context, limit=0)


def _named(method: str, path: str) -> tuple[str, dict[str, str]]:
    for known, pattern, name in _ROUTES:
        if known == method and (found := re.fullmatch(pattern, path)):
            return name, found.groupdict()
    return "", {}


async def _body(request: web.Request) -> tuple[Any, tuple[bytes, ...]]:
    if not request.can_read_body:
        return None, ()
    if not request.content_type.startswith("multipart/"):
        return json.loads(await request.read()), ()
    form = await request.post()
    files = []
    for name, part in form.items():
        if isinstance(part, web.FileField):
            data = part.file.read()
            if not re.fullmatch(r"files\[\d\]", name) or not data.startswith(_PNG):
                raise Refused(400, 50035, f"Invalid Form Body: {name} is no picture")
            files.append(data)
    body = json.loads(str(form["payload_json"]))
    data = body.get("data") or body
    if len(data.get("attachments") or ()) != len(files):
        raise Refused(400, 50035, "Invalid Form Body: attachments and files differ")
    return body, tuple(files)
