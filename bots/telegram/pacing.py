"""When the next message may leave, so that Telegram never has to say "too many"; decides no message."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count

from core.ports import Clock

FIRST, REPLY, LATER = 0, 1, 2
"""Urgencies: fills and danger, answers to people, what can wait."""
A_LANE = 25
"""One notice is on the wire at once for each so many a second: it alone is repeated after a crash."""
MOST_STUCK = 3
_REPLIES = 32
_STUCK_S = 1.0
"""What is on the wire for longer holds up nobody else, up to so many."""
BETWEEN_S = 1.0
"""Between two messages to one chat."""
IN_A_GROUP, GROUP_S = 19, 60.0
_MARGIN_S = 0.05
_MOST_CHATS = 20_000


class _Chat:
    """One chat's turn, and when it is free again."""

    __slots__ = ("free", "lock", "recent")

    def __init__(self, now: datetime) -> None:
        self.lock = asyncio.Lock()
        self.free = now
        self.recent: deque[datetime] = deque(maxlen=IN_A_GROUP)


class Pace:
    """One second a chat, 20 a minute a group, *overall* a second in all; of those who wait, the most urgent first.

    One chat's messages leave in the order in which they asked. At the usual rate one notice at a time is on the wire.
    """

    def __init__(self, clock: Clock, overall: int) -> None:
        self._clock = clock
        self._gap = timedelta(seconds=1 / overall)
        self._lanes = max(1, overall // A_LANE)
        self._chats: OrderedDict[int, _Chat] = OrderedDict()
        self._free = clock.now()
        self._held: tuple[int, datetime] | None = None
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._replies = 0
        self._notices: dict[int, datetime] = {}
        self._room = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def turn(self, chat: int, urgency: int) -> AsyncIterator[None]:
        """Wait until one message may be sent to *chat*, which is counted; the block is its time on the wire."""
        state = self._chat(chat)
        async with state.lock:
            await self._until(state, chat)
            number = await self._granted(urgency)
            now = self._clock.now()
            state.free = max(state.free, now + timedelta(seconds=BETWEEN_S + _MARGIN_S))
            state.recent.append(now)
        try:
            yield
        finally:
            self._land(urgency, number)
            # The next one's second counts from when this one has arrived.
            state.free = max(state.free, self._clock.now() + timedelta(seconds=BETWEEN_S))

    def _has_room(self, urgency: int) -> bool:
        """Whether one more message of that urgency may be on the wire."""
        if urgency == REPLY:
            return self._replies < _REPLIES
        before = self._clock.now() - timedelta(seconds=_STUCK_S)
        stuck = sum(since <= before for since in self._notices.values())
        return len(self._notices) < self._lanes + min(stuck, MOST_STUCK)

    def hold(self, chat: int, seconds: float) -> None:
        """Telegram wants *seconds* of silence: in this chat, and everywhere if another was told so just now."""
        now = self._clock.now()
        until = now + timedelta(seconds=seconds)
        state = self._chat(chat)
        state.free = max(state.free, until)
        if self._held is not None and self._held[0] != chat and self._held[1] > now:
            self._free = max(self._free, until)
        self._held = (chat, until)

    async def _until(self, state: _Chat, chat: int) -> None:
        while True:
            now, free = self._clock.now(), state.free
            if chat < 0 and len(state.recent) == IN_A_GROUP:
                free = max(free, state.recent[0] + timedelta(seconds=GROUP_S + _MARGIN_S))
            if free <= now:
                return
            await self._clock.sleep((free - now).total_seconds())

    async def _granted(self, urgency: int) -> int:
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        self._waiting.append((urgency, number, granted))
        self._room.set()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._grant(), name="telegram-pace")
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._land(urgency, number)
            raise
        return number

    async def _grant(self) -> None:
        while self._waiting:
            now = self._clock.now()
            if self._free > now:
                await self._clock.sleep((self._free - now).total_seconds())
                continue
            self._waiting = [entry for entry in self._waiting if not entry[2].done()]
            # Only what can leave at once is counted: what queued up behind a slow wire would leave it as a burst.
            ready = [entry for entry in self._waiting if self._has_room(entry[0])]
            if not ready:
                await self._landed()
                continue
            best = min(ready, key=lambda entry: entry[:2])
            self._waiting.remove(best)
            if best[0] == REPLY:
                self._replies += 1
            else:
                self._notices[best[1]] = now
            best[2].set_result(None)
            # What was not used up is lost: a pause is not followed by a burst.
            self._free = max(self._free, now - self._gap) + self._gap

    async def _landed(self) -> None:
        """Return when something has landed, or somebody else waits, or what is on the wire may have got stuck."""
        self._room.clear()
        either = [asyncio.ensure_future(self._room.wait()), asyncio.ensure_future(self._clock.sleep(_STUCK_S))]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in either:
                one.cancel()

    def _land(self, urgency: int, number: int) -> None:
        if urgency == REPLY:
            self._replies -= 1
        else:
            del self._notices[number]
        self._room.set()

    def _chat(self, chat: int) -> _Chat:
        state = self._chats.get(chat)
        if state is None:
            state = self._chats[chat] = _Chat(self._clock.now())
        self._chats.move_to_end(chat)
        while len(self._chats) > _MOST_CHATS:
            oldest = next(iter(self._chats))
            if self._chats[oldest].lock.locked():
                break
            del self._chats[oldest]
        return state
