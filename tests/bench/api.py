"""`make bench-api`: how fast the API is, beside bare Starlette in the same run; decides what counts as fast enough.

This process is the load; the server is another. Needs nothing but the two: `python -m tests.bench.api`.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from typing import Any

import aiohttp
import uvloop

SECONDS = 6.0
CONNECTIONS = 16
SOCKETS = 1_000
CONNECTING_S = 12.0
SOCKET_S = 10.0
CHANNELS = ["prices:SOL-PERP", "prices:BTC-PERP", "prices:ETH-PERP"]
DRAFT = json.dumps({"text": "If SOL-PERP drops below $120, sell 50% of my position"}).encode()


class Server:
    """The server's process; one line in, one line out."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.api_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.told = self._read()

    def ask(self, **what: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(90)  # PostgreSQL writes down what it has before it ends
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


async def _one(port: int, request: bytes, until: float, took: list[float], expect: bytes) -> bytes:
    """One connection asking again and again; HTTP by hand, so that the load is not what is measured."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    body = b""
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        took.append(time.perf_counter() - began)
        assert head.startswith(b"HTTP/1.1 " + expect), head + body
    writer.close()
    return body


async def _http(port: int, *requests: bytes, expect: bytes = b"200") -> tuple[float, float, bytes]:
    """(requests a second, p99 in ms, a body); each connection asks one of *requests*."""
    took: list[float] = []
    began = time.perf_counter()
    until = began + SECONDS
    bodies = await asyncio.gather(
        *(_one(port, requests[number % len(requests)], until, took, expect) for number in range(CONNECTIONS))
    )
    return len(took) / (time.perf_counter() - began), 1000 * _p99(took), bodies[0]


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98] if len(values) > 1 else float("nan")


def _request(method: str, path: str, key: str = "", body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    head += f"Authorization: Bearer {key}\r\n" if key else ""
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return head.encode() + b"\r\n" + body


async def _sockets(port: int, keys: list[str], *, bare: bool, stalled: int = 0) -> tuple[list[float], list[float], str]:
    """Ages of frames when they came (s), gaps between two frames of a socket (s), and a frame."""
    ages: list[float] = []
    gaps: list[float] = []
    sample = ""
    lost: list[str] = []
    ready, over = asyncio.Event(), asyncio.Event()
    connector = aiohttp.TCPConnector(limit=0)

    async def listen(number: int) -> None:
        nonlocal sample
        key = keys[number % len(keys)]
        protocols = () if bare else ("saywhen.v1", f"bearer.{key}")
        async with http.ws_connect(f"http://127.0.0.1:{port}/ws", protocols=protocols) as socket:
            if not bare:
                await socket.send_json({"subscribe": CHANNELS})
            if number < stalled:
                await ready.wait()
                await asyncio.sleep(SOCKET_S)
                return
            last: float | None = None
            while not over.is_set():
                message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:  # asked again it would answer at once, for ever
                    lost.append(f"{socket.close_code} {message.extra or ''}")
                    return
                text = message.data
                now = time.perf_counter()
                if ready.is_set():  # what came while the others connected does not count
                    frame = json.loads(text) if number % 20 == 1 else None
                    if frame is not None and (bare or frame["type"] == "changes"):
                        sample = text
                        ages.append(_age(frame, bare=bare))
                    if last is not None:
                        gaps.append(now - last)
                    last = now

    async with aiohttp.ClientSession(connector=connector) as http:
        tasks = [asyncio.create_task(listen(number)) for number in range(SOCKETS)]
        await asyncio.sleep(CONNECTING_S)
        ready.set()
        await asyncio.sleep(SOCKET_S)
        over.set()
        await asyncio.gather(*tasks)
    if lost:
        print(f"  {len(lost)} sockets were closed: {sorted(set(lost))}")
    return ages, gaps, sample


def _age(frame: dict[str, Any], *, bare: bool) -> float:
    if bare:
        return float(asyncio.get_running_loop().time() - frame["sent"])  # one clock for all processes of a machine
    from datetime import UTC, datetime

    return (datetime.now(UTC) - datetime.fromisoformat(frame["at"])).total_seconds()


async def _measure() -> bool:
    server = Server()
    try:
        api, bare, keys = server.told["api"], server.told["bare"], server.told["keys"]
        await _http(api, _request("GET", "/api/rules", keys[0]))
        rate, p99, body = await _http(api, _request("GET", "/api/rules", keys[0]))
        server.ask(body=body.decode())
        bare_rate, bare_p99, same = await _http(bare, _request("GET", "/rules"))
        assert same == body
        rules = len(json.loads(body)["rules"])
        _line(f"GET /api/rules ({rules} rows, {len(body) // 1024} kB)", f"{rate:7.0f}/s", f"p99 {p99:6.1f} ms")
        _line("  bare Starlette, the same bytes", f"{bare_rate:7.0f}/s", f"p99 {bare_p99:6.1f} ms")
        share = rate / bare_rate
        spent = server.ask()
        drafts, drafts_p99, _ = await _http(
            api, *(_request("POST", "/api/rules", key, DRAFT) for key in keys[1:]), expect=b"201"
        )
        after = server.ask()
        made = drafts * SECONDS
        cpu, database_cpu = (1000 * (after[name] - spent[name]) / made for name in ("cpu_s", "database_cpu_s"))
        _line(f"  share {share:.0%}", "", "")
        _line("POST /api/rules (words, grammar)", f"{drafts:7.0f}/s", f"p99 {drafts_p99:6.1f} ms")
        _line("  CPU for each", f"{cpu:5.1f} + {database_cpu:.1f} ms", "server and PostgreSQL")
        before = server.ask()["rss_mb"]
        ages, gaps, frame = await _sockets(api, keys, bare=False, stalled=1)
        memory = server.ask(frame=frame)["rss_mb"]
        bare_ages, bare_gaps, _ = await _sockets(bare, keys, bare=True)
        _line(f"{SOCKETS} sockets, 3 price channels", f"p99 {1000 * _p99(ages):6.0f} ms", f"gap p99 {_p99(gaps):.3f} s")
        _line(
            "  bare Starlette, the same frames",
            f"p99 {1000 * _p99(bare_ages):6.0f} ms",
            f"gap p99 {_p99(bare_gaps):.3f} s",
        )
        _line("  memory", f"{memory:7.0f} MB", f"{before:.0f} MB before")
    finally:
        server.close()
    checks = {
        "at least 300 requests/s": rate >= 300,
        "p99 under 100 ms": p99 < 100,
        "at least 25 % of bare Starlette": share >= 0.25,
        "at least 60 drafts/s": drafts >= 60,
        "at most 16 ms of CPU for a draft": cpu + database_cpu <= 16,
        "frames under 300 ms": _p99(ages) < 0.3,
        "memory under 400 MB": memory < 400,
    }
    for name, held in checks.items():
        print(f"  {'ok    ' if held else 'FAILED'} {name}")
    return all(checks.values())


def _line(what: str, one: str, two: str) -> None:
    print(f"{what:<42} {one:>14}   {two}", flush=True)


if __name__ == "__main__":
    sys.exit(0 if uvloop.run(_measure()) else 1)
