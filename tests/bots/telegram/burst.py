"""A process that tells 10,000 fills and some chatter on an accelerated clock, to be killed in the middle.

`python -m tests.bots.telegram.burst DSN BASE TOKEN SPEED`: planned is told; ends when all is.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from bots.delivery import Courier
from bots.mirror import Mirror
from bots.pictures import Pictures
from bots.telegram.channel import TelegramChannel
from bots.telegram.pacing import Pace
from bots.telegram.run import open_bot
from bots.telegram.sender import Sender
from core.app import open_core, read_settings


class FastClock:
    """The clock on the wall, *speed* times faster from now on."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._began = datetime.now(UTC)

    def now(self) -> datetime:
        return self._began + (datetime.now(UTC) - self._began) * self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)


async def main(dsn: str, base: str, token: str, speed: float) -> None:
    """Tell what is planned."""
    clock = FastClock(speed)
    settings = read_settings(_env_file=None, DATABASE_URL=dsn, TELEGRAM_BOT_TOKEN=token, TELEGRAM_API_BASE=base)
    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(open_core(settings, clock=clock))
        bot = open_bot(settings, stack)
        await bot.initialize()
        sender = Sender(bot, Pace(clock, settings.telegram_sends), Pictures(core.prices, clock))
        channel = TelegramChannel(bot, sender, core, clock, Mirror(core.memos))
        courier = asyncio.create_task(Courier(core.notices, [channel], clock).run())
        planned = False  # on a busy server it may take a while until the events are final, and can be read
        while True:
            await asyncio.sleep(0.5)
            left = (await core.people.counts())["cards to send"]
            if planned and left == 0 and await core.notices.plan() == 0:
                break
            planned = planned or left > 0
        courier.cancel()
        await asyncio.gather(courier, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
