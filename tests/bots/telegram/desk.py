"""The Telegram channel on the emulator's wire, for the suite that every channel keeps to; without a database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, Literal

from telegram import Bot, Update

from bots.dialogue import Dialogue
from bots.mirror import Mirror
from bots.pictures import Pictures
from bots.telegram.channel import TelegramChannel
from bots.telegram.pacing import Pace
from bots.telegram.run import open_bot
from bots.telegram.sender import Sender
from core.app import read_settings
from core.domain.market import Candle, Observation, Timeframe
from core.ports import Letter
from tests.bots.scripted import ScriptedCore
from tests.core.venues.paper.bench import HandClock
from tests.emulators.telegram.server import Fault, TelegramServer

ANN = 7


class NoMarket:
    """A market without a past, of which nothing can be drawn."""

    async def candles(self, market: str, timeframe: Timeframe, start: datetime) -> list[Candle]:
        return []

    def latest(self, markets: list[str] | None = None) -> list[Observation]:
        return []


class TelegramDesk:
    """One person's private chat: what they do goes through the channel, what they see is the emulator's."""

    address = str(ANN)
    later_s = 7

    def __init__(self, core: ScriptedCore, telegram: TelegramServer, bot: Bot, channel: TelegramChannel) -> None:
        self.core, self.channel = core, channel
        self._telegram, self._bot = telegram, bot
        self._dialogue = Dialogue(core, core.clock)

    async def say(self, words: str) -> None:
        await self._bring(self._telegram.words(ANN, words))

    async def press(self, label: str) -> None:
        for message in reversed(self._telegram.messages.values()):
            rows = message.get("reply_markup", {}).get("inline_keyboard", [])
            if any(button["text"].startswith(label) for row in rows for button in row):
                return await self._bring(self._telegram.press(ANN, message, label))
        raise AssertionError(f"Expected a button {label!r}, was none")

    def seen(self) -> str:
        said = []
        for message in self._telegram.messages.values():
            said.append(str(message.get("text", "")))
            said += [b["text"] for row in message.get("reply_markup", {}).get("inline_keyboard", []) for b in row]
        return "\n".join(said)

    def fail(self, how: Literal["gone", "later", "broken"]) -> None:
        if how == "gone":
            self._telegram.blocked.add(ANN)
        elif how == "later":
            self._telegram.faults.append(Fault("sendMessage", 429, "Too Many Requests: retry after 7", self.later_s))
        else:
            self._telegram.faults.append(Fault("sendMessage", 502))

    async def _bring(self, update: dict[str, Any]) -> None:
        self._telegram.check_update(update)
        body = Update.de_json(update, self._bot).to_dict()
        letter = Letter(
            channel="telegram", account="1", number=update["update_id"], person=self.address, body=body,
            sent_at=self.core.clock.now(),
        )  # fmt: skip
        await self.channel.answer(letter, self._bot.bot, self._dialogue.answer, again=False)


@asynccontextmanager
async def telegram_desk() -> AsyncIterator[TelegramDesk]:
    """The chat for the length of the block, at the pace of a wire without limits."""
    core = ScriptedCore()
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TelegramServer())
        telegram.rates.enforced = False
        settings = read_settings(_env_file=None, TELEGRAM_BOT_TOKEN=telegram.token, TELEGRAM_API_BASE=telegram.base)
        bot = open_bot(settings, stack)
        await bot.initialize()
        telegram.person(ANN)
        telegram.words(ANN, "/start")  # the person opens the chat: before that nobody may write to them
        clock = HandClock()  # whoever would wait on it does not
        sender = Sender(bot, Pace(clock, 1000), Pictures(NoMarket(), clock))
        yield TelegramDesk(core, telegram, bot, TelegramChannel(bot, sender, core, clock, Mirror(core.memos)))
