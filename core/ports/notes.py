"""What the adapter of a real venue must remember of its own, apart from orders; decides nothing about trading."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from core.domain.ids import OwnerId

Note = Mapping[str, Any]
"""JSON that one venue's adapter keeps and nobody else reads."""


class NotePage(Protocol):
    """One owner's notes at one venue, locked until the block ends; saved at its end, dropped on any exception."""

    async def get(self, key: str) -> Note | None: ...
    async def put(self, key: str, note: Note) -> None: ...
    async def add_activity(self, number: int, activity: Note) -> None:
        """Raises Conflict if the number is taken."""
        ...

    async def activity(self, after: int, limit: int) -> list[Note]:
        """What was added under numbers above *after*, in their order."""
        ...


class Notes(Protocol):
    """One venue's notes: a restart must not forget which bytes were handed over, and which never may be."""

    def open(self, owner: OwnerId) -> AbstractAsyncContextManager[NotePage]: ...
