"""The oracle prices that the program itself trades on, as a price source; decides which are told, not trusted."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.domain.errors import SayWhenError
from core.domain.market import Candle, Observation, Timeframe
from core.ports import Clock
from core.venues.drift import margin
from core.venues.drift.atlas import Atlas
from core.venues.drift.feed import Feed
from core.venues.drift.oracle import published
from core.venues.drift.shelf import Kept
from core.venues.drift.units import oracle_price

if TYPE_CHECKING:
    from solders.pubkey import Pubkey

_AGAIN_S = 2.0
_MOST_AHEAD = timedelta(seconds=5)


class DriftPrices:
    """A PriceSource fed by the chain. A reader that is slow misses what is in between, and gets the latest."""

    def __init__(self, name: str, atlas: Atlas, feed: Feed, clock: Clock, *, simulated: bool = False) -> None:
        self.name = name
        self.simulated = simulated
        self._atlas = atlas
        self._feed = feed
        self._clock = clock
        self._running: asyncio.Task[None] | None = None

    def trouble(self, market: str) -> str | None:
        """Why *market* has no price now, in one word: unlisted or unreachable; None if it has one."""
        if market not in self._atlas.indexes:
            return "unlisted" if self._atlas.indexes else "unreachable"
        return None if self._feed.connected.is_set() else "unreachable"

    async def observe(self, markets: Sequence[str]) -> AsyncGenerator[Observation]:
        """Observations of *markets* as they come, for ever."""
        while True:
            try:
                await self._atlas.load()
                break
            except SayWhenError:
                await self._clock.sleep(_AGAIN_S)
        of_oracle: dict[Pubkey, list[str]] = {}
        for market in dict.fromkeys(markets):
            if (number := self._atlas.indexes.get(market)) is not None:
                of_oracle.setdefault(self._atlas.oracle(number), []).append(market)
        news: dict[Pubkey, Kept] = {}
        arrived = asyncio.Event()

        def changed(key: "Pubkey", kept: Kept) -> None:
            if key in of_oracle:
                news[key] = kept
                arrived.set()

        self._atlas.shelf.watchers.append(changed)
        try:
            self._feed.want([*of_oracle, *(self._atlas.perp(self._atlas.indexes[m]) for m in self._known(markets))])
            self._feed.want([self._atlas.state_key, self._atlas.quote_key, self._atlas.quote()["oracle"]])
            self._keep_running()
            while True:
                await arrived.wait()
                arrived.clear()
                told, news = news, {}
                for key, kept in told.items():
                    for market in of_oracle[key]:
                        if (seen := self._observation(market, key, kept)) is not None:
                            yield seen
        finally:
            self._atlas.shelf.watchers.remove(changed)

    def _known(self, markets: Sequence[str]) -> list[str]:
        return [market for market in dict.fromkeys(markets) if market in self._atlas.indexes]

    def _keep_running(self) -> None:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._feed.run(), name="drift feed")

    def _observation(self, market: str, key: "Pubkey", kept: Kept) -> Observation | None:
        """What an oracle says; None for nonsense."""
        number = self._atlas.indexes[market]
        source = str(margin.amm(self._atlas.perps[number])["oracle_source"])
        now = self._clock.now()
        try:
            seen = self._atlas.record("PythLazerOracle", key, kept.content or b"")
            price, confidence = oracle_price(seen["price"], seen["conf"], seen["exponent"], source)
            at = published(seen["publish_time"])
        except (ValueError, OSError, OverflowError, SayWhenError):
            return None
        if at - now > _MOST_AHEAD:
            return None
        return Observation(
            market=market,
            price=price,
            at=min(at, now),
            seen_at=now,
            source=self.name,
            simulated=self.simulated,
            confidence=confidence,
            funding_rate=margin.funding_percent(self._atlas.perps[number], price),
        )

    async def candles(  # the port's arguments
        self,
        market: str,  # noqa: ARG002
        timeframe: Timeframe,  # noqa: ARG002
        start: datetime,  # noqa: ARG002
        end: datetime,  # noqa: ARG002
    ) -> list[Candle]:
        """None: the chain keeps no history that can be asked for."""
        return []

    async def close(self) -> None:
        """Stop listening."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            self._running = None
