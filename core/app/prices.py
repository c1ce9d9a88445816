"""What the market was last seen at, for surfaces, and the stream that feeds it; decides no trust of its own."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import cast

from core.app.parts import Parts
from core.domain.errors import NotFound
from core.domain.ids import new_id
from core.domain.market import Candle, Market, Observation, Timeframe
from core.ports import Ledger
from core.prices.opening import Live, PriceKind, Replay, Simulation, open_prices
from core.prices.pyth import HERMES


class Prices:
    """Prices of every market that the venue lists."""

    def __init__(self, parts: Parts, ledger: Ledger) -> None:
        self._parts = parts
        self._ledger = ledger

    @property
    def notice(self) -> str | None:
        """What people must be told about where prices come from, or None."""
        return self._parts.notice

    @property
    def source_name(self) -> str:
        """The source's name, or `none` before `open`."""
        return "none" if self._parts.source is None else self._parts.source.name

    @property
    def simulated(self) -> bool:
        """Whether prices are invented or replayed; they are then labelled SIMULATED wherever they are shown."""
        return self._parts.source is None or self._parts.source.simulated

    def latest(self, markets: Sequence[str] | None = None) -> list[Observation]:
        """The last trusted observation of each market that has a fresh one, by market."""
        board = self._parts.board
        board.at = self._parts.clock.now()
        names = sorted(board.prices()) if markets is None else markets
        return [seen for name in names if (seen := board.observation(name)) is not None]

    async def markets(self) -> list[Market]:
        """What can be traded, by symbol."""
        return sorted((await self._parts.venue.markets()).values(), key=lambda market: market.symbol)

    async def candles(
        self, market: str, timeframe: Timeframe, start: datetime, end: datetime | None = None
    ) -> list[Candle]:
        """Closed candles with `start <= candle.start < end` (now), oldest first. Raises NotFound for an unknown market."""
        if market not in await self._parts.venue.markets():
            raise NotFound(f"{market[:20]!r} is not listed.", "See the markets.")
        return await self._parts.history(market, timeframe, start, self._parts.clock.now() if end is None else end)
