"""The demo's terminal: a Screen whose lines a script types and whose cards a script can wait for; decides no words."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from bots.console.render import Numbered, coloured, plain
from core.domain.errors import Conflict
from core.feed.card import Card

ANSWER_WITHIN_S = 20.0


class Stage:
    """What was typed and shown. Silent, it keeps all and prints nothing; in a terminal it leaves time to read."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._terminal = not silent and sys.stdout.isatty()
        self._typed: asyncio.Queue[str | None] = asyncio.Queue()
        self._seen = 0
        self._news = asyncio.Event()
        self.cards: list[Card] = []
        """Every card, in the order shown."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    async def read(self) -> str | None:
        """The next line that the script types; None once it has left."""
        return await self._typed.get()

    def show(self, card: Card, shown: Sequence[Numbered]) -> None:
        """Print the card and let the script have it."""
        self.cards.append(card)
        self._news.set()
        if self._terminal:
            print(coloured(card, shown, shutil.get_terminal_size().columns), end="", flush=True)
        elif not self._silent:
            print(plain(card, shown), flush=True)

    async def type(self, line: str) -> None:
        """Type a line, as a person would."""
        if self._terminal:
            await asyncio.sleep(1.0)
        if not self._silent:
            print(f"you> {line}\n", flush=True)
        self._typed.put_nowait(line)

    def leave(self) -> None:
        """End the conversation."""
        self._typed.put_nowait(None)

    def tell(self, line: str) -> None:
        """What the audience should know and the product does not say."""
        if not self._silent:
            print(f"\x1b[2m   · {line}\x1b[0m" if self._terminal else f"   · {line}", flush=True)

    async def card(self, what: str, found: Callable[[Card], bool]) -> Card:
        """The next card that the script has not passed yet and that fits. Raises Conflict, naming *what*, in time."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                while True:
                    self._news.clear()
                    while self._seen < len(self.cards):
                        card = self.cards[self._seen]
                        self._seen += 1
                        if found(card):
                            return card
                    await self._news.wait()
        except TimeoutError:
            raise Conflict(f"{what} did not come within {ANSWER_WITHIN_S:.0f} s.") from None
