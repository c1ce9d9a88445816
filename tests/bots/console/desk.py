"""The console on a screen in memory, for the suite that every channel keeps to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Literal, Self

from bots.console.channel import ConsoleChannel
from bots.console.render import Numbered, plain
from bots.dialogue import Dialogue
from core.feed.card import Card
from tests.bots.scripted import ScriptedCore


class Sheet:
    """A screen that reads what a test types, and says when it asks for more."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._asked = asyncio.Condition()
        self._reads = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def read(self) -> str | None:
        self._reads += 1
        async with self._asked:
            self._asked.notify_all()
        return await self._lines.get()

    def show(self, card: Card, shown: Sequence[Numbered]) -> None:
        self.shown.append(plain(card, shown))

    async def type(self, line: str | None) -> None:
        """Type *line*, and wait until the next one is asked for: by then it is answered."""
        reads = self._reads
        await self._lines.put(line)
        if line is not None:
            async with asyncio.timeout(5), self._asked:
                await self._asked.wait_for(lambda: self._reads > reads)

    async def ready(self) -> None:
        """Wait until a line is asked for."""
        async with asyncio.timeout(5), self._asked:
            await self._asked.wait_for(lambda: self._reads > 0)


class ConsoleDesk:
    """One person at a terminal; a button is pressed by its name."""

    address = "local"

    def __init__(self, core: ScriptedCore, sheet: Sheet, channel: ConsoleChannel) -> None:
        self.core, self.channel, self._sheet = core, channel, sheet

    async def say(self, words: str) -> None:
        await self._sheet.type(words)

    async def press(self, label: str) -> None:
        await self._sheet.type(label)

    def seen(self) -> str:
        return "\n".join(self._sheet.shown)

    def fail(self, how: Literal["gone", "later", "broken"]) -> None:
        raise AssertionError("A terminal has no wire that could fail")


@asynccontextmanager
async def console_desk() -> AsyncIterator[ConsoleDesk]:
    """The terminal for the length of the block."""
    core, sheet = ScriptedCore(), Sheet()
    channel = ConsoleChannel(sheet, core.clock)
    running = asyncio.create_task(channel.run(Dialogue(core, core.clock).answer))
    await sheet.ready()
    yield ConsoleDesk(core, sheet, channel)
    await sheet.type(None)
    async with asyncio.timeout(5):
        await running
