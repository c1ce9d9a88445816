"""`make bench-telegram`: how fast the bot answers a crowd, by the emulator's clock; prints figures, decides nothing.

The product runs as a process of its own (`saywhen run bots`) on a database of its own; the emulator and this program
are another process on the same machine. A bare bot of the library's, which only echoes, is measured beside it.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import uvloop

from tests.emulators.telegram.server import Call, TelegramServer

ROOT = Path(__file__).parents[2]
SAID = {
    "/prices": "Prices",
    "/rules": "You have no rules",
    "buy 1 SOL": "At once: buy 1 SOL",
    "/positions": "You hold no position",
    "tell me when BTC is above 200000": "$200,000 is far above",
    "/balance": "Equity",
    "if SOL drops 2 % sell half my position": "falls 2 %",
    "/help": "Say a rule",
}
"""What is said, with words that only its answer has."""
PRODUCT, ECHO = "-m cli run bots", "-m tests.bench.telegram_echo"


@dataclass
class Crowd:
    """People who write in turn: what each wrote and was answered, and when."""

    telegram: TelegramServer
    chats: int
    brought: dict[int, list[tuple[str, float]]] = field(default_factory=lambda: defaultdict(list))
    answered: dict[int, list[tuple[str, float]]] = field(default_factory=lambda: defaultdict(list))

    def note(self, call: Call) -> None:
        """Count what answers a message: a picture's words follow or lead it, and count once."""
        if call.method == "sendMessage" or (call.method == "sendPhoto" and "caption" in call.params):
            words = call.params.get("text") or call.params["caption"]
            self.answered[call.params["chat_id"]].append((words, time.monotonic()))

    async def start(self) -> None:
        """Everybody presses Start, which is not measured: it makes their accounts."""
        for person in range(10_000, 10_000 + self.chats):
            await self.telegram.bring(self.telegram.words(person, "/start"))
        await self.telegram.until(lambda: len(self.answered) == self.chats, within_s=300)
        await asyncio.sleep(2)
        self.answered.clear()

    async def write(self, rate: float, seconds: float) -> int:
        """*rate* messages a second; how many there were, once all are answered or a minute has passed."""
        chance = random.Random(1)
        began = time.monotonic()
        total = int(rate * seconds)
        for number in range(total):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            person = 10_000 + number % self.chats
            words = chance.choice(list(SAID))
            self.brought[person].append((words, time.monotonic()))
            await self.telegram.bring(self.telegram.words(person, words))
        with suppress(TimeoutError):
            await self.telegram.until(lambda: sum(map(len, self.answered.values())) >= total, within_s=60)
        return total

    def waits(self) -> list[float]:
        """Seconds from each message to its answer, the shortest first."""
        return sorted(replied - asked for _, asked, _, replied in self._pairs())

    def disordered(self) -> int:
        """How many of a person's answers are not to what they said in that place."""
        return sum(words not in answer and SAID[words] not in answer for words, _, answer, _ in self._pairs())

    def _pairs(self) -> list[tuple[str, float, str, float]]:
        return [
            (*said, *answer)
            for person, all_said in self.brought.items()
            for said, answer in zip(all_said, self.answered[person], strict=False)
        ]


def _spent(bot: psutil.Process, home: Path) -> tuple[float, float, float]:
    """Seconds of CPU so far: the bot's, its database's, and of this process, which is Telegram and the people."""
    postmaster = home / "pg" / "postmaster.pid"
    backends = psutil.Process(int(postmaster.read_text().split()[0])).children() if postmaster.exists() else []
    return sum(bot.cpu_times()[:2]), sum(sum(one.cpu_times()[:2]) for one in backends), time.process_time()


async def measure(command: str, chats: int, rate: float, seconds: float) -> bool:
    """Print how the bot that *command* starts fares; whether every message was answered, in order and in time."""
    with tempfile.TemporaryDirectory() as home:
        async with TelegramServer(strict=False) as telegram:
            telegram.rates.enforced = False
            crowd = Crowd(telegram, chats)
            telegram.on_call = crowd.note
            environment = {
                **os.environ,
                "SAYWHEN_HOME": home,
                "SAYWHEN_PRICES": "simulated",
                "SAYWHEN_LOG_LEVEL": "WARNING",
                "TELEGRAM_API_BASE": telegram.base,
                "TELEGRAM_BOT_TOKEN": telegram.token,
                "TELEGRAM_SENDS_PER_SECOND": "400",
            }
            bot = await asyncio.create_subprocess_exec(sys.executable, *command.split(), cwd=ROOT, env=environment)
            try:
                await telegram.until(lambda: telegram.polls, within_s=60)
                await crowd.start()
                process = psutil.Process(bot.pid)
                before = _spent(process, Path(home))
                total = await crowd.write(rate, seconds)
                spent = [1000 * (b - a) / total for a, b in zip(before, _spent(process, Path(home)), strict=True)]
                megabytes = process.memory_info().rss / 2**20
            finally:
                bot.terminate()
                await bot.wait()
    waited = crowd.waits()
    p95 = waited[int(len(waited) * 0.95)]
    print(
        f"{command}: {total} messages from {chats} chats at {rate:g} a second: {total - len(waited)} unanswered,"
        f" {crowd.disordered()} out of order"
    )
    print(
        f"  message to reply: median {statistics.median(waited) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms,"
        f" worst {waited[-1] * 1000:.0f} ms; memory {megabytes:.0f} MB; refused {len(telegram.refused)}"
    )
    print("  CPU a message: bot {:.1f} ms, database {:.1f} ms, Telegram and the people {:.1f} ms".format(*spent))
    return len(waited) == total and crowd.disordered() == 0 and p95 < 0.5 and megabytes < 400


async def main(chats: int, rate: float, seconds: float) -> int:
    """0 if the product is good enough."""
    good = await measure(os.environ.get("BENCH_WITH", PRODUCT), chats, rate, seconds)
    if "BENCH_WITH" not in os.environ:
        await measure(ECHO, min(chats, 200), rate, min(seconds, 10.0))
    return 0 if good else 1


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--chats", type=int, default=2_000)
    options.add_argument("--rate", type=float, default=100.0)
    options.add_argument("--seconds", type=float, default=60.0)
    chosen = options.parse_args()
    raise SystemExit(uvloop.run(main(chosen.chats, chosen.rate, chosen.seconds)))
