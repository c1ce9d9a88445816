"""Simulated markets, offline and seeded: decides when their prices are told, not what follows from them.

Nothing here is a price anybody trades at. Whatever this source says is marked `simulated`.
"""

import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from core.domain.listing import LISTING
from core.domain.market import TIMEFRAME_S, Candle, Market, Observation, Timeframe
from core.ports import Clock
from core.prices.frames import first_start
from core.prices.wander import BEAT_US, HOUR, Span, Wander

NAME = "simulated"

_MICROSECOND = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1)
_MOST_CATCH_UP = timedelta(seconds=30)
_FUNDING_UNIT = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedMarket:
    """How a simulated market behaves: price at the epoch (quote), yearly volatility, usual volume an hour (base)."""

    listed: Market
    start: Decimal
    volatility: float
    hourly_volume: Decimal


def _simulated(symbol: str, start: str, volatility: float, hourly_volume: str) -> tuple[str, SimulatedMarket]:
    return symbol, SimulatedMarket(
        listed=LISTING[symbol], start=Decimal(start), volatility=volatility, hourly_volume=Decimal(hourly_volume)
    )


SIMULATED_MARKETS: Mapping[str, SimulatedMarket] = MappingProxyType(
    dict(
        (
            _simulated("SOL-PERP", "150", 0.80, "250_000"),
            _simulated("BTC-PERP", "100_000", 0.45, "1_500"),
            _simulated("ETH-PERP", "3_500", 0.60, "25_000"),
            _simulated("JUP-PERP", "0.8", 1.10, "3_000_000"),
            _simulated("WIF-PERP", "1.8", 1.30, "1_500_000"),
            _simulated("BONK-PERP", "0.000022", 1.20, "80_000_000_000"),
            _simulated("DRIFT-PERP", "0.6", 1.30, "1_000_000"),
            _simulated("HYPE-PERP", "30", 1.00, "200_000"),
        )
    )
)


