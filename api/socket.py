"""One WebSocket: who it is, what it asks for, and frames at its own pace; decides when it is closed and why."""

import asyncio
import contextlib
import json
import re
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic_core import to_json as encode

from api import live
from api.auth import ACCESS_COOKIE, Caller, address_of, bearer_of, door_of
from api.errors import Refused
from api.guard import Measures
from api.live import CHANNELS, EVERY_S, Client, Hub, TooFarBehind, heartbeat
from api.wire import EXTENSION
from core.domain.errors import SayWhenError

PROTOCOL = "saywhen.v1"
SIGN_IN_WITHIN_S = 5.0
MOST_SOCKETS = 64
MOST_MESSAGES = 20
MOST_CHANNELS = 40

NOT_SIGNED_IN, MISUSED, TOO_SLOW, TOO_MANY = 4401, 4400, 4408, 4429
_PRICES = re.compile(r"prices:[A-Z0-9]{1,12}-PERP")

router = APIRouter()


class Closing(Exception):
    """The socket is to be closed with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@router.websocket("/ws")
async def connect(socket: WebSocket) -> None:
    """Subscribe with `{"subscribe": ["prices:SOL-PERP", "rules", "orders", "positions", "events"], "after": token?}`.

    Credentials come by cookie, by the subprotocols `saywhen.v1, bearer.<token>`, or as the first message
    `{"auth": token}`; never in the address.
    """
    hub: Hub = socket.app.state.hub
    measures: Measures = socket.app.state.measures
    client: Client | None = None
    try:
        caller = await _admit(socket)
        if hub.count(caller.owner) >= MOST_SOCKETS:
            raise Closing(TOO_MANY, f"You have {MOST_SOCKETS} sockets open already.")
        client = Client(owner=caller.owner, write=socket.scope.get("extensions", {}).get(EXTENSION))
        hub.join(client)
        await _serve(socket, hub, client, caller, measures)
    except Closing as closing:
        measures.dropped.labels(str(closing.code)).inc()
        await _close(socket, closing)
    except WebSocketDisconnect:
        pass
    except (SayWhenError, TimeoutError, OSError):
        await _close(socket, Closing(1013, "Something we need does not answer; come back with your token."))
    finally:
        if client is not None:
            hub.leave(client)


async def _admit(socket: WebSocket) -> Caller:
    """Who it is; the socket is accepted by then. Raises Closing."""
    door = door_of(socket)
    offered = socket.scope.get("subprotocols", [])
    chosen = PROTOCOL if PROTOCOL in offered else None
    tokens = [name.removeprefix("bearer.") for name in offered if name.startswith("bearer.")]
    try:
        door.check_origin(socket)
    except Refused as refused:
        await socket.accept(subprotocol=chosen)
        raise Closing(NOT_SIGNED_IN, str(refused)) from None
    credential = tokens[0] if tokens else bearer_of(socket) or socket.cookies.get(ACCESS_COOKIE)
    await socket.accept(subprotocol=chosen)
    if credential is None:
        credential = await _first_message(socket)
    try:
        caller = await door.admit(credential, believed=False)
    except Refused as refused:
        with contextlib.suppress(Refused):
            await door.throttle.charge_stranger(address_of(socket))
        raise Closing(NOT_SIGNED_IN, str(refused)) from None
    if "read" not in caller.scopes:
        raise Closing(NOT_SIGNED_IN, "This credential may not look.")
    return caller


async def _first_message(socket: WebSocket) -> str:
    try:
        async with asyncio.timeout(SIGN_IN_WITHIN_S):
            message = _read(await socket.receive())
    except TimeoutError:
        raise Closing(NOT_SIGNED_IN, "Nobody signed in.") from None
    token = message.get("auth")
    if not isinstance(token, str):
        raise Closing(NOT_SIGNED_IN, 'Expected {"auth": token} first.')
    return token


def _read(event: Any) -> dict[str, Any]:
    if event["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(event.get("code", 1005))
    try:
        message = json.loads(event.get("text") or "")
    except (ValueError, RecursionError):
        raise Closing(MISUSED, "Expected a JSON object as text.") from None
    if not isinstance(message, dict):
        raise Closing(MISUSED, "Expected a JSON object as text.")
    return message


async def _serve(socket: WebSocket, hub: Hub, client: Client, caller: Caller, measures: Measures) -> None:
    """Listen and tell until one of the two ends."""
    tasks = [
        asyncio.create_task(_listen(socket, hub, client), name="socket-in"),
        asyncio.create_task(_tell(socket, hub, client, caller, measures), name="socket-out"),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(socket: WebSocket, hub: Hub, client: Client) -> None:
    loop = asyncio.get_running_loop()
    window, count = loop.time(), 0
    while True:
        message = _read(await socket.receive())
        now = loop.time()
        window, count = (now, 1) if now - window > 10 else (window, count + 1)
        if count > MOST_MESSAGES:
            raise Closing(TOO_MANY, "Too many messages; be slower.")
        if "ping" in message:
            async with client.turn:
                await _send(socket, encode({"type": "pong"}))
        elif "subscribe" in message:
            channels = _channels(message["subscribe"])
            after = message.get("after")
            if after is not None and not isinstance(after, str):
                raise Closing(MISUSED, "Expected after to be the token of a frame.")
            async with client.turn:
                try:
                    frames = await hub.begin(client, channels, after)
                except SayWhenError as problem:
                    raise Closing(MISUSED, str(problem)) from None
                for frame in frames:
                    await _send(socket, frame)
        elif "unsubscribe" in message:
            gone = _channels(message["unsubscribe"])
            client.markets -= {name.removeprefix("prices:") for name in gone}
            client.channels -= gone
        elif "auth" not in message:
            raise Closing(MISUSED, "Expected subscribe, unsubscribe or ping.")


def _channels(names: object) -> set[str]:
    if not isinstance(names, list) or not 0 < len(names) <= MOST_CHANNELS:
        raise Closing(MISUSED, f"Expected 1 to {MOST_CHANNELS} channels in a list.")
    for name in names:
        if not isinstance(name, str) or (name not in CHANNELS and not _PRICES.fullmatch(name)):
            raise Closing(MISUSED, f"Expected a channel like prices:SOL-PERP or {', '.join(CHANNELS)}.")
    return set(names)


async def _tell(socket: WebSocket, hub: Hub, client: Client, caller: Caller, measures: Measures) -> None:
    """What the hub does not tell by itself: one frame at a time, at most one for each beat of the hub.

    A client that does not read delays nobody else.
    """
    loop = asyncio.get_running_loop()
    while True:
        await client.wake.wait()
        client.wake.clear()
        if client.stalled(loop.time()):
            raise Closing(TOO_SLOW, "You do not read; come back with your token.")
        if loop.time() >= client.check_at:
            client.check_at = loop.time() + live.HEARTBEAT_S
            await _still_good(socket, caller)
        async with client.turn:
            try:
                frame = await hub.frame(client)
            except TooFarBehind:
                raise Closing(TOO_SLOW, "You fell too far behind; come back with your token.") from None
            if frame is None and loop.time() - client.told_at >= live.HEARTBEAT_S - EVERY_S:
                frame = heartbeat(client)
            if frame is not None:
                await _send(socket, frame)
                client.told_at, client.stuck_at = loop.time(), None
                measures.frames.inc()


async def _still_good(socket: WebSocket, caller: Caller) -> None:
    """A socket lives as long as its session or key, not as its access token. Raises Closing."""
    good = await door_of(socket).still_good(caller, live.HEARTBEAT_S / 2)
    if not good:
        raise Closing(NOT_SIGNED_IN, "You are signed out.")


async def _send(socket: WebSocket, frame: bytes) -> None:
    try:
        async with asyncio.timeout(live.STALLED_S):
            await socket.send_text(frame.decode())
    except TimeoutError:
        raise Closing(TOO_SLOW, "You do not read; come back with your token.") from None
    except RuntimeError:  # what uvicorn raises for a socket that was closed while we were about to send
        raise WebSocketDisconnect(1006) from None


async def _close(socket: WebSocket, closing: Closing) -> None:
    try:
        async with asyncio.timeout(1.0):
            await socket.close(closing.code, closing.reason[:120])
    except (TimeoutError, RuntimeError, OSError, WebSocketDisconnect):
        pass  # it is gone, or does not read even that
