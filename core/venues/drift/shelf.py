"""The last known bytes of accounts: decides which of two tellings is the later one, and how old is too old."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solders.pubkey import Pubkey

MOST_BEHIND = 32
"""Slots by which a node that is asked may be behind the newest that was heard of."""


@dataclass(slots=True)
class Kept:
    """An account's bytes, the slot they are of, and when they were last told (the loop's seconds)."""

    content: bytes | None
    slot: int
    at: float


class Shelf:
    """Accounts by key. `slot` is the newest slot that anybody told of."""

    def __init__(self) -> None:
        self.slot = 0
        self.kept: dict[Pubkey, Kept] = {}
        self.watchers: list[Callable[[Pubkey, Kept], None]] = []
        self.dropped = 0
        """Tellings of the past that were not believed."""

    @property
    def floor(self) -> int:
        """The slot that a node must know to be believed: one that is further behind tells of the past."""
        return max(0, self.slot - MOST_BEHIND)

    def put(self, key: "Pubkey", content: bytes | None, slot: int, at: float) -> bool:
        """Take in what is told of an account; False if it is older than what is known."""
        self.slot = max(self.slot, slot)
        known = self.kept.get(key)
        if known is not None:
            if slot < known.slot:
                self.dropped += 1
                return False
            same = content == known.content
            known.content, known.slot, known.at = content, slot, at
            if same:
                return True
        else:
            known = self.kept[key] = Kept(content, slot, at)
        for watcher in self.watchers:
            watcher(key, known)
        return True

    def get(self, key: "Pubkey", *, since: float) -> Kept | None:
        """What is known of an account if it was told, or confirmed, after *since* (the loop's seconds)."""
        known = self.kept.get(key)
        return known if known is not None and known.at >= since else None
