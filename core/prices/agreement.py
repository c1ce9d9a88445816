"""When readings of several exchanges make one price: decides agreement, not how readings are had."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from core.domain.market import Observation
from core.domain.money import BPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One market as one exchange shows it; `price` in quote per whole base, `funding_rate` in percent per hour."""

    exchange: str
    market: str
    price: Decimal
    at: datetime
    seen_at: datetime
    funding_rate: Decimal | None = None


class Agreement:
    """The latest reading of each exchange, and what they say together.

    Fresh readings (no older than `fresh`) within `bound_bps` of each other are one observation at their median, as old
    as the oldest of them. A reading that stands alone is told too, marked `sources=1`, once the others have had
    `patience` to speak up since `begin`. Fresh readings further apart are told to nobody: `is_disagreeing`.
    """

    def __init__(
        self,
        exchanges: Sequence[str],
        *,
        bound_bps: Decimal,
        fresh: timedelta = timedelta(seconds=5),
        patience: timedelta = timedelta(seconds=3),
    ) -> None:
        """`exchanges` by name, in the order in which an observation shall list them."""
        self._exchanges = tuple(exchanges)
        self._waits_until: datetime | None = None
        self._bound_bps = bound_bps
        self._fresh = fresh
        self._patience = patience
        self._latest: dict[str, dict[str, Reading]] = {}
        self._told_at: dict[str, datetime] = {}

    def begin(self, now: datetime) -> None:
        """From now on readings come in; nobody is alone until the others had their time."""
        self._waits_until = now + self._patience

    def add(self, reading: Reading) -> Observation | None:
        """Count *reading* in; what is known with it, or None. A reading older than its exchange's last is dropped."""
        latest = self._latest.setdefault(reading.market, {})
        before = latest.get(reading.exchange)
        if before is not None and reading.at < before.at:
            return None
        latest[reading.exchange] = reading
        now = reading.seen_at
        if not self._is_fresh(reading, now):
            # Shown all the same, with its age, so that those who watch see a stale price rather than none.
            told_at = self._told_at.get(reading.market)
            newest = told_at is None or reading.at >= told_at
            return self._observation([reading]) if newest and not self._others(reading, now) else None
        agreed = [reading, *self._others(reading, now)]
        if not self._agree(agreed):
            return None
        if len(agreed) < min(2, len(self._exchanges)) and self._waits_until is not None and now < self._waits_until:
            return None
        return self._observation(agreed)

    def alone(self, now: datetime) -> list[Observation]:
        """What was held back while others had their time, where they let it pass."""
        fresh = {
            market: [reading for reading in latest.values() if self._is_fresh(reading, now)]
            for market, latest in self._latest.items()
        }
        return [self._observation(readings) for readings in fresh.values() if len(readings) == 1]

    def is_disagreeing(self, market: str, now: datetime) -> bool:
        """Whether exchanges show the market now, but not at one price."""
        fresh = [reading for reading in self._latest.get(market, {}).values() if self._is_fresh(reading, now)]
        return len(fresh) > 1 and not self._agree(fresh)

    def is_known(self, market: str, now: datetime) -> bool:
        """Whether any exchange shows the market now."""
        return any(self._is_fresh(reading, now) for reading in self._latest.get(market, {}).values())

    def _others(self, reading: Reading, now: datetime) -> list[Reading]:
        latest = self._latest[reading.market]
        return [other for name, other in latest.items() if name != reading.exchange and self._is_fresh(other, now)]

    def _is_fresh(self, reading: Reading, now: datetime) -> bool:
        return now - min(reading.at, reading.seen_at) <= self._fresh

    def _agree(self, readings: Sequence[Reading]) -> bool:
        prices = [reading.price for reading in readings]
        return (max(prices) - min(prices)) * BPS <= self._bound_bps * median(prices)

    def _observation(self, readings: Sequence[Reading]) -> Observation:
        market, at = readings[0].market, min(reading.at for reading in readings)
        # One alone may have been told at a later time than its slower companion now says; time goes on from there.
        self._told_at[market] = at = max(at, self._told_at.get(market, at))
        told = sorted(readings, key=lambda reading: self._exchanges.index(reading.exchange))
        return Observation(
            market=market,
            price=median(reading.price for reading in told),
            at=at,
            seen_at=max(reading.seen_at for reading in told),
            source="+".join(reading.exchange for reading in told),
            sources=len(told),
            funding_rate=next((r.funding_rate for r in told if r.funding_rate is not None), None),
        )
