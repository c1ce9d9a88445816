"""The venues under contract: each on a stage that moves its world, and the orders that tests begin with."""

import dataclasses
from decimal import Decimal
from typing import Any, Protocol

from core.domain.ids import OrderId, OwnerId
from core.domain.order import OrderIntent
from core.ports import Clock, Finding, Ledger, Prepared, Venue
from tests.core.venues.paper.bench import Bench

OWNER = OwnerId(1)
ENDED = {Finding.FILLED, Finding.REJECTED, Finding.CANCELLED, Finding.LAPSED, Finding.DEAD}


class Stage(Protocol):
    """A venue under test, its clock, and ways to move its market."""

    venue: Venue
    clock: Clock
    market: str

    def another_process(self) -> Venue:
        """The same venue as another process of ours sees it."""
        ...

    def pass_time(self, **time: float) -> None:
        """Move the venue's time on by a timedelta's arguments."""
        ...

    async def show(self, price: str, market: str = ...) -> None:
        """Let the market trade at *price*, or another that the venue lists."""
        ...

    async def proceed(self) -> None:
        """Let the venue do what it does by itself once it has been told of an order."""
        ...


class PaperStage:
    """The paper venue on its workbench."""

    market = "SOL-PERP"

    def __init__(self, ledger: Ledger) -> None:
        self._bench = Bench(ledger=ledger)
        self.venue: Venue = self._bench.venue
        self.clock: Clock = self._bench.clock

    def another_process(self) -> Venue:
        return self._bench.another_process()

    def pass_time(self, **time: float) -> None:
        self._bench.pass_time(**time)

    async def show(self, price: str, market: str = market) -> None:
        await self._bench.see(price, market)

    async def proceed(self) -> None:
        """It has done it by then."""


def intent(stage: Stage, order_id: str = "ord_1", **changes: Any) -> OrderIntent:
    bought = OrderIntent(
        order_id=OrderId(order_id),
        owner=OWNER,
        market=stage.market,
        side="buy",
        base=Decimal(10),
        reduce_only=False,
        oracle_price=Decimal(100),
        max_slippage_bps=100,
    )
    return dataclasses.replace(bought, **changes)


def resting(stage: Stage, order_id: str = "ord_1", **changes: Any) -> OrderIntent:
    return intent(stage, order_id, **({"type": "limit", "price": Decimal(90), "max_slippage_bps": None} | changes))


async def sent(stage: Stage, wanted: OrderIntent) -> Prepared:
    prepared = await stage.venue.prepare(wanted)
    await stage.venue.send(prepared)
    await stage.proceed()
    return prepared


async def base(stage: Stage) -> Decimal:
    position = (await stage.venue.account(OWNER)).position(stage.market)
    return Decimal(0) if position is None else position.base
