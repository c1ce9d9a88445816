"""A paper venue on a workbench: a clock in hand, a ledger that keeps nothing but JSON, a book with round numbers."""

import itertools
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.db.memory_ledger import MemoryLedger
from core.domain.ids import OrderId, OwnerId
from core.domain.market import Market, Observation
from core.domain.order import OrderIntent
from core.ports import Document, Ledger, LedgerPage, OrderReport
from core.venues.paper import Depth, PaperVenue

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ANN = OwnerId(1)
D = Decimal


def market(base: str = "SOL", **changes: Any) -> Market:
    """10 bps taker, 2 bps maker, 5 % / 3 % margin, tick 0.01, step 0.1, minimum 0.5."""
    listed = Market(
        symbol=f"{base}-PERP",
        base=base,
        name=base.title(),
        tick=D("0.01"),
        step=D("0.1"),
        min_base=D("0.5"),
        initial_margin=D("0.05"),
        maintenance_margin=D("0.03"),
        taker_fee_bps=D(10),
        maker_fee_bps=D(2),
    )
    return replace(listed, **changes)


MARKETS = {listed.symbol: listed for listed in (market("SOL"), market("ETH"))}
ROUND = Depth(half_spread_bps=D(1), quote_per_bps=D(1_000), variation=D(0))
"""Begins 1 bps from the mark, $1,000 on every basis point, the same at every instant."""


class HandClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = START) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class _JsonPage:
    def __init__(self, page: LedgerPage) -> None:
        self._page = page

    @property
    def account(self) -> Document | None:
        return self._page.account

    @account.setter
    def account(self, value: Document | None) -> None:
        raise AssertionError("the account is saved by save_account")

    async def order(self, signature: str) -> Document | None:
        return await self._page.order(signature)

    async def resting(self) -> list[Document]:
        return await self._page.resting()

    async def save_account(
        self,
        account: Document,
        *,
        wakes: Mapping[str, tuple[Decimal | None, Decimal | None]],
        exposed: Collection[str],
    ) -> None:
        await self._page.save_account(json.loads(json.dumps(account)), wakes=wakes, exposed=exposed)

    async def save_order(self, signature: str, order: Document, *, resting: bool) -> None:
        await self._page.save_order(signature, json.loads(json.dumps(order)), resting=resting)

    async def add_activity(self, number: int, activity: Document) -> None:
        await self._page.add_activity(number, json.loads(json.dumps(activity)))

    async def activity(self, after: int, limit: int) -> list[Document]:
        return await self._page.activity(after, limit)


class JsonLedger(MemoryLedger):
    """Keeps documents as a database would: as JSON text, read back."""

    @asynccontextmanager
    async def open(self, owner: OwnerId) -> AsyncIterator[LedgerPage]:
        async with super().open(owner) as page:
            yield _JsonPage(page)


class Bench:
    """The venue under test with what surrounds it; prices and sizes may be given as text."""

    def __init__(
        self, *, ledger: Ledger | None = None, depth: Depth = ROUND, deposit: str = "10000", seed: int = 0
    ) -> None:
        self.clock = HandClock()
        self.ledger: Ledger = JsonLedger() if ledger is None else ledger
        self._settings: dict[str, Any] = {
            "deposit": D(deposit),
            "seed": seed,
            "depths": dict.fromkeys(MARKETS, depth),
        }
        self._numbers = itertools.count(1)
        self.venue = self.another_process()

    def another_process(self) -> PaperVenue:
        """A venue that shares nothing with the first but the ledger."""
        return PaperVenue(self.ledger, self.clock, MARKETS, **self._settings)

    def pass_time(self, **time: float) -> None:
        """Move the clock on."""
        self.clock.time += timedelta(**time)

    def seen(self, price: str | int | Decimal, name: str = "SOL-PERP", **more: Any) -> Observation:
        """An observation of now."""
        now = self.clock.time
        return Observation(market=name, price=D(price), at=now, seen_at=now, source="bench", simulated=True, **more)

    async def see(self, price: str | int | Decimal, name: str = "SOL-PERP", **more: Any) -> list[OwnerId]:
        """Let a second pass and the venue see *price*."""
        self.pass_time(seconds=1)
        return await self.venue.observe(self.seen(price, name, **more))

    async def intent(self, side: str, base: str, **more: Any) -> OrderIntent:
        """An order sized at the present mark (100 where there is none); prices may be text."""
        name = more.pop("market", "SOL-PERP")
        mark = await self.ledger.mark(name)
        for key in ("price", "trigger_price", "oracle_price"):
            if isinstance(more.get(key), str):
                more[key] = D(more[key])
        settings: dict[str, Any] = {
            "order_id": OrderId(f"ord_{next(self._numbers)}"),
            "owner": ANN,
            "market": name,
            "side": side,
            "base": D(base),
            "reduce_only": False,
            "oracle_price": D(100) if mark is None else mark.price,
        }
        return OrderIntent(**(settings | more))

    async def send(self, side: str, base: str, **more: Any) -> str:
        """Prepare and send an order; its signature."""
        prepared = await self.venue.prepare(await self.intent(side, base, **more))
        await self.venue.send(prepared)
        return prepared.signature

    async def trade(self, side: str, base: str, **more: Any) -> OrderReport:
        """Send an order and look it up."""
        return await self.report(await self.send(side, base, **more))

    async def report(self, signature: str) -> OrderReport:
        """What the venue knows of the order."""
        return await self.venue.lookup(ANN, signature)

    async def base(self, name: str = "SOL-PERP") -> Decimal:
        """The signed position."""
        position = (await self.venue.account(ANN)).position(name)
        return D(0) if position is None else position.base
