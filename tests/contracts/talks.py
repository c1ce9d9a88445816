"""A person's end of each channel, alike for all: what they type and press, and what they see. Decides nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from bots.console.channel import ConsoleChannel
from bots.console.render import Numbered
from bots.delivery import Courier
from bots.dialogue import Dialogue
from core.app import Core, open_core, read_settings
from core.domain.ids import OwnerId
from core.feed.card import Card
from tests.bots.discord import stage as on_discord
from tests.bots.telegram import stage as on_telegram
from tests.emulators.discord.server import DiscordServer
from tests.emulators.telegram.server import TelegramServer


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody sees of a card: its words without markup, and what can be pressed."""

    words: str
    labels: tuple[str, ...]


class Talk(Protocol):
    """One person on one channel of a served core."""

    core: Core

    async def owner(self) -> OwnerId: ...
    async def hold(self) -> OwnerId: ...
    async def say(self, text: str) -> Seen: ...
    async def press(self, label: str) -> Seen: ...
    def seen(self) -> list[Seen]: ...
    async def until(self, holds: Callable[[], object]) -> None: ...


@dataclass
class Paper:
    """A terminal in memory: somebody types into it, and it is read by eye."""

    typed: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    shown: list[Seen] = field(default_factory=list)

    async def __aenter__(self) -> "Paper":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""

    async def read(self) -> str | None:
        return await self.typed.get()

    def show(self, card: Card, shown: Sequence[Numbered]) -> None:
        self.shown.append(Seen("\n".join((card.title, *card.lines)), tuple(entry.button.label for entry in shown)))


@dataclass
class InATerminal:
    """The console."""

    core: Core
    paper: Paper

    async def owner(self) -> OwnerId:
        return await self.core.account.sign_in("console", "local")

    async def hold(self) -> OwnerId:
        owner = await self.owner()
        await self.core.give_position(owner, "SOL-PERP", on_discord.D(2), on_discord.D(148))
        return owner

    async def say(self, text: str) -> Seen:
        before = len(self.paper.shown)
        await self.paper.typed.put(text)
        await self.until(lambda: len(self.paper.shown) > before)
        return self.paper.shown[-1]

    async def press(self, label: str) -> Seen:
        return await self.say(next(found for found in reversed(self.labels()) if found.startswith(label)))

    def labels(self) -> list[str]:
        return [label for seen in self.paper.shown for label in seen.labels]

    def seen(self) -> list[Seen]:
        return self.paper.shown

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not holds():  # noqa: ASYNC110 - it is watched by eye
                await asyncio.sleep(0.01)


@dataclass
class OnTelegram:
    """A private chat with the Telegram bot."""

    core: Core
    stage: on_telegram.Stage
    last: dict[str, object] = field(default_factory=dict)

    async def owner(self) -> OwnerId:
        return await self.core.account.sign_in("telegram", str(on_telegram.ANN))

    async def hold(self) -> OwnerId:
        return await self.stage.hold()

    async def say(self, text: str) -> Seen:
        return self._look(await self.stage.say(text))

    async def press(self, label: str) -> Seen:
        return self._look(await self.stage.press(self.last, label))

    def seen(self) -> list[Seen]:
        return [self._of(call.result) for call in self.stage.shown(on_telegram.ANN)]

    async def until(self, holds: Callable[[], object]) -> None:
        await self.stage.telegram.until(holds)

    def _look(self, message: dict[str, object]) -> Seen:
        self.last = message
        return self._of(message)

    @staticmethod
    def _of(message: dict[str, object]) -> Seen:
        return Seen(on_telegram.words_of(message), tuple(on_telegram.labels_of(message)))


@dataclass
class OnDiscord:
    """A private chat with the Discord bot."""

    core: Core
    stage: on_discord.Stage
    last: on_discord.Message = field(default_factory=dict)

    async def owner(self) -> OwnerId:
        return await self.core.account.sign_in("discord", str(on_discord.ANN))

    async def hold(self) -> OwnerId:
        return await self.stage.hold()

    async def say(self, text: str) -> Seen:
        return self._look(await self.stage.say(text))

    async def press(self, label: str) -> Seen:
        return self._look(await self.stage.press(self.last, label))

    def seen(self) -> list[Seen]:
        return [self._of(message) for message in self.stage.posted(on_discord.ANN)]

    async def until(self, holds: Callable[[], object]) -> None:
        await self.stage.discord.until(holds)

    def _look(self, message: on_discord.Message) -> Seen:
        self.last = message
        return self._of(message)

    @staticmethod
    def _of(message: on_discord.Message) -> Seen:
        words = on_discord.words_of(message).replace("\N{NO-BREAK SPACE}", " ")
        return Seen(words, tuple(on_discord.labels_of(message)))


@asynccontextmanager
async def in_a_terminal(dsn: str) -> AsyncIterator[Talk]:
    """The console, served."""
    settings = read_settings(_env_file=None, DATABASE_URL=dsn, SAYWHEN_PRICES="simulated", SAYWHEN_STALE_S=600)
    async with open_core(settings) as core:
        await core.parts.venue.observe(on_discord.Stage(core, DiscordServer()).price("150"))
        paper = Paper()
        channel = ConsoleChannel(paper, core.clock)
        tasks = [
            asyncio.create_task(channel.run(Dialogue(core, core.clock).answer)),
            asyncio.create_task(Courier(core.notices, [channel], core.clock).run()),
        ]
        talk = InATerminal(core, paper)
        try:
            await talk.until(lambda: paper.shown)
            paper.shown.clear()
            yield talk
        finally:
            await paper.typed.put(None)
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


@asynccontextmanager
async def on_telegram_(dsn: str) -> AsyncIterator[Talk]:
    """Telegram, served."""
    async with TelegramServer() as telegram, on_telegram.staged(dsn, telegram) as stage:
        telegram.rates.enforced = False
        yield OnTelegram(stage.core, stage)


@asynccontextmanager
async def on_discord_(dsn: str) -> AsyncIterator[Talk]:
    """Discord, served."""
    async with DiscordServer() as discord, on_discord.staged(dsn, discord) as stage:
        yield OnDiscord(stage.core, stage)


TALKS: dict[str, Callable[[str], AbstractAsyncContextManager[Talk]]] = {
    "console": in_a_terminal,
    "telegram": on_telegram_,
    "discord": on_discord_,
}
