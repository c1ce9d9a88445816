"""`make bench-discord`: how fast the bot answers, by the emulator's clock; prints figures, decides nothing.

The product runs as a process of its own on a database of its own; the emulator and this program are another process on
the same machine. Then the highest rate that it sustains, beside that of a bare discord.py bot in the same run, and what
each process needed for an interaction: what is shared with other work shows in rates, not in processor time.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from tests.emulators.discord.server import DiscordServer
from tests.emulators.discord.world import Interaction

ROOT = Path(__file__).parents[2]
SAID: tuple[tuple[str, dict[str, Any]], ...] = (
    ("prices", {}),
    ("rules", {}),
    ("rule", {"text": "tell me when {coin} is above {price}"}),
    ("positions", {}),
    ("rule", {"text": "if {coin} drops {percent} % sell half my position"}),
    ("balance", {}),
    ("help", {}),
)
READS = tuple(one for one in SAID if one[0] != "rule")
DRAFTS = tuple(one for one in SAID if one[0] == "rule")
AT_ONCE = 48
COINS = ("BTC", "ETH", "SOL")


@dataclass
class Habits:
    """What people do: a command in turn; whoever was shown a draft of theirs presses Cancel on it next.

    No sentence is said twice with the same figures, so that no answer can be one that was kept; and no draft is left
    open, for words said then may be meant as a correction of it.
    """

    discord: DiscordServer
    seed: int
    said: tuple[tuple[str, dict[str, Any]], ...] = SAID
    drafts: dict[int, Interaction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    async def act(self, person: int, *, guild: bool) -> Interaction:
        """The next thing that *person* does."""
        drafted = self.drafts.pop(person, None)
        if drafted is not None and drafted.said:
            card = self.discord.messages[drafted.channel, drafted.said[-1]]
            with suppress(AssertionError):
                return await self.discord.press(person, card, "Cancel")
        name, fields = self._chance.choice(self.said)
        figures = {
            "coin": self._chance.choice(COINS),
            "price": self._chance.randint(200_000, 900_000),
            "percent": self._chance.randint(2, 40),
        }
        told = {field: value.format(**figures) for field, value in fields.items()}
        asked = await self.discord.slash(person, name, guild=guild, **told)
        if name == "rule":
            self.drafts[person] = asked
        return asked


@dataclass
class Cost:
    """Processor time in seconds, of the bot, its database, and the emulator with this program."""

    bot: float = 0.0
    database: float = 0.0
    emulator: float = 0.0

    @classmethod
    def of(cls, bot: psutil.Process, home: str) -> "Cost":
        """What they have used so far; the database is the one in *home*, which runs on beside the bot."""
        pid = Path(home, "pg", "postmaster.pid")
        servers = [psutil.Process(int(pid.read_text().split()[0]))] if pid.exists() else []
        database = [part for server in servers for part in (server, *server.children(recursive=True))]
        return cls(bot=_used(bot), database=sum(map(_used, database)), emulator=_used(psutil.Process()))

    def since(self, before: "Cost", count: int) -> str:
        """What one of *count* interactions took of each."""
        parts = {
            "bot": self.bot - before.bot,
            "database": self.database - before.database,
            "emulator": self.emulator - before.emulator,
        }
        return ", ".join(f"{what} {used / count * 1000:.2f} ms" for what, used in parts.items())


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@asynccontextmanager
async def served(which: str, home: str) -> AsyncIterator[tuple[DiscordServer, psutil.Process]]:
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
            yield discord, psutil.Process(bot.pid)
        finally:
            bot.terminate()
            await bot.wait()


async def all_at_once(discord: DiscordServer, people: int) -> str:
    """What becomes of it when *people* whom nobody knows yet begin in one instant."""
    asked = [await discord.slash(10_000 + number, "start", guild=number % 2 == 0) for number in range(people)]
    with suppress(TimeoutError):
        await _until_answered(asked)
    return f"{people} newcomers at once: {_times('acknowledged', asked)}; {_times('answered', asked)}"


def _times(what: str, asked: list[Interaction]) -> str:
    moments = [(one.acked_at if what == "acknowledged" else one.answered_at, one.sent_at) for one in asked]
    times = sorted(at - sent for at, sent in moments if at is not None)
    if not times:
        return f"none {what}"
    return (
        f"{what}: {len(asked) - len(times)} not at all; median {statistics.median(times) * 1000:.0f} ms,"
        f" p95 {times[int(len(times) * 0.95)] * 1000:.0f} ms, worst {times[-1] * 1000:.0f} ms"
    )


async def everybody_starts(discord: DiscordServer, people: int) -> None:
    """Which is not measured: it makes their accounts."""
    for first in range(0, people, 25):
        began = [await discord.slash(100 + person, "start") for person in range(first, min(first + 25, people))]
        await _until_answered(began)


async def crowd(habits: Habits, people: int, rate: float, seconds: float) -> list[Interaction]:
    """Have *people* do something in turn, *rate* times a second, half of them in the server."""
    asked = []
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        person = number % people
        asked.append(await habits.act(100 + person, guild=person % 2 == 0))
    with suppress(TimeoutError):
        await _until_answered(asked)
    return asked


async def highest(habits: Habits, people: int, seconds: float) -> tuple[float, int]:
    """Interactions answered a second, and how many, of AT_ONCE who each begin the next once the last is answered."""
    done = 0
    until = time.monotonic() + seconds

    async def one(lane: int) -> None:
        nonlocal done
        person = lane
        while time.monotonic() < until:
            asked = await habits.act(100 + person, guild=person % 2 == 0)
            person = (person + AT_ONCE) % people
            with suppress(TimeoutError):  # then it does not count
                await _until_answered([asked], within_s=10)
                done += 1

    began = time.monotonic()
    await asyncio.gather(*(one(lane) for lane in range(AT_ONCE)))
    return done / (time.monotonic() - began), done


async def _until_answered(asked: list[Interaction], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        for one in asked:
            await one.answered.wait()


async def at_most(habits: Habits, bot: psutil.Process, home: str, people: int, seconds: float) -> tuple[float, str]:
    """The highest rate, and what an interaction took of each process meanwhile."""
    before = Cost.of(bot, home)
    rate, count = await highest(habits, people, seconds)
    return rate, Cost.of(bot, home).since(before, count)


async def main(people: int, rate: float, seconds: float, newcomers: int) -> int:
    """Measure once; 0 if every interaction was acknowledged in time."""
    most = min(seconds, 15)
    with tempfile.TemporaryDirectory() as home:
        async with served("product", home) as (discord, bot):
            burst = await all_at_once(discord, newcomers)
            await everybody_starts(discord, people)
            before = Cost.of(bot, home)
            habits = Habits(discord, 1)
            asked = await crowd(habits, people, rate, seconds)
            steady = Cost.of(bot, home).since(before, len(asked))
            megabytes = bot.memory_info().rss / 2**20
            refused = list(discord.refused)
            ours, ours_took = await at_most(habits, bot, home, people, most)
            alone = {
                what: await at_most(Habits(discord, 1, said), bot, home, people, most / 2)
                for what, said in (("reads", READS), ("drafts and their Cancel", DRAFTS))
            }
        async with served("echo", home) as (discord, bot):
            await everybody_starts(discord, people)
            bare, bare_took = await at_most(Habits(discord, 1), bot, home, people, most)
    acked = sorted(one.acked_at - one.sent_at for one in asked if one.acked_at is not None)
    print(f"{len(asked)} interactions of {people} people at {rate:g} a second for {seconds:g} s")
    print(_times("acknowledged", asked))
    print(_times("answered", asked))
    print(burst)
    print(f"processor time of an interaction: {steady}; the bot has {megabytes:.0f} MB; refused {len(refused)}")
    print(f"highest rate: {ours:.0f} a second; bare discord.py echo bot {bare:.0f} a second ({ours / bare:.0%} of it)")
    print(f"processor time at the highest rate: {ours_took}; of the echo bot: {bare_took}")
    for what, (rate_alone, took) in alone.items():
        print(f"{what} alone: {rate_alone:.0f} a second ({rate_alone / bare:.0%} of the echo bot); {took}")
    good = len(acked) == len(asked) and acked[-1] < 3 and acked[int(len(acked) * 0.95)] < 0.5
    return 0 if good else 1


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=500)
    options.add_argument("--rate", type=float, default=50.0)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--newcomers", type=int, default=300)
    chosen = options.parse_args()
    raise SystemExit(asyncio.run(main(chosen.people, chosen.rate, chosen.seconds, chosen.newcomers)))
