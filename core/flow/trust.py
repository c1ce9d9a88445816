"""Which observations may fire anything: fresh, narrow, no lone first or jump; decides trust, not what follows of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.market import Observation
from core.domain.money import BPS

SECOND_READING = Decimal(200)
"""A jump is believed when a later reading, or a second source, lies within this many basis points of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Beyond these a live price fires nothing; in seconds and basis points of the price."""

    stale_s: float = 5.0
    confidence_bps: Decimal = Decimal(100)
    jump_bps: Decimal = Decimal(500)


@dataclass(slots=True)
class _Market:
    last: Observation | None = None
    doubted: Observation | None = None
    fault: str | None = None
    wanted_at: datetime | None = None
    lost_at: datetime | None = None


@dataclass(slots=True)
class Trust:
    """What is trusted of each market. Simulated and replayed prices are taken as they come, but may go stale too."""

    bounds: Bounds
    _markets: dict[str, _Market] = field(default_factory=dict)

    def judge(self, observation: Observation, now: datetime) -> str | None:
        """None if *observation* may fire rules, else why not: stale, wide, jumped, or the first and unconfirmed."""
        market = self._markets.setdefault(observation.market, _Market())
        if observation.simulated:
            market.last = observation
            return None
        why = market.fault = self._fault(market, observation, now)
        if why in ("jumped", "unconfirmed"):
            market.doubted = observation
        elif why is None:
            market.last, market.doubted = observation, None
        return why

    def _fault(self, market: _Market, seen: Observation, now: datetime) -> str | None:
        if now - seen.at > timedelta(seconds=self.bounds.stale_s):
            return "stale"
        if seen.confidence is not None and seen.confidence / seen.price * BPS > self.bounds.confidence_bps:
            return "wide"
        last, doubted = market.last, market.doubted
        if seen.sources > 1 or (last is not None and _distance(seen, last) <= self.bounds.jump_bps):
            return None
        # The same reading told twice is one reading.
        if doubted is not None and seen.at > doubted.at and _distance(seen, doubted) <= SECOND_READING:
            return None
        return "unconfirmed" if last is None else "jumped"

    def price(self, market: str, now: datetime) -> Observation | None:
        """The last trusted observation of *market*, while it is fresh."""
        known = self._markets.get(market)
        if known is None or known.last is None:
            return None
        fresh = now - known.last.seen_at <= timedelta(seconds=self.bounds.stale_s)
        return known.last if fresh else None

    def lost(self, market: str, now: datetime, why: str | None = None) -> str | None:
        """Why *market* has just become untrusted; None while it is trusted, or once that has been said."""
        known = self._markets.setdefault(market, _Market())
        if known.lost_at is not None or self.price(market, now) is not None:
            return None
        if known.last is not None and known.last.simulated:
            return None  # invented prices stall with the machine that invents them; that is no news of a market
        if known.wanted_at is None:
            known.wanted_at = now
        if known.last is None and now - known.wanted_at <= timedelta(seconds=self.bounds.stale_s):
            return None  # a source that has just been asked is not late yet
        known.lost_at = known.wanted_at if known.last is None else known.last.seen_at
        return why or known.fault or "stale"

    def recovered(self, market: str, now: datetime) -> int | None:
        """For how many seconds *market* was untrusted, once, when it is trusted again."""
        known = self._markets.get(market)
        if known is None or known.lost_at is None or self.price(market, now) is None:
            return None
        blind = int((now - known.lost_at).total_seconds())
        known.lost_at = None
        return blind


def _distance(one: Observation, other: Observation) -> Decimal:
    return abs(one.price - other.price) / other.price * BPS
