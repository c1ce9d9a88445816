"""How long to wait before asking again: decides the pause, not whether to ask."""

import random


class Backoff:
    """Pauses that double from `first_s` to `longest_s`, each shortened at random so that clients spread out."""

    def __init__(self, first_s: float = 0.5, longest_s: float = 30.0) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s

    def next_s(self) -> float:
        """The next pause in seconds."""
        pause, self._next_s = self._next_s, min(self._longest_s, 2 * self._next_s)
        return pause * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Start over, after success."""
        self._next_s = self._first_s
