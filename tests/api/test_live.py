"""The socket: a snapshot, then changes; nothing lost or repeated over a gap; nobody slow harms another."""

import asyncio
import json
import socket as sockets
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.api.people import Api, Person, Wallet

pytestmark = pytest.mark.timeout(90)
ALL = ("prices:SOL-PERP", "rules", "orders", "positions", "events")


async def _until(socket: Any, found: Any) -> dict[str, Any]:
    """The first frame that *found* is true of."""
    async with asyncio.timeout(15):
        while True:
            message = await socket.receive()
            assert message.type is aiohttp.WSMsgType.TEXT, message
            frame: dict[str, Any] = json.loads(message.data)
            if found(frame):
                return frame


async def _closed(socket: Any) -> tuple[int, str]:
    async with asyncio.timeout(15):
        while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    return socket.close_code, str(message.extra or "")


async def test_a_snapshot_comes_first_and_then_what_changes(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    before = (await ann.agree("if SOL drops $20, sell half my position"))["rules"][0]
    async with ann.socket(*ALL) as live:
        first = await live.receive_json()
        assert first["type"] == "snapshot"
        assert [rule["id"] for rule in first["rules"]] == [before["id"]]
        assert first["positions"][0]["base"] == "2"
        assert first["prices"][0]["price"] == "150"
        api.market.move("SOL-PERP", "151")
        frame = await _until(live, lambda f: f.get("prices"))
        assert frame["type"] == "changes"
        assert (await _until(live, lambda f: f.get("prices") and f["prices"][0]["price"] == "151"))["prices"]
        await ann.post(f"/api/rules/{before['id']}/toggle", expect=200)
        frame = await _until(live, lambda f: f.get("rules"))
        assert frame["rules"][0]["state"] == "paused"
        assert [event["name"] for event in frame["events"]] == ["rule.paused"]


async def test_a_gap_is_told_whole_and_once(api: Api) -> None:
    ann = await api.paper()
    await api.hold(ann)
    seen: list[str] = []
    token = None
    for round_no in range(4):
        async with ann.socket("events", "rules", after=token) as live:
            first = await live.receive_json()
            assert first["type"] == ("snapshot" if token is None else "changes")
            seen += [event["id"] for event in first.get("events", [])]
            token = first.get("token", token)
            rule = (await ann.agree(f"if SOL drops ${20 + round_no}, sell half my position"))["rules"][0]
            frame: dict[str, Any] = {}
            while rule["id"] not in {item["id"] for item in frame.get("rules", [])}:
                frame = await _until(live, lambda f: f.get("events"))
                seen += [event["id"] for event in frame["events"]]
                token = frame["token"]
        await ann.post(f"/api/rules/{rule['id']}/toggle", expect=200)  # while nobody listens
    async with ann.socket("events", after=token) as live:
        written = [event["id"] for event in (await ann.get("/api/events?limit=500"))["events"]]
        seen += [event["id"] for event in (await live.receive_json()).get("events", [])]
        while len(seen) < len(written):  # what was not read by the hub when we came follows in a frame of its own
            seen += [event["id"] for event in (await _until(live, lambda f: f.get("events")))["events"]]
    assert seen == written
    assert len(seen) == len(set(seen)) > 12


async def test_a_token_that_no_log_gave_is_refused_with_a_reason(api: Api) -> None:
    ann = await api.paper()
    async with ann.socket("events", after="7.x.y") as live:
        code, _ = await _closed(live)
    assert code == 4400


async def test_prices_are_conflated_to_the_latest(api: Api) -> None:
    ann = await api.paper()
    async with ann.socket("prices:SOL-PERP") as live:
        await live.receive_json()
        for step in range(200):
            api.market.move("SOL-PERP", str(100 + step))
            await asyncio.sleep(0.002)
        frames: list[dict[str, Any]] = []
        while not frames or frames[-1]["prices"][0]["price"] != "299":
            frames.append(await _until(live, lambda f: f.get("prices")))
    assert len(frames) <= 12
    assert all(len(frame["prices"]) == 1 for frame in frames)


async def test_credentials_come_by_cookie_subprotocol_or_first_message_and_never_in_the_address(api: Api) -> None:
    ann = await api.paper()
    url = api.url + "/ws"
    subscribe = {"subscribe": ["rules"]}
    async with api.http.ws_connect(url, headers={"Cookie": f"saywhen_access={ann.token}"}) as live:
        await live.send_json(subscribe)
        assert (await live.receive_json())["type"] == "snapshot"
    async with api.http.ws_connect(url, protocols=("saywhen.v1", f"bearer.{ann.token}")) as live:
        assert live.protocol == "saywhen.v1"
        await live.send_json(subscribe)
        assert (await live.receive_json())["type"] == "snapshot"
    async with api.http.ws_connect(url) as live:
        await live.send_json({"auth": ann.token})
        await live.send_json(subscribe)
        assert (await live.receive_json())["type"] == "snapshot"
    async with api.http.ws_connect(f"{url}?token={ann.token}") as live:
        await live.send_json(subscribe)
        assert (await _closed(live))[0] == 4401


@pytest.mark.parametrize("first", [{"auth": "garbage"}, {"auth": 7}, {"subscribe": ["rules"]}, []])
async def test_nobody_listens_without_a_good_credential(api: Api, first: Any) -> None:
    async with api.http.ws_connect(api.url + "/ws") as live:
        await live.send_json(first)
        assert (await _closed(live))[0] in (4400, 4401)


async def test_a_foreign_page_gets_nothing_although_the_browser_sends_the_cookie(api: Api) -> None:
    ann = await api.paper()
    headers = {"Cookie": f"saywhen_access={ann.token}", "Origin": "https://evil.test"}
    async with api.http.ws_connect(api.url + "/ws", headers=headers) as live:
        assert (await _closed(live))[0] == 4401


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        "[1]",
        '{"subscribe": ["everything"]}',
        '{"subscribe": "rules"}',
        '{"subscribe": []}',
        '{"subscribe": ["prices:*"]}',
        '{"subscribe": ["rules"], "after": 7}',
        '{"what": 1}',
        "[" * 10_000,
    ],
)
async def test_what_is_no_request_closes_the_socket_with_a_reason(api: Api, message: str) -> None:
    ann = await api.paper()
    async with ann.socket() as live:
        await live.send_str(message)
        code, reason = await _closed(live)
    assert code == 4400
    assert reason.startswith("Expected")


