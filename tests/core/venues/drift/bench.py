"""What the Drift venue costs: `make bench-drift`. CPU time where it can be counted: a shared machine's wall lies."""

import asyncio
import base64
import json
import multiprocessing
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from aiohttp import web
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from core.clock import SystemClock
from core.venues.drift.atlas import Atlas
from core.venues.drift.codec import codec_of, remaining_accounts
from core.venues.drift.emulator.exchange import MORE, Exchange, keypair
from core.venues.drift.emulator.node import serving
from core.venues.drift.emulator.tables import WIRE
from core.venues.drift.feed import Feed
from core.venues.drift.prices import DriftPrices
from core.venues.drift.rpc import Rpc
from core.venues.drift.shelf import Shelf
from tests.core.venues.drift.stage import SHARD

ORACLES, ACCOUNTS = 20_000, 4_000
ROUNDS = 300


def say(what: str, figure: str, wanted: str) -> None:
    sys.stdout.write(f"{what:<58}{figure:>22}   wanted {wanted}\n")


def p50_us(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


def build_and_sign() -> None:
    codec, signer = codec_of("drift"), Keypair()
    user = codec.address("user", keypair("o").pubkey(), 0)
    rest = remaining_accounts(
        [WIRE.address("pyth_lazer", 6)], [codec.address("spot_market", 0)], [codec.address("perp_market", 0)]
    )
    params = codec.blank("OrderParams") | {"market_type": "Perp", "base_asset_amount": 10**9}
    blockhash = Exchange().chain.blockhash()[0]

    def ours() -> object:
        step = codec.instruction(
            "place_perp_order", {"user": user, "authority": signer.pubkey()}, {"params": params}, rest
        )
        return bytes(VersionedTransaction(MessageV0.try_compile(signer.pubkey(), [step], [], blockhash), [signer]))

    own = p50_us(ours)
    theirs = p50_us(_driftpy(signer, user, rest, blockhash))
    say("build and sign one order, p50", f"{own / 1000:.3f} ms (driftpy {theirs / 1000:.3f})", "<= 1.5 ms")


def _driftpy(signer: Keypair, user: Pubkey, rest: list[Any], blockhash: Any) -> Callable[[], object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from anchorpy import Context  # type: ignore[attr-defined]
        from driftpy.types import MarketType, OrderParams, OrderType, PositionDirection

        from tests.core.venues.drift.codec.reference import client

        made: Any = client().program
    kinds: Any = (OrderType, MarketType, PositionDirection)
    accounts = {"state": WIRE.address("state"), "user": user, "authority": signer.pubkey()}

    def build() -> object:
        params = OrderParams(
            order_type=kinds[0].Market(), market_type=kinds[1].Perp(), market_index=0,
            direction=kinds[2].Long(), base_asset_amount=10**9,
        )  # fmt: skip
        step = made.instruction["place_perp_order"](params, ctx=Context(accounts=accounts, remaining_accounts=rest))
        return bytes(VersionedTransaction(MessageV0.try_compile(signer.pubkey(), [step], [], blockhash), [signer]))

    return build


async def forty_markets() -> None:
    """Sockets and the time from an oracle's update to whoever watches, on forty markets."""
    symbols = tuple(dict.fromkeys(["SOL-PERP", *MORE]))[:40]
    exchange = Exchange(symbols=symbols)
    for number, symbol in enumerate(symbols):
        exchange.show(symbol, keypair_price(number))
    async with serving(exchange.chain) as (node, http, ws):
        shelf, rpc = Shelf(), Rpc([http])
        atlas = Atlas(codec_of("drift"), rpc, shelf)
        feed = Feed(shelf, rpc, [ws])
        source = DriftPrices("drift", atlas, feed, SystemClock())
        put: dict[str, float] = {}
        late: list[float] = []
        whole = shelf.put

        def timed(key: Pubkey, content: bytes | None, slot: int, at: float) -> bool:
            put["at"] = time.perf_counter()
            return whole(key, content, slot, at)

        shelf.put = timed  # type: ignore[method-assign]

        async def watch() -> None:
            async for _ in source.observe(symbols):
                late.append(time.perf_counter() - put["at"])  # noqa: PERF401 - each has a time of its own

        task = asyncio.create_task(watch())
        await feed.connected.wait()
        late.clear()
        for turn in range(400):
            exchange.show(symbols[turn % 40], keypair_price(turn + 41))
            await asyncio.sleep(0.002)
        task.cancel()
        await asyncio.wait([task])
        say("40 markets: sockets", str(len(node.listeners)), "<= 2")
        say("oracle update taken in -> watched, p50", f"{statistics.median(late) * 1000:.3f} ms", "<= 0.3 ms")
        await source.close()
        await rpc.close()


def keypair_price(number: int) -> Any:
    from decimal import Decimal

    return Decimal(100 + number)


def blast(port: Any, count: int, contents: list[bytes], keys: list[str]) -> None:
    """A node in a process of its own that tells *count* updates as fast as they are taken."""

    async def listen(request: web.Request) -> web.WebSocketResponse:
        stream = web.WebSocketResponse()
        await stream.prepare(request)
        numbers: dict[str, int] = {}
        last = 0
        while len(numbers) < len(keys):
            asked = json.loads((await stream.receive()).data)
            last += 1
            if asked["method"] == "accountSubscribe":
                numbers[asked["params"][0]] = last
            await stream.send_json({"jsonrpc": "2.0", "id": asked["id"], "result": last})
        for turn in range(count):
            n = turn % len(keys)
            data = [base64.b64encode(contents[turn % len(contents)]).decode(), "base64"]
            value = {"data": data, "executable": False, "lamports": 1, "owner": keys[n], "rentEpoch": 0, "space": 1}
            result = {"context": {"slot": 1_000 + turn}, "value": value}
            params = {"subscription": numbers[keys[n]], "result": result}
            await stream.send_str(json.dumps({"jsonrpc": "2.0", "method": "accountNotification", "params": params}))
        await stream.receive()
        return stream

    async def serve() -> None:
        app = web.Application()
        app.router.add_get("/", listen)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port.send(runner.addresses[0][1])
        await asyncio.sleep(120)

    asyncio.run(serve())


async def throughput(what: str, count: int, contents: list[bytes], name: str) -> None:
    """CPU time of one update of an account called *name*, from the socket to decoded fields."""
    here, there = multiprocessing.Pipe()
    keys = [str(Keypair().pubkey()) for _ in range(40)]
    process = multiprocessing.get_context("spawn").Process(
        target=blast, args=(there, count, contents, keys), daemon=True
    )
    process.start()
    port = await asyncio.to_thread(here.recv)
    codec, shelf, rpc = codec_of("drift"), Shelf(), Rpc(["http://127.0.0.1:9"])
    feed = Feed(shelf, rpc, [f"ws://127.0.0.1:{port}"], check_every_s=1_000)
    done, seen = asyncio.Event(), 0

    def changed(key: Pubkey, kept: Any) -> None:
        nonlocal seen
        codec.account(name, kept.content)
        seen += 1
        if seen == count:
            done.set()

    shelf.watchers.append(changed)
    feed.want([Pubkey.from_string(key) for key in keys])
    task = asyncio.create_task(feed.run())
    await feed.connected.wait()
    began = time.process_time()
    async with asyncio.timeout(110):
        await done.wait()
    used = time.process_time() - began
    task.cancel()
    await asyncio.wait([task])
    process.kill()
    await rpc.close()
    cost = used / count * 1e6
    wanted = "10,000/s" if name == "PythLazerOracle" else "1,000/s"
    say(what, f"{cost:.0f} us, {1e6 / cost:,.0f}/s a core", wanted)


async def accounts() -> None:
    codec = codec_of("drift")
    oracles = [
        codec.account_bytes("PythLazerOracle", codec.blank("PythLazerOracle") | {"price": 10**10 + n, "exponent": -8})
        for n in range(64)
    ]
    await throughput("oracle update, socket to fields", ORACLES, oracles, "PythLazerOracle")
    blank = codec.blank("User") | {"authority": SHARD.pubkey()}
    users = [codec.account_bytes("User", blank | {"total_deposits": n}) for n in range(16)]
    await throughput("account update, socket to fields", ACCOUNTS, users, "User")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    shelf = Shelf()
    for number in range(1_000):
        shelf.put(Keypair().pubkey(), users[0][:-4] + number.to_bytes(4, "little"), 1, 0.0)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    say("1,000 followed accounts", f"{(after - before) / 1024:.1f} MB", "<= 250 MB")


def main() -> None:
    build_and_sign()
    asyncio.run(forty_markets())
    asyncio.run(accounts())


if __name__ == "__main__":
    main()
