"""Telegram's published rates, kept by the emulator's own clock; who sends faster is told to wait."""

import time
from collections import defaultdict, deque

OVERALL, OVERALL_S = 30, 1.0
PER_GROUP, PER_GROUP_S = 20, 60.0
PER_CHAT, PER_CHAT_S = 2, 1.0
"""One a second; two within one are let pass, as "short bursts" are: arrival times waver."""


class Rates:
    """Counts what is sent; `speed` times faster than the clock on the wall."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.enforced = True
        self._all: deque[float] = deque()
        self._chats: dict[int, deque[float]] = defaultdict(deque)

    def now(self) -> float:
        """Seconds on the emulator's clock."""
        return time.monotonic() * self.speed

    def count(self, chat: int) -> int | None:
        """Count one message to *chat*; how many seconds to wait where it is one too many."""
        now = self.now()
        most, within = (PER_GROUP, PER_GROUP_S) if chat < 0 else (PER_CHAT, PER_CHAT_S)
        wait = self._over(self._all, now, OVERALL, OVERALL_S) or self._over(self._chats[chat], now, most, within)
        if wait is not None and self.enforced:
            return max(1, int(wait + 0.999))
        self._all.append(now)
        self._chats[chat].append(now)
        return None

    @staticmethod
    def _over(sent: deque[float], now: float, most: int, within: float) -> float | None:
        while sent and sent[0] <= now - within:
            sent.popleft()
        return None if len(sent) < most else sent[0] + within - now