async def test_a_flood_of_messages_closes_the_socket(api: Api) -> None:
    ann = await api.paper()
    async with ann.socket() as live:
        for _ in range(40):
            await live.send_json({"ping": 1})
        assert (await _closed(live))[0] == 4429


async def test_signing_out_ends_the_socket_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.HEARTBEAT_S", 0.3)
    ann = await api.with_wallet(Wallet())
    async with ann.socket("events") as live:
        await live.receive_json()
        assert (await _until(live, lambda f: f["type"] == "heartbeat"))["type"] == "heartbeat"
        await ann.post("/api/auth/sign-out", expect=204)
        assert (await _closed(live))[0] == 4401


async def test_a_stalled_client_delays_nobody_and_is_let_go(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.STALLED_S", 4.0)
    ann, bob = await api.paper(), await api.paper()
    stalled = await _stalled(api, bob)
    try:
        async with ann.socket("prices:SOL-PERP", "events") as live:
            await live.receive_json()
            loop = asyncio.get_running_loop()
            waits = []
            for _ in range(12):
                for _ in range(6):  # each a frame of some kilobytes for the one who does not read
                    await bob.post("/api/rules", {"text": "buy 1 SOL when SOL drops 5 % " + "please " * 500})
                asked = loop.time()
                await _until(live, lambda f: f.get("prices"))
                waits.append(loop.time() - asked)
        assert max(waits) < 3.0, "the next price waits for no client that does not read"

        async def let_go() -> bool:
            return "saywhen_api_sockets_dropped_total" in str((await ann.get("/metrics")).body)

        async with asyncio.timeout(20):
            while not await let_go():
                await bob.post("/api/rules", {"text": "buy 1 SOL when SOL drops 5 % " + "please " * 500})
                await asyncio.sleep(0.05)
    finally:
        stalled.close()


async def _stalled(api: Api, person: Person) -> sockets.socket:
    """A client that subscribes and then never reads; its receive buffer is small, so that this shows soon."""
    host, port = api.url.removeprefix("http://").split(":")
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, (host, int(port)))
    head = (
        f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: saywhen.v1, bearer.{person.token}\r\n\r\n"
    )
    await loop.sock_sendall(raw, head.encode())
    assert b" 101 " in await loop.sock_recv(raw, 1000)
    words = json.dumps({"subscribe": ["events", "rules"]}).encode()
    mask = b"\0\0\0\0"
    await loop.sock_sendall(raw, bytes([0x81, 0x80 | len(words)]) + mask + words)
    return raw


async def test_a_client_may_have_only_so_many_sockets(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.socket.MOST_SOCKETS", 2)
    ann = await api.paper()
    async with ann.socket("rules") as one:
        await one.receive_json()
        async with ann.socket("rules") as two:
            await two.receive_json()
            async with ann.socket("rules") as three:
                assert (await _closed(three))[0] == 4429
        async with ann.socket("rules") as again:  # one that was closed makes room
            await again.receive_json()


async def test_an_expired_access_token_opens_no_socket(api: Api) -> None:
    ann = await api.paper()
    api.clock.shift = timedelta(days=31)
    async with ann.socket("rules") as live:
        code = (await _closed(live))[0]
    assert code == 4401
