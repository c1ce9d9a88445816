"""The Discord channel on the emulator's wire, for the suite that every channel keeps to; without a database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Literal

from bots.dialogue import Dialogue
from bots.discord.bot import Bot
from bots.discord.channel import DiscordChannel
from bots.discord.ears import Ears
from bots.discord.wire import Wire
from bots.lanes import Turns
from bots.mirror import Mirror
from bots.pictures import Pictures
from core.ports import Letter
from tests.bots.discord.stage import ANN, labels_of, words_of
from tests.bots.scripted import ScriptedCore
from tests.bots.telegram.desk import NoMarket
from tests.emulators.discord.server import DiscordServer, Fault


class DiscordDesk:
    """One person's private chat: what they do comes over the gateway, what they see is the emulator's."""

    address = str(ANN)
    later_s = 47

    def __init__(self, core: ScriptedCore, discord: DiscordServer, channel: DiscordChannel) -> None:
        self.core, self.channel = core, channel
        self._discord = discord
        self.done = 0

    async def say(self, words: str) -> None:
        await self._answered(partial(self._discord.type, ANN, words))

    async def press(self, label: str) -> None:
        for message in reversed(self._discord.messages.values()):
            if any(shown.startswith(label) for shown in labels_of(message)):
                return await self._answered(partial(self._discord.press, ANN, message, label))
        raise AssertionError(f"Expected a button {label!r}, was none")

    def seen(self) -> str:
        shown = [[words_of(message), *labels_of(message)] for message in self._discord.messages.values()]
        return "\n".join(text for texts in shown for text in texts)

    def fail(self, how: Literal["gone", "later", "broken"]) -> None:
        if how == "gone":
            self._discord.closed.add(ANN)
        elif how == "later":
            self._discord.faults.append(Fault("POST message", 429, message="slow", after_s=self.later_s))
        else:
            self._discord.faults.append(Fault("POST message", 0))

    async def _answered(self, deed: Callable[[], Awaitable[object]]) -> None:
        before = self.done
        await deed()
        async with asyncio.timeout(10):
            while self.done == before:  # noqa: ASYNC110 - nothing rings when a turn is over
                await asyncio.sleep(0.005)


@asynccontextmanager
async def discord_desk() -> AsyncIterator[DiscordDesk]:
    """The chat for the length of the block."""
    core = ScriptedCore()
    async with DiscordServer() as discord, Bot(discord.connector()) as bot:
        await bot.login(discord.token)
        wire = Wire(bot, core.memos)
        channel = DiscordChannel(wire, Pictures(NoMarket(), core.clock), core, Mirror(core.memos))
        desk = DiscordDesk(core, discord, channel)
        answer = Dialogue(core, core.clock).answer

        async def work(letter: Letter, again: bool) -> None:
            await channel.answer(letter, answer, again=again)
            desk.done += 1

        async def forget(numbers: list[int]) -> None:
            """Nothing was kept."""

        turns = Turns(work, forget)
        bot.ears = Ears(wire, core, channel, turns, "1", lambda: bot.listens)
        tasks = [asyncio.create_task(part) for part in (turns.run(), bot.ears.run(), bot.connect())]
        try:
            await discord.until(lambda: discord.gateway.readied)
            yield desk
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
