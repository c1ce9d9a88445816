"""Whose letter is worked on when: one person's in their order, different people's at once; decides no answer."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from core.ports import Letter

_log = logging.getLogger(__name__)

Work = Callable[[Letter, bool], Awaitable[None]]
"""Answers one letter; the flag says that it may have been acted on before a crash."""
Done = Callable[[list[int]], Awaitable[None]]

AT_ONCE = 32
MOST_WAITING = 2_000
END_WITHIN_S = 3.0
_NOTED_EVERY_S = 0.05
_OWNER_KNOWN_S = 2.0
"""How long it is believed whose a letter was when it was kept."""


class Turns:
    """Lanes, one a person, and what has been answered on its way into the database."""

    def __init__(self, work: Work, done: Done) -> None:
        self._work = work
        self._done = done
        self._lanes: dict[str, deque[tuple[Letter, bool, float]]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._room = asyncio.Event()
        self._room.set()
        self._answered: list[int] = []
        self._news = asyncio.Event()
        self._walking: set[asyncio.Task[None]] = set()
        self._ending = False

    async def run(self) -> None:
        """Note what is answered, until cancelled; then what is being worked on may still end, and is noted too."""
        try:
            await self._note_forever()
        finally:
            self._ending = True
            if self._walking:
                await asyncio.wait(self._walking, timeout=END_WITHIN_S)
            for walk in self._walking:
                walk.cancel()
            await asyncio.gather(*self._walking, return_exceptions=True)
            if self._answered:
                await self._note()

    async def put(self, letters: Iterable[Letter], *, again: bool = False) -> None:
        """Have *letters* worked on; waits while too many do already."""
        for letter in letters:
            await self._room.wait()
            if self._ending:
                return  # it is kept, and answered by whoever comes next
            self._waiting += 1
            if self._waiting >= MOST_WAITING:
                self._room.clear()
            lane = self._lanes.get(letter.person)
            if lane is None:
                lane = self._lanes[letter.person] = deque()
                walk = asyncio.create_task(self._walk(letter.person, lane), name="turn")
                self._walking.add(walk)
                walk.add_done_callback(self._walking.discard)
                known_until = asyncio.get_running_loop().time() + _OWNER_KNOWN_S
            else:
                known_until = 0.0  # what stands before it may be about just that
            lane.append((letter, again, known_until))

    async def _walk(self, person: str, lane: deque[tuple[Letter, bool, float]]) -> None:
        try:
            while lane and not self._ending:
                letter, again, known_until = lane.popleft()
                async with self._places:
                    if letter.owner is not None and asyncio.get_running_loop().time() > known_until:
                        letter = replace(letter, owner=None)
                    try:
                        await self._work(letter, again)
                    except Exception:  # noqa: BLE001 - a letter that breaks us must not come back for ever
                        _log.exception("Letter %d could not be answered and is given up", letter.number)
                self._answered.append(letter.number)
                self._news.set()
                self._waiting -= 1
                if self._waiting < MOST_WAITING:
                    self._room.set()
        finally:
            del self._lanes[person]

    async def _note_forever(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(_NOTED_EVERY_S)
            self._news.clear()
            await self._note()

    async def _note(self) -> None:
        numbers, self._answered = self._answered, []
        try:
            await self._done(numbers)
        except BaseException:
            self._answered = numbers + self._answered
            raise
