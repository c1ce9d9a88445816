"""`make bench-telegram`: how fast the bot answers a crowd, by the emulator's clock; prints figures, decides nothing.

The product runs as a process of its own (`saywhen run bots`) beside a scheduler-less database of its own; the emulator
and this program are another process on the same machine.
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
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from tests.emulators.telegram.server import Call, TelegramServer

ROOT = Path(__file__).parents[2]
SAID = (
    "/prices",
    "/rules",
    "buy 1 SOL",
    "/positions",
    "tell me when BTC is above 200000",
    "/balance",
    "if SOL drops 2 % sell half my position",
    "/help",
)


async def crowd(telegram: TelegramServer, chats: int, rate: float, seconds: float) -> dict[int, list[float]]:
    """Have *chats* people write in turn, *rate* messages a second; when each was brought."""
    brought: dict[int, list[float]] = defaultdict(list)
    chance = random.Random(1)
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        person = 10_000 + number % chats
        brought[person].append(time.monotonic())
        await telegram.bring(telegram.words(person, chance.choice(SAID)))
    return brought


async def main(chats: int, rate: float, seconds: float) -> int:
    """Measure once; 0 if every message was answered in order and in time."""
    answered: dict[int, list[float]] = defaultdict(list)

    def note(call: Call) -> None:
        if call.method in {"sendMessage", "sendPhoto"} and (call.method == "sendMessage" or "caption" in call.params):
            answered[call.params["chat_id"]].append(time.monotonic())

    with tempfile.TemporaryDirectory() as home:
        async with TelegramServer(strict=False) as telegram:
            telegram.rates.enforced = False
            telegram.on_call = note
            environment = {
                **os.environ,
                "SAYWHEN_HOME": home,
                "SAYWHEN_PRICES": "simulated",
                "SAYWHEN_LOG_LEVEL": "WARNING",
                "TELEGRAM_API_BASE": telegram.base,
                "TELEGRAM_BOT_TOKEN": telegram.token,
                "TELEGRAM_SENDS_PER_SECOND": "400",
            }
            product = await asyncio.create_subprocess_exec(
                sys.executable,
                *os.environ.get("BENCH_WITH", "-m cli run bots").split(),
                cwd=ROOT,
                env=environment,
            )
            try:
                await telegram.until(lambda: telegram.polls, within_s=60)
                # Everybody presses Start first, which is not measured: it makes their accounts.
                for person in range(10_000, 10_000 + chats):
                    await telegram.bring(telegram.words(person, "/start"))
                await telegram.until(lambda: len(answered) == chats, within_s=300)
                await asyncio.sleep(2)
                answered.clear()
                memory = psutil.Process(product.pid)
                brought = await crowd(telegram, chats, rate, seconds)
                total = sum(map(len, brought.values()))
                with suppress(TimeoutError):
                    await telegram.until(lambda: sum(map(len, answered.values())) >= total, within_s=60)
                megabytes = memory.memory_info().rss / 2**20
            finally:
                product.terminate()
                await product.wait()
    waited = sorted(
        reply - asked
        for person, times in brought.items()
        for asked, reply in zip(times, answered[person], strict=False)
    )
    missing = total - len(waited)
    print(f"{total} messages from {chats} chats at {rate:g} a second: {missing} unanswered")
    print(
        f"message to reply: median {statistics.median(waited) * 1000:.0f} ms,"
        f" p95 {waited[int(len(waited) * 0.95)] * 1000:.0f} ms, worst {waited[-1] * 1000:.0f} ms"
    )
    print(f"memory of the bot {megabytes:.0f} MB; refused by the emulator {len(telegram.refused)}")
    good = missing == 0 and waited[int(len(waited) * 0.95)] < 0.5 and megabytes < 400
    return 0 if good else 1


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--chats", type=int, default=2_000)
    options.add_argument("--rate", type=float, default=100.0)
    options.add_argument("--seconds", type=float, default=60.0)
    chosen = options.parse_args()
    raise SystemExit(asyncio.run(main(chosen.chats, chosen.rate, chosen.seconds)))
