"""One person's card on several channels: what a button changed on one is redrawn on the others; decides no card."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from core.feed.card import Card
from core.ports import Memos

MOST_AT_ONCE = 200
REDRAWN_WITHIN_S = 60.0
_log = logging.getLogger(__name__)


class Screen(Protocol):
    """A channel whose messages can be changed."""

    @property
    def name(self) -> str: ...

    async def redraw(self, person: str, ref: str, card: Card) -> None:
        """Turn a message in *person*'s private chat into *card*."""
        ...


class Mirror:
    """The screens of this process. What cannot be redrawn stays as it was: its buttons say so when they are pressed."""

    def __init__(self, memos: Memos) -> None:
        self._memos = memos
        self._screens: dict[str, Screen] = {}
        self._redrawing: set[asyncio.Task[None]] = set()

    @contextmanager
    def showing(self, screen: Screen) -> Iterator[None]:
        """Redraw on *screen* for the length of the block."""
        self._screens[screen.name] = screen
        try:
            yield
        finally:
            if self._screens.get(screen.name) is screen:
                del self._screens[screen.name]

    def watches(self, channel: str) -> bool:
        """Whether there is any screen beside *channel*'s."""
        return any(name != channel for name in self._screens)

    def changed(self, channel: str, person: str, key: str | None, card: Card) -> None:
        """The card that was called *key* and shown to *person* on *channel* is *card* now; returns at once."""
        if key is None or not self.watches(channel) or len(self._redrawing) >= MOST_AT_ONCE:
            return
        task = asyncio.create_task(self._redraw(channel, person, key, card), name="mirror")
        self._redrawing.add(task)
        task.add_done_callback(self._redrawing.discard)

    async def _redraw(self, channel: str, person: str, key: str, card: Card) -> None:
        try:
            async with asyncio.timeout(REDRAWN_WITHIN_S):
                for name, there, ref in await self._memos.elsewhere(channel, person, key):
                    screen = self._screens.get(name)
                    if screen is not None:
                        await screen.redraw(there, ref, card)
        except Exception as problem:  # noqa: BLE001 - the card that was pressed is right; the other one can wait
            _log.info("a card could not be redrawn elsewhere: %s %s", type(problem).__name__, problem)
