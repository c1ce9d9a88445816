"""What a simulated venue needs to keep its own books, apart from ours; decides nothing about trading."""

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any, Protocol

from core.domain.ids import OwnerId
from core.domain.market import Observation

Document = Mapping[str, Any]
"""JSON the simulated venue keeps; decimals as strings. Nobody else reads it."""


class LedgerPage(Protocol):
    """One owner's books, locked until the block ends; saved at its end, dropped on any exception."""

    account: Document | None

    async def order(self, signature: str) -> Document | None: ...
    async def resting(self) -> list[Document]:
        """Documents of orders saved with `resting=True`, oldest first."""
        ...

    async def save_account(
        self,
        account: Document,
        *,
        wakes: Mapping[str, tuple[Decimal | None, Decimal | None]],
        exposed: Collection[str],
    ) -> None:
        """Keep the account; `wakes` holds by market the prices (below, above) at which it must be looked at again,
        `exposed` the markets with an open position."""
        ...

    async def save_order(self, signature: str, order: Document, *, resting: bool) -> None: ...
    async def add_activity(self, number: int, activity: Document) -> None: ...
    async def activity(self, after: int, limit: int) -> list[Document]: ...


class Ledger(Protocol):
    """Where a simulated venue keeps its books, so that a restart keeps everything."""

    def open(self, owner: OwnerId) -> AbstractAsyncContextManager[LedgerPage]: ...

    async def glance(self, owner: OwnerId) -> tuple[Document | None, list[Document]]:
        """The owner's account and resting orders (oldest first) as last saved, read without their lock."""
        ...

    async def woken(self, market: str, low: Decimal, high: Decimal) -> list[OwnerId]:
        """Owners whose wake price of *market* lies within what was traded: below >= low or above <= high."""
        ...

    async def exposed(self, market: str) -> list[OwnerId]:
        """Owners with an open position in *market*."""
        ...

    async def save_mark(self, mark: Observation) -> None:
        """Keep *mark* unless a later one of its market is kept."""
        ...

    async def mark(self, market: str) -> Observation | None: ...
    async def marks(self) -> list[Observation]:
        """The mark of every market that ever had one."""
        ...

    async def value(self, key: str) -> str | None:
        """A small fact of the venue itself (when funding was last exchanged)."""
        ...

    async def save_value(self, key: str, value: str) -> None: ...