class SimulatedSource:
    """A `PriceSource` whose prices are a pure function of seed, market and time: any process, any restart agrees.

    Times told are always *clock*'s. `speed` makes the markets move faster than that clock: at 60, an hour of market
    happens each minute, also in the past. (Hand in an accelerated clock, with `speed` 1, to hurry everything else too.)

    Each `tick_s` of the clock one observation a market is told, on the grid of the epoch, preceded by the highest and
    lowest price since the last one where the market moved beyond it in between, and by the last price of a minute. So
    what was observed over a minute and what `candles` says of it are the same candle, at any speed, as long as nobody
    was away for more than 30 seconds; a longer absence is a gap that `candles` fills. Volumes add up likewise.
    """

    name = NAME
    simulated = True

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int,
        epoch: datetime,
        speed: Decimal = Decimal(1),
        tick_s: float = 0.5,
        markets: Mapping[str, SimulatedMarket] = SIMULATED_MARKETS,
    ) -> None:
        """`epoch` is when the markets stand at their start prices; keep it with the seed to go on after a restart."""
        if epoch.tzinfo is None:
            raise ValueError("Expected an aware epoch, was a naive one")
        if not speed > 0 or not tick_s > 0:
            raise ValueError(f"Expected speed and tick_s above zero, was {speed} and {tick_s}")
        self._clock = clock
        # On a whole minute, so that minutes of the clock and of the market begin together at any whole speed.
        self._epoch = epoch.astimezone(UTC).replace(second=0, microsecond=0)
        self._beats_a_us = Fraction(speed) / BEAT_US
        self._tick = timedelta(seconds=tick_s)
        self._markets = markets
        self._paths: dict[str, Wander] = {
            symbol: Wander(
                seed,
                symbol,
                start=float(market.start / market.listed.tick),
                volatility=market.volatility,
                hourly_volume=float(market.hourly_volume / market.listed.step),
            )
            for symbol, market in markets.items()
        }

    def trouble(self, market: str) -> str | None:
        """Why *market* has no price, in one word: unlisted; None if it has one."""
        return None if market in self._markets else "unlisted"

    def price(self, market: str, at: datetime) -> Decimal:
        """The price of a simulated market at any instant, past or future; KeyError for others."""
        return Decimal(self._paths[market].price(self._beat(at))) * self._markets[market].listed.tick

    async def observe(self, markets: Sequence[str]) -> AsyncGenerator[Observation]:
        """Observations of those of *markets* that are simulated, each `tick_s`."""
        watched = [market for market in dict.fromkeys(markets) if market in self._markets]
        told: datetime | None = None
        seen_to = 0
        while True:
            now = self._clock.now()
            at = self._epoch + (now - self._epoch) // self._tick * self._tick
            if told is None or at > told:
                beat = self._beat(at)
                if told is None or at - told > _MOST_CATCH_UP:
                    seen_to = beat - 1
                for market in watched:
                    for observation in self._since(market, seen_to, beat, at):
                        yield observation
                told, seen_to = at, beat
            wait = at + self._tick - self._clock.now()
            await self._clock.sleep(max(0.0, wait.total_seconds()))

    def _since(self, market: str, seen_to: int, beat: int, at: datetime) -> list[Observation]:
        """All that happened to a market in the beats after *seen_to* up to *beat*, as observations."""
        path, listed = self._paths[market], self._markets[market].listed
        turned = self._first_beat(at - (at - datetime.min.replace(tzinfo=UTC)) % _MINUTE)
        ends = [turned, beat + 1] if seen_to + 1 < turned <= beat else [beat + 1]
        observations = []
        begin = seen_to + 1
        seen_at = self._clock.now()
        for end in ends:
            for turn in path.turns(begin, end) if end > begin else [beat]:
                volume = path.span(begin, turn + 1).volume if turn >= begin else 0
                observations.append(
                    Observation(
                        market=market,
                        price=Decimal(path.price(turn)) * listed.tick,
                        at=at if turn == beat else self._time(turn),
                        seen_at=seen_at,
                        source=NAME,
                        simulated=True,
                        funding_rate=self._funding(path, turn),
                        volume=volume * listed.step,
                    )
                )
                begin = turn + 1
        return observations

    async def candles(self, market: str, timeframe: Timeframe, start: datetime, end: datetime) -> list[Candle]:
        """Closed candles of any past, long before the epoch too; empty for a market that is not simulated."""
        if market not in self._markets:
            return []
        length = timedelta(seconds=TIMEFRAME_S[timeframe])
        until = min(end, self._clock.now() - length + _MICROSECOND)
        begin = first_start(start, timeframe)
        path, listed = self._paths[market], self._markets[market].listed
        candles: list[Candle] = []
        computed = 0
        while begin < until:
            first, last = self._first_beat(begin), self._first_beat(begin + length)
            if last > first:  # a market slowed down may rest through a whole minute's candle
                candles.append(self._candle(path, listed, timeframe, begin, path.span(first, last), last - 1))
            begin += length
            computed += last - first
            if computed > 24 * HOUR:  # some milliseconds of work; let others have the loop
                computed = 0
                await self._clock.sleep(0)
        return candles

    def _candle(
        self, path: Wander, listed: Market, timeframe: Timeframe, start: datetime, span: Span, last: int
    ) -> Candle:
        return Candle(
            market=listed.symbol,
            timeframe=timeframe,
            start=start,
            open=span.open * listed.tick,
            high=span.high * listed.tick,
            low=span.low * listed.tick,
            close=span.close * listed.tick,
            volume=span.volume * listed.step,
            funding_rate=self._funding(path, last),
            source=NAME,
        )

    @staticmethod
    def _funding(path: Wander, beat: int) -> Decimal:
        return Decimal(path.funding(beat)).quantize(_FUNDING_UNIT)

    async def close(self) -> None:
        """Nothing is held."""

    def _beat(self, at: datetime) -> int:
        """The beat that holds at an instant."""
        return math.floor((at - self._epoch) // _MICROSECOND * self._beats_a_us)

    def _first_beat(self, at: datetime) -> int:
        """The first beat that begins at or after an instant."""
        return math.ceil((at - self._epoch) // _MICROSECOND * self._beats_a_us)

    def _time(self, beat: int) -> datetime:
        """When a beat begins."""
        return self._epoch + math.ceil(beat / self._beats_a_us) * _MICROSECOND
