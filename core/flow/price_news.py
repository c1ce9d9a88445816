"""Owners hear that prices they depend on are lost, and back, once each; decides who is told, not what is trusted."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from core.domain.errors import SayWhenError
from core.domain.event import PriceRecovered, PriceStale
from core.domain.ids import OwnerId
from core.domain.market import Observation
from core.ports import Fence, Store

_log = logging.getLogger(__name__)


class PriceNews:
    """What is to be told of lost prices, by whoever watches for an owner: one who was paused has not missed a price.

    `fence` gives the lease that telling an owner must carry, or None where nothing is shared.
    """

    def __init__(self, store: Store, fence: Callable[[OwnerId], Fence | None]) -> None:
        self._store = store
        self._fence = fence
        self._told: defaultdict[str, set[OwnerId]] = defaultdict(set)
        self._untold: deque[PriceStale | PriceRecovered] = deque()

    def lost(self, market: str, why: str, owners: Collection[OwnerId], at: datetime) -> None:
        """*owners* depend on *market*, whose price is not trusted any more."""
        self._told[market] = set(owners)
        stale = PriceStale(at=at, market=market, why=why)
        self._untold += [replace(stale, owner=owner) for owner in sorted(owners)]

    def back(self, seen: Observation, blind_s: int, at: datetime) -> None:
        """A market is trusted again: whoever heard that it was lost hears that."""
        back = PriceRecovered(at=at, market=seen.market, blind_s=blind_s, source=seen.source)
        self._untold += [replace(back, owner=owner) for owner in sorted(self._told.pop(seen.market, ()))]

    def forget(self, mine: Callable[[OwnerId], bool]) -> None:
        """Owners who are not `mine` any more hear of it from others."""
        for told in self._told.values():
            told -= {owner for owner in told if not mine(owner)}

    async def tell(self) -> None:
        """Store what is untold; what cannot be stored now is told at the next turn."""
        while self._untold:
            event = self._untold[0]
            if event.owner is not None:
                try:
                    await self._append(event, event.owner)
                except (SayWhenError, TimeoutError, OSError) as problem:
                    _log.warning("%s is told later: %s", event.name, problem)
                    return
            self._untold.popleft()

    async def _append(self, event: PriceStale | PriceRecovered, owner: OwnerId) -> None:
        fence = self._fence(owner)
        async with self._store.begin(owner) as tx:
            if fence is None or await tx.fenced(fence):
                await tx.append(event)
            else:
                self._told[event.market].discard(owner)
