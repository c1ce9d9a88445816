"""The bot on a real core and database, with the emulator as its Telegram and a market that stands where it is put."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bots.telegram import pacing
from bots.telegram.run import run_telegram
from core.app import Core
from core.domain.ids import OwnerId
from core.domain.market import Observation
from tests import samples
from tests.bots.place import a_core, beside, give_sol, put_price
from tests.emulators.telegram.server import Call, TelegramServer

ANN, BOB = 7, 8


@dataclass
class Stage:
    """What a test holds in its hands."""

    core: Core
    telegram: TelegramServer

    def price(self, price: str, market: str = "SOL-PERP") -> Observation:
        """Put a market somewhere."""
        return put_price(self.core, price, market)

    async def hold(self, base: str = "2", person: int = ANN) -> OwnerId:
        """Give *person* a SOL position bought at $148."""
        return await give_sol(self.core, "telegram", person, base)

    async def has_a_past(self) -> None:
        """Give the market half an hour of candles, so that it can be drawn."""
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        past = [samples.candle(now - timedelta(minutes=minutes), "150") for minutes in range(1, 31)]
        await self.core.parts.store.save_candles(past)

    async def say(self, text: str, person: int = ANN, **more: Any) -> dict[str, Any]:
        """Type *text* and return the message that answers it."""
        return await self.bring(self.telegram.words(person, text, **more), more.get("chat", person))

    async def bring(self, update: dict[str, Any], chat: int) -> dict[str, Any]:
        """Bring *update* and return the next message that the bot puts into *chat*."""
        before = len(self.shown(chat))
        await self.telegram.bring(update)
        calls = await self.telegram.until(lambda: self.shown(chat)[before:])
        result: dict[str, Any] = calls[0].result
        return result

    def shown(self, chat: int) -> list[Call]:
        """The messages that were sent to *chat*."""
        return [
            c for c in self.telegram.calls if c.method in {"sendMessage", "sendPhoto"} and c.params["chat_id"] == chat
        ]

    async def press(self, message: dict[str, Any], label: str, person: int = ANN) -> dict[str, Any]:
        """Press a button and return the message as it is once the bot has changed it or said something."""
        calls = self.telegram.calls
        before = len(calls)
        await self.telegram.bring(self.telegram.press(person, message, label))
        done = {"sendMessage", "sendPhoto", "editMessageText", "editMessageCaption", "editMessageMedia"}
        found = await self.telegram.until(lambda: [call for call in calls[before:] if call.method in done])
        result: dict[str, Any] = found[0].result
        return result

    async def toast(self, update: dict[str, Any]) -> dict[str, Any]:
        """Bring a press and return what it was answered with."""
        query = update["callback_query"]["id"]
        await self.telegram.bring(update)
        call = await self.telegram.until(lambda: self.telegram.answers.get(query))
        params: dict[str, Any] = call.params
        return params


def words_of(message: dict[str, Any]) -> str:
    """What a message says."""
    return str(message.get("text") or message.get("caption") or "")


def labels_of(message: dict[str, Any]) -> list[str]:
    """Its buttons."""
    return [b["text"] for row in message.get("reply_markup", {}).get("inline_keyboard", []) for b in row]


@asynccontextmanager
async def staged(dsn: str, telegram: TelegramServer, **settings: Any) -> AsyncIterator[Stage]:
    """The bot served for the length of the block; a second one on the same database and Telegram is its restart."""
    telegram.rates.enforced = telegram.rates.enforced and pacing.BETWEEN_S > 0
    token, address = telegram.token, telegram.base
    async with (
        a_core(dsn, TELEGRAM_BOT_TOKEN=token, TELEGRAM_API_BASE=address, SAYWHEN_STALE_S=600, **settings) as core,
        beside(run_telegram(core, core.prices)),
    ):
        yield Stage(core, telegram)


LONG_AGO = timedelta(minutes=5)
