"""`make bench-discord`: how fast the bot answers, by the emulator's clock; prints figures, decides nothing.

The product runs as a process of its own on a database of its own; the emulator and this program are another process on
the same machine. Then the highest rate that it sustains, beside that of a bare discord.py bot in the same run.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from tests.emulators.discord.server import DiscordServer
from tests.emulators.discord.world import Interaction

ROOT = Path(__file__).parents[2]
SAID: tuple[tuple[str, dict[str, Any]], ...] = (
    ("prices", {}),
    ("rules", {}),
    ("rule", {"text": "tell me when BTC is above 200000"}),
    ("positions", {}),
    ("rule", {"text": "if SOL drops 2 % sell half my position"}),
    ("balance", {}),
    ("help", {}),
)
AT_ONCE = 48


@asynccontextmanager
async def served(which: str, home: str) -> AsyncIterator[tuple[DiscordServer, asyncio.subprocess.Process]]:
    """One bot on an emulated Discord of its own."""
    async with DiscordServer(strict=False) as discord:
        environment = {**os.environ, "SAYWHEN_HOME": home, "SAYWHEN_PRICES": "simulated", "PYTHONWARNINGS": "ignore"}
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.discord_bot", which, str(discord.port), discord.token,
            cwd=ROOT, env=environment, stdin=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert bot.stdin is not None
        assert discord.authority is not None
        bot.stdin.write(discord.authority.cert_pem.bytes())
        bot.stdin.close()
        try:
            await discord.until(lambda: discord.gateway.readied and discord.commands, within_s=90)
            yield discord, bot
        finally:
            bot.terminate()
            await bot.wait()


async def everybody_starts(discord: DiscordServer, people: int) -> None:
    """Which is not measured: it makes their accounts."""
    for first in range(0, people, 25):
        began = [await discord.slash(100 + person, "start") for person in range(first, min(first + 25, people))]
        await _until_answered(discord, began)


async def crowd(discord: DiscordServer, people: int, rate: float, seconds: float) -> list[Interaction]:
    """Have *people* use commands in turn, *rate* a second, half of them in the server."""
    asked = []
    chance = random.Random(1)
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        name, fields = chance.choice(SAID)
        asked.append(await discord.slash(100 + number % people, name, guild=number % 2 == 0, **fields))
    with suppress(TimeoutError):
        await _until_answered(discord, asked)
    return asked


async def highest(discord: DiscordServer, people: int, seconds: float) -> float:
    """Interactions answered a second with AT_ONCE people who each begin the next as soon as the last is answered."""
    done = 0
    until = time.monotonic() + seconds
    chance = random.Random(2)

    async def one(lane: int) -> None:
        nonlocal done
        number = lane
        while time.monotonic() < until:
            name, fields = chance.choice(SAID)
            asked = await discord.slash(100 + number % people, name, guild=number % 2 == 0, **fields)
            number += AT_ONCE
            await _until_answered(discord, [asked])
            done += 1

    began = time.monotonic()
    await asyncio.gather(*(one(lane) for lane in range(AT_ONCE)))
    return done / (time.monotonic() - began)


async def _until_answered(discord: DiscordServer, asked: list[Interaction]) -> None:
    await discord.until(lambda: all(one.answered_at is not None for one in asked), within_s=60)


async def main(people: int, rate: float, seconds: float) -> int:
    """Measure once; 0 if every interaction was acknowledged in time."""
    with tempfile.TemporaryDirectory() as home:
        async with served("product", home) as (discord, bot):
            await everybody_starts(discord, people)
            process = psutil.Process(bot.pid)
            before = process.cpu_times()
            asked = await crowd(discord, people, rate, seconds)
            after = process.cpu_times()
            used = after.user + after.system - before.user - before.system
            megabytes = process.memory_info().rss / 2**20
            refused = list(discord.refused)
            ours = await highest(discord, people, min(seconds, 15))
        async with served("echo", home) as (discord, _):
            await everybody_starts(discord, people)
            bare = await highest(discord, people, min(seconds, 15))
    acked = sorted(one.acked_at - one.sent_at for one in asked if one.acked_at is not None)
    answered = sorted(one.answered_at - one.sent_at for one in asked if one.answered_at is not None)
    print(f"{len(asked)} interactions of {people} people at {rate:g} a second for {seconds:g} s")
    for what, times in (("acknowledged", acked), ("answered", answered)):
        print(
            f"{what}: {len(asked) - len(times)} not at all; median {statistics.median(times) * 1000:.0f} ms,"
            f" p95 {times[int(len(times) * 0.95)] * 1000:.0f} ms, worst {times[-1] * 1000:.0f} ms"
        )
    print(
        f"the bot: {used / len(asked) * 1000:.1f} ms of CPU an interaction, {megabytes:.0f} MB; refused {len(refused)}"
    )
    print(f"highest rate: {ours:.0f} a second; bare discord.py echo bot {bare:.0f} a second ({ours / bare:.0%} of it)")
    good = len(acked) == len(asked) and acked[-1] < 3 and acked[int(len(acked) * 0.95)] < 0.5
    return 0 if good else 1


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=500)
    options.add_argument("--rate", type=float, default=50.0)
    options.add_argument("--seconds", type=float, default=60.0)
    chosen = options.parse_args()
    raise SystemExit(asyncio.run(main(chosen.people, chosen.rate, chosen.seconds)))
