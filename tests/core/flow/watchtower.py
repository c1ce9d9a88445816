"""The flow's workbench with a venue that holds protective orders: rules are tended, and its book can be looked at."""

from collections.abc import Callable
from typing import Any

from core.domain.money import ZERO
from core.domain.order import OrderIntent
from core.flow import points
from core.flow.sentry import tend
from core.venues.paper.book import PaperOrder, record_from_json
from tests.core.flow.bench import Bench


class Killed(BaseException):
    """The process is gone at this moment."""


class Watchtower(Bench):
    """Ann's rules are compared with what stands at the venue whenever something has happened."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.venue.holds_protective_orders = True

    async def work(self) -> None:
        await super().work()
        while await tend(self.store, self.venue, self.clock, self.ann):
            await super().work()

    async def restart(self, *, blind_since: bool = True) -> None:
        self.store.queue._known.clear()  # wake-ups that the dead process had taken are given out again
        await super().restart(blind_since=blind_since)

    async def standing(self) -> list[OrderIntent]:
        """What rests at the venue, whoever placed it, oldest first."""
        async with self.venue.real._ledger.open(self.ann) as page:
            records = [record_from_json(document) for document in await page.resting()]
        return [record.intent for record in records if isinstance(record, PaperOrder)]

    async def stops(self) -> list[str]:
        """The same in short: side, size, price."""
        return [
            f"{one.side} {one.base:f} {one.trigger_when} {one.trigger_price or ZERO:f}" for one in await self.standing()
        ]

    async def venue_sees(self, price: str) -> None:
        """The venue's market moves while nobody of ours looks."""
        self.pass_time(seconds=1)
        await self.venue.real.observe(self.observation(price))

    async def settled(self, seconds: int) -> None:
        """Time in which every sweep is done, with the last prices still standing."""
        for _ in range(seconds):
            await self.tick()

    async def dead_by_now(self) -> None:
        """Whatever was signed and not sent is dead, that is known, and what follows from it has happened."""
        await self.settled(3)
        self.pass_time(seconds=61)
        await self.settled(4)


async def tower(position: str = "2") -> Watchtower:
    """Ann holds *position* in SOL, which stands at 100."""
    opened = Watchtower()
    await opened.open(position=position)
    return opened


class DiesAt:
    """Kills whoever passes *point* for the *nth* time."""

    def __init__(self, point: str, nth: int = 1) -> None:
        self._point, self._left = point, nth
        self._hook: Callable[[str], None] = self._passed

    def _passed(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                raise Killed

    def __enter__(self) -> "DiesAt":
        points.listen(self._hook)
        return self

    def __exit__(self, *problem: object) -> None:
        points._hooks.remove(self._hook)

    @property
    def died(self) -> bool:
        return self._left <= 0
