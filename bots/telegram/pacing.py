"""When the next message may leave, so that Telegram never has to say "too many"; decides no message."""

import asyncio
import heapq
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from itertools import count

from core.ports import Clock

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

    One chat's messages leave in the order in which they asked.
    """

    def __init__(self, clock: Clock, overall: int) -> None:
        self._clock = clock
        self._gap = timedelta(seconds=1 / overall)
        self._chats: OrderedDict[int, _Chat] = OrderedDict()
        self._free = clock.now()
        self._held: tuple[int, datetime] | None = None
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._pump: asyncio.Task[None] | None = None

    async def turn(self, chat: int, urgency: int) -> None:
        """Return when one message may be sent to *chat*, which has then been counted."""
        state = self._chat(chat)
        async with state.lock:
            await self._until(state, chat)
            granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (urgency, next(self._numbers), granted))
            if self._pump is None or self._pump.done():
                self._pump = asyncio.create_task(self._grant(), name="telegram-pace")
            await granted
            now = self._clock.now()
            state.free = max(state.free, now + timedelta(seconds=BETWEEN_S + _MARGIN_S))
            state.recent.append(now)

    def sent(self, chat: int) -> None:
        """A message has just arrived in *chat*: the next one's second counts from here."""
        state = self._chat(chat)
        state.free = max(state.free, self._clock.now() + timedelta(seconds=BETWEEN_S))

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

    async def _grant(self) -> None:
        while self._waiting:
            now = self._clock.now()
            if self._free > now:
                await self._clock.sleep((self._free - now).total_seconds())
                continue
            _, _, granted = heapq.heappop(self._waiting)
            if granted.done():
                continue
            granted.set_result(None)
            # What was not used up is lost: a pause is not followed by a burst.
            self._free = max(self._free, now - self._gap) + self._gap

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
