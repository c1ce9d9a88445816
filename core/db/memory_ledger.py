"""A simulated venue's books in memory, for replays and tests: keeps nothing beyond the process, decides nothing."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from core.domain.errors import Conflict
from core.domain.ids import OwnerId
from core.domain.market import Observation
from core.ports import Document, LedgerPage

Wake = tuple[Decimal | None, Decimal | None]


@dataclass(slots=True, kw_only=True)
class _Shelf:
    """Everything of one owner; its lock is held while a page is open."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    account: Document | None = None
    orders: dict[str, Document] = field(default_factory=dict)
    resting: dict[str, None] = field(default_factory=dict)
    activity: dict[int, Document] = field(default_factory=dict)
    markets: frozenset[str] = frozenset()
    exposed: frozenset[str] = frozenset()


class _Page:
    """A shelf with what was written in this block laid over it."""

    def __init__(self, shelf: _Shelf) -> None:
        self.account = shelf.account
        self.wakes: Mapping[str, Wake] | None = None
        self.exposed: frozenset[str] = shelf.exposed
        self.orders: dict[str, tuple[Document, bool]] = {}
        self.activities: dict[int, Document] = {}
        self._shelf = shelf

    async def order(self, signature: str) -> Document | None:
        """The document saved under *signature*, or None."""
        if signature in self.orders:
            return self.orders[signature][0]
        return self._shelf.orders.get(signature)

    async def resting(self) -> list[Document]:
        """Documents of orders saved with `resting=True`, oldest first."""
        before = [self._shelf.orders[signature] for signature in self._shelf.resting if signature not in self.orders]
        if not self.orders:
            return before
        signatures = [s for s in self._shelf.resting if s not in self.orders or self.orders[s][1]]
        signatures += [s for s, (_, rests) in self.orders.items() if rests and s not in self._shelf.resting]
        return [self.orders[s][0] if s in self.orders else self._shelf.orders[s] for s in signatures]

    async def save_account(self, account: Document, *, wakes: Mapping[str, Wake], exposed: Collection[str]) -> None:
        """Keep the account with the prices and markets at which it must be looked at again."""
        self.account, self.wakes, self.exposed = account, dict(wakes), frozenset(exposed)

    async def save_order(self, signature: str, order: Document, *, resting: bool) -> None:
        """Keep an order's document."""
        self.orders[signature] = (order, resting)

    async def add_activity(self, number: int, activity: Document) -> None:
        """Keep an activity. Raises Conflict if the number is taken."""
        if number in self._shelf.activity or number in self.activities:
            raise Conflict(f"Expected a new activity number, was {number} again")
        self.activities[number] = activity

    async def activity(self, after: int, limit: int) -> list[Document]:
        """At most *limit* activities numbered above *after*, in order."""
        known = self._shelf.activity | self.activities
        return [known[number] for number in sorted(known) if number > after][:limit]


class MemoryLedger:
    """Implements `Ledger` for one event loop. Documents are kept as they are given: nobody changes one afterwards."""

    def __init__(self) -> None:
        self._shelves: defaultdict[OwnerId, _Shelf] = defaultdict(_Shelf)
        self._wakes: defaultdict[str, dict[OwnerId, Wake]] = defaultdict(dict)
        # The outermost wake prices by market: an observation between them, the usual case, wakes nobody.
        self._calm: dict[str, Wake] = {}
        self._marks: dict[str, Observation] = {}
        self._values: dict[str, str] = {}

    @asynccontextmanager
    async def open(self, owner: OwnerId) -> AsyncIterator[LedgerPage]:
        """The owner's page, locked until the block ends; saved at its end, dropped on any exception."""
        shelf = self._shelves[owner]
        async with shelf.lock:
            page = _Page(shelf)
            yield page
            self._save(owner, shelf, page)

    async def glance(self, owner: OwnerId) -> tuple[Document | None, list[Document]]:
        """The account and the resting orders as last saved."""
        shelf = self._shelves[owner]
        return shelf.account, await _Page(shelf).resting()

    def _save(self, owner: OwnerId, shelf: _Shelf, page: _Page) -> None:
        """All of it without giving way to another task, so that a page is seen whole or not at all."""
        shelf.account, shelf.exposed = page.account, page.exposed
        shelf.activity.update(page.activities)
        for signature, (order, rests) in page.orders.items():
            shelf.orders[signature] = order
            if rests:
                shelf.resting.setdefault(signature)
            else:
                shelf.resting.pop(signature, None)
        if page.wakes is None:
            return
        for market in shelf.markets - page.wakes.keys():
            del self._wakes[market][owner]
        for market, wake in page.wakes.items():
            self._wakes[market][owner] = wake
        for market in shelf.markets | page.wakes.keys():
            wakes = self._wakes[market].values()
            self._calm[market] = (
                max((below for below, _ in wakes if below is not None), default=None),
                min((above for _, above in wakes if above is not None), default=None),
            )
        shelf.markets = frozenset(page.wakes)

    async def woken(self, market: str, low: Decimal, high: Decimal) -> list[OwnerId]:
        """Owners whose wake price of *market* lies within what was traded: below >= low or above <= high."""
        calm = self._calm.get(market)
        if calm is None or not _wakes(calm, low, high):
            return []
        return [owner for owner, wake in self._wakes[market].items() if _wakes(wake, low, high)]

    async def exposed(self, market: str) -> list[OwnerId]:
        """Owners with an open position in *market*."""
        return [owner for owner, shelf in self._shelves.items() if market in shelf.exposed]

    async def save_mark(self, mark: Observation) -> None:
        """Keep *mark* unless a later one of its market is kept."""
        known = self._marks.get(mark.market)
        if known is None or known.at <= mark.at:
            self._marks[mark.market] = mark

    async def mark(self, market: str) -> Observation | None:
        """The latest mark, or None."""
        return self._marks.get(market)

    async def marks(self) -> list[Observation]:
        """The mark of every market that ever had one."""
        return list(self._marks.values())

    async def value(self, key: str) -> str | None:
        """A small fact of the venue itself."""
        return self._values.get(key)

    async def save_value(self, key: str, value: str) -> None:
        """Keep a small fact of the venue itself."""
        self._values[key] = value


def _wakes(wake: Wake, low: Decimal, high: Decimal) -> bool:
    below, above = wake
    return (below is not None and below >= low) or (above is not None and above <= high)
