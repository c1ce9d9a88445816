"""What surrounds every request: its id, its size, headers of the answer, a line in the log, the counters."""

import contextlib
import logging
import re
import secrets
import time
from collections.abc import Sequence
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem
from api.figures import Figures
from api.policy import Policy
from core.ports.fees import Payer

LARGEST_BODY = 64 * 1024
_GIVEN_ID = re.compile(rb"[0-9A-Za-z_-]{8,64}")
_PRIVATE = (b"cache-control", b"no-store")

_log = logging.getLogger("api.access")


class Measures:
    """The API's own figures and those of the whole SayWhen, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._by_route: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        labels = ["method", "route", "status"]
        self.requests = Counter("saywhen_api_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "saywhen_api_seconds",
            "Time to the first byte of the answer",
            ["route"],
            registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )
        self.sockets = Gauge("saywhen_api_sockets", "Sockets open now", registry=self.registry)
        self.frames = Counter("saywhen_api_frames", "Frames sent on sockets", registry=self.registry)
        self.dropped = Counter("saywhen_api_sockets_dropped", "Sockets closed by us", ["why"], registry=self.registry)

        self.figures = Figures(self.registry)
        self._left = Gauge(
            "saywhen_key_lamports", "Lamports that a key has left for network fees", ["key"], registry=self.registry
        )
        self._low = Gauge(
            "saywhen_key_low", "Whether a key has less left than SAYWHEN_LOW_SOL", ["key"], registry=self.registry
        )
        self._spent = Gauge(
            "saywhen_network_fee_lamports",
            "Lamports that a key has paid in network fees",
            ["key"],
            registry=self.registry,
        )

    def show(self, payers: Sequence[Payer]) -> None:
        """Take in what keys have left and have paid; each is named by the beginning of its address."""
        for payer in payers:
            name = payer.key[:8]
            self._left.labels(name).set(payer.lamports)
            self._low.labels(name).set(payer.low is not None)
            self._spent.labels(name).set(payer.lamports_spent)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; looking a figure up by its labels costs more than counting, so it is kept."""
        known = self._by_route.get((method, route, status))
        if known is None:
            counted = self.requests.labels(method, route, str(status)), self.seconds.labels(route)
            known = self._by_route[method, route, status] = counted
        known[0].inc()
        known[1].observe(seconds)


class _TooLarge(Exception):
    """The body went over the limit while it was read."""


class Guard:
    """Pure ASGI, for nothing here needs a request object."""

    def __init__(self, app: ASGIApp, *, measures: Measures, policy: Policy) -> None:
        self._app = app
        self._measures = measures
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        given = dict(scope["headers"])
        request_id = _request_id(given.get(b"x-request-id"))
        scope["request_id"] = request_id.decode()
        structlog.contextvars.bind_contextvars(request_id=scope["request_id"])
        status = 500
        started = False
        counted = _Counted(receive)

        async def answer(message: Message) -> None:
            nonlocal status, started
            if counted.over and not started:
                return  # whatever was made of a body cut off; what is said instead follows
            if message["type"] == "http.response.start":
                started, status = True, message["status"]
                headers: list[tuple[bytes, bytes]] = message.setdefault("headers", [])
                headers += self._policy.of(scope["path"])
                headers.append((b"x-request-id", request_id))
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append(_PRIVATE)
            await send(message)

        try:
            if _length(given.get(b"content-length")) > LARGEST_BODY:
                raise _TooLarge
            with contextlib.suppress(_TooLarge):
                await self._app(scope, counted, answer)
            if counted.over:
                raise _TooLarge
        except _TooLarge:
            counted.over = False
            if not started:
                said = f"The body is larger than {LARGEST_BODY // 1024} kB."
                await problem(413, "too_large", said, "Send less at once.")(scope, receive, answer)
        finally:
            self._note(scope, status, time.perf_counter() - began)
            structlog.contextvars.unbind_contextvars("request_id")

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route: Any = scope.get("route")
        # The pattern, never the path: ids and whatever else stands in an address stay out of logs and labels.
        name = getattr(route, "path", "unknown")
        self._measures.note(scope["method"], name, status, seconds)
        if _log.isEnabledFor(logging.INFO):
            _log.info("%s %s %d %.1f ms", scope["method"], name, status, 1000 * seconds)


def _request_id(given: bytes | None) -> bytes:
    """The caller's own id where it is one, so that their logs and ours meet."""
    return given if given is not None and _GIVEN_ID.fullmatch(given) else secrets.token_hex(8).encode()


def _length(given: bytes | None) -> int:
    return int(given) if given is not None and given.isdigit() and len(given) < 12 else 0


class _Counted:
    """What is received, counted; over the limit it ends."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._seen = 0
        self.over = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > LARGEST_BODY:
                self.over = True
                raise _TooLarge
        return message
