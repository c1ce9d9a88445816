"""What is known of the world while watching: the last trusted prices, accounts as last read, closed candles."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.ids import OwnerId
from core.domain.market import Candle, Observation, Timeframe
from core.domain.position import Account


class Board:
    """The Facts that conditions are looked at with. Whoever watches puts things on it; nothing here asks anybody.

    Prices older than `fresh_s` (seconds, by the latest observation or tick of `at`) are not shown.
    """

    def __init__(self, fresh_s: float | None = None) -> None:
        self._observations: dict[str, Observation] = {}
        self._accounts: dict[OwnerId, Account] = {}
        self._candles: dict[tuple[str, Timeframe], Sequence[Candle]] = {}
        self._funding: dict[str, Decimal] = {}
        self._fresh = None if fresh_s is None else timedelta(seconds=fresh_s)
        self.at: datetime | None = None

    def put(self, observation: Observation) -> None:
        """Show a trusted observation."""
        self._observations[observation.market] = observation
        self.at = observation.seen_at
        if observation.funding_rate is not None:
            self._funding[observation.market] = observation.funding_rate

    def put_account(self, owner: OwnerId, account: Account) -> None:
        """Show an owner's account as it was just read."""
        self._accounts[owner] = account

    def put_candles(self, market: str, timeframe: Timeframe, candles: Sequence[Candle]) -> None:
        """Show closed candles, oldest first."""
        self._candles[market, timeframe] = candles

    def observation(self, market: str) -> Observation | None:
        """The last trusted observation, while it is fresh."""
        seen = self._observations.get(market)
        if seen is None or self._fresh is None or self.at is None:
            return seen
        return seen if self.at - seen.seen_at <= self._fresh else None

    def price(self, market: str) -> Decimal | None:
        """The last trusted price in quote, while it is fresh."""
        seen = self.observation(market)
        return None if seen is None else seen.price

    def prices(self) -> dict[str, Decimal]:
        """Every fresh price by market."""
        return {market: price for market in self._observations if (price := self.price(market)) is not None}

    def known(self) -> dict[str, Decimal]:
        """Every price by market that was ever seen here, however old: good for knowing what exists, not for trading."""
        return {market: seen.price for market, seen in self._observations.items()}

    def funding(self, market: str) -> Decimal | None:
        """Percent per hour, positive = longs pay; as old as the price, and shown as long."""
        return None if self.observation(market) is None else self._funding.get(market)

    def account(self, owner: OwnerId) -> Account | None:
        """The owner's account as last read."""
        return self._accounts.get(owner)

    def candles(self, market: str, timeframe: Timeframe) -> Sequence[Candle]:
        """Closed candles, oldest first; empty where none are known."""
        return self._candles.get((market, timeframe), ())
