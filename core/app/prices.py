"""What the market was last seen at, for surfaces, and the stream that feeds it; decides no trust of its own."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

from core.app.parts import Parts
from core.domain.condition import Indicator, IndicatorName
from core.domain.errors import NotFound
from core.domain.ids import new_id
from core.domain.market import TIMEFRAME_S, Candle, Market, Observation, Timeframe
from core.flow.readings import HISTORY
from core.ports import Ledger
from core.prices.opening import Live, PriceKind, Replay, Simulation, open_prices
from core.prices.pyth import HERMES
from core.watchlist.indicators import indicator

_MOST_GAUGED = 500


class Prices:
    """Prices of every market that the venue lists."""

    def __init__(self, parts: Parts, ledger: Ledger) -> None:
        self._parts = parts
        self._ledger = ledger
        self._gauged: dict[tuple[Indicator, int], tuple[Decimal, Decimal | None] | None] = {}

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
        """Closed candles with `start <= candle.start < end` (by default now), oldest first.

        Raises NotFound for an unknown market.
        """
        if market not in await self._parts.venue.markets():
            raise NotFound(f"{market[:20]!r} is not listed.", "See the markets.")
        return await self._parts.history(market, timeframe, start, self._parts.clock.now() if end is None else end)

    async def gauges(self, wanted: Collection[Indicator]) -> dict[Indicator, tuple[Decimal, Decimal | None]]:
        """Where indicators stand at the last closed candle, each with the line it is compared to, if it is to one.

        What is not known is left out. The same candles are read once until the next has closed.
        """
        now = self._parts.clock.now()
        found: dict[Indicator, tuple[Decimal, Decimal | None]] = {}
        for one in wanted:
            length = TIMEFRAME_S[one.timeframe]
            key = (one, int(now.timestamp()) // length)
            if key not in self._gauged:
                candles = await self.candles(one.market, one.timeframe, now - timedelta(seconds=length * HISTORY))
                here = _last(one.name, one.period, candles)
                there = None if one.other is None else _last(one.other.name, one.other.period, candles)
                self._gauged[key] = None if here is None else (here, there)
                while len(self._gauged) > _MOST_GAUGED:
                    del self._gauged[next(iter(self._gauged))]
            known = self._gauged[key]
            if known is not None:
                found[one] = known
        return found

    async def open(self) -> None:
        """Choose the source as the settings say, once; `auto` may take some seconds."""
        if self._parts.source is not None:
            return
        settings = self._parts.settings
        if self._parts.venue_prices is not None:
            self._parts.source = self._parts.venue_prices()
            if self._parts.source.simulated:
                self._parts.notice = "Orders go to a Drift EMULATOR on this machine, prices are those of its oracles."
            return
        replay = None
        kind = cast(PriceKind, settings.prices)
        if settings.price_file is not None:
            kind, replay = "replay", Replay(file=settings.price_file, speed=settings.speed)
        opened = await open_prices(
            kind,
            self._parts.clock,
            sorted(await self._parts.venue.markets()),
            simulation=await self._simulation(),
            replay=replay,
            live=Live(
                pyth_key=None if settings.pyth_api_key is None else settings.pyth_api_key.get_secret_value(),
                pyth_url=settings.pyth_url or HERMES,
                bound_bps=settings.agreement_bps,
            ),
        )
        self._parts.source, self._parts.notice = opened.source, opened.notice

    async def stream(self) -> AsyncIterator[Observation]:
        """Observations of every market, for ever; what is read here is not yet on the board."""
        await self.open()
        if self._parts.source is None:
            return
        markets = sorted(await self._parts.venue.markets())
        async with aclosing(cast(AsyncGenerator[Observation], self._parts.source.observe(markets))) as seen:
            async for observation in seen:
                yield observation

    async def follow(self) -> None:
        """Keep the board up to date where no engine runs in this process; for ever."""
        async for observation in self.stream():
            if self._parts.trust.judge(observation, self._parts.clock.now()) is None:
                self._parts.board.put(observation)

    async def _simulation(self) -> Simulation:
        """Seed and epoch of this home's invented markets, so that they go on where they stood after a restart."""
        now = self._parts.clock.now()
        chosen = self._parts.settings.seed
        seed = await self._settled("simulation.seed", str(chosen if chosen is not None else _any_seed(now)))
        epoch = await self._settled("simulation.epoch", now.astimezone(UTC).isoformat())
        return Simulation(
            seed=int(seed) if chosen is None else chosen,
            epoch=datetime.fromisoformat(epoch),
            speed=self._parts.settings.speed,
        )

    async def _settled(self, key: str, first: str) -> str:
        """The venue's value of *key*, which is *first* if nobody had set it."""
        known = await self._ledger.value(key)
        if known is None:
            await self._ledger.save_value(key, first)
            known = await self._ledger.value(key)
        return first if known is None else known


def _any_seed(now: datetime) -> int:
    return sum(ord(letter) << (8 * place) for place, letter in enumerate(new_id("s", now)[-7:]))


def _last(name: IndicatorName, period: int | None, candles: Sequence[Candle]) -> Decimal | None:
    values = indicator(name, period, candles)
    return Decimal(str(values[-1])) if values and values[-1] is not None else None
