"""What `open_core` plugged together and every façade draws on; decides the scene that words are read in."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from core.domain.action import DEFAULT_SLIPPAGE_BPS
from core.domain.errors import PriceUnavailable, SayWhenError, VenueError, VenueUnknown
from core.domain.ids import OwnerId
from core.domain.market import TIMEFRAME_S, Candle, Observation, Timeframe
from core.domain.reading import ParseContext, ParseResult
from core.flow.board import Board
from core.flow.draft import Scene
from core.flow.trust import Trust
from core.ports import (
    Changed,
    Clock,
    Custody,
    EventLog,
    Inbox,
    Lease,
    Outbox,
    PriceSource,
    Queue,
    Store,
    Venue,
    VenueStatus,
)
from core.settings import Settings

TIME_OUT_S = 10.0


class Reader(Protocol):
    """A RuleParser that also reads answers to its questions and corrections of its results."""

    name: str

    async def parse(self, text: str, context: ParseContext) -> ParseResult: ...
    def answer(self, words: str, asked: ParseResult, reply: str, context: ParseContext) -> ParseResult | None: ...
    def correct(
        self, words: str, result: ParseResult, reply: str, context: ParseContext
    ) -> ParseResult | str | None: ...


class OwnVenue(Venue, Protocol):
    """A venue that lives in our own engine: it is shown marks and exchanges funding when told to."""

    async def observe(self, observation: Observation) -> list[OwnerId]: ...
    async def exchange_funding(self, now: datetime) -> list[OwnerId]: ...
    async def open_position(self, owner: OwnerId, market: str, base: Decimal, entry_price: Decimal) -> None: ...


@dataclass(slots=True, kw_only=True)
class Parts:
    """One process's adapters. `source` is None until prices are opened; `leases` makes one more holder of leases."""

    settings: Settings
    clock: Clock
    store: Store
    log: EventLog
    outbox: Outbox
    queue: Queue
    lease: Lease
    leases: Callable[[], Lease]
    inbox: Inbox
    venue: Venue
    own: OwnVenue | None = None
    """The venue where it lives in our own engine."""
    venue_prices: Callable[[], PriceSource] | None = None
    """Makes the venue's own price source, where it has one: what it triggers on is what is watched."""
    changes: Callable[[], AsyncGenerator[Changed]] | None = None
    """Tells whose account the venue has changed, where it can."""
    fees: Callable[[], Awaitable[None]] | None = None
    """Takes in what a chain has charged since it was last called."""
    signed: Callable[[], Awaitable[None]] | None = None
    """Goes on with what owners' own wallets have signed, where the venue is on chain."""
    custody: Custody | None = None
    """Makes what owners' own wallets sign, where the venue is on chain."""
    parser: Reader
    board: Board
    trust: Trust
    source: PriceSource | None = None
    notice: str | None = None

    async def scene(self, owner: OwnerId) -> Scene:
        """What is true for *owner* now. Raises VenueUnknown where the venue does not answer.

        Raises PriceUnavailable before the first price of any market.
        """
        try:
            async with asyncio.timeout(TIME_OUT_S):
                status = await self.venue.status()
                markets = await self.venue.markets()
                account = await self.venue.account(owner)
        except TimeoutError:
            raise VenueUnknown(
                f"{self.venue.name} does not answer, so your positions cannot be seen.", "Try again in a moment."
            ) from None
        if not self.board.known():
            raise PriceUnavailable("No price has come in yet.", "Try again in a few seconds.")
        person = await self.store.owner(owner)
        return Scene(
            prices=self.prices(),
            known=self.board.known(),
            markets=markets,
            account=account,
            source=self.source_words(),
            venue=status,
            timezone=person.timezone,
            limits=person.limits,
            funding={market: rate for market in markets if (rate := self.board.funding(market)) is not None},
            slippage_bps=person.preferences.slippage_bps or DEFAULT_SLIPPAGE_BPS,
            stands_at=self.venue.name if self.venue.holds_protective_orders and not account.by_hand else "",
        )

    def prices(self) -> Mapping[str, Decimal]:
        """Fresh, trusted prices by market (quote)."""
        self.board.at = self.clock.now()
        return self.board.prices()

    async def history(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        """Closed candles from *start* to *end*: what was stored, and before that what the source remembers."""
        stored = await self.store.candles(market, timeframe, start, end)
        first = stored[0].start if stored else end
        if self.source is None or first <= start + timedelta(seconds=TIMEFRAME_S[timeframe]):
            return stored
        try:
            async with asyncio.timeout(TIME_OUT_S):
                older = await self.source.candles(market, timeframe, start, first)
        except (SayWhenError, TimeoutError, OSError):
            return stored
        return [*older, *stored]

    def source_words(self) -> str:
        """Who says what the prices are, as cards name it."""
        if self.source is None:
            return "no price source"
        return "SIMULATED prices" if self.source.simulated else f"{self.source.name} prices"

    async def venue_status(self) -> VenueStatus:
        """Whether the venue takes orders, in words where it does not."""
        try:
            async with asyncio.timeout(TIME_OUT_S):
                return await self.venue.status()
        except (VenueError, TimeoutError) as problem:
            return VenueStatus(state="lost", reason=str(problem) or "it does not answer")
