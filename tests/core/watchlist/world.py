"""What rules are looked at with, in a test's own hands, and the shortest ways to make rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.action import Alert
from core.domain.condition import Condition
from core.domain.ids import DraftId, OwnerId, RuleId, SetId
from core.domain.market import Candle, Timeframe
from core.domain.position import Account, Position
from core.domain.rule import Rule, RuleSpec, RuleState
from core.ports import Crossing
from core.watchlist import HeapWatchlist

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANN = OwnerId(1)
SOL, ETH = "SOL-PERP", "ETH-PERP"
D = Decimal
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@dataclass
class World:
    """The Facts port, told what to say."""

    prices: dict[str, Decimal] = field(default_factory=dict)
    rates: dict[str, Decimal] = field(default_factory=dict)
    accounts: dict[OwnerId, Account] = field(default_factory=dict)
    closed: dict[tuple[str, Timeframe], Sequence[Candle]] = field(default_factory=dict)

    def price(self, market: str) -> Decimal | None:
        return self.prices.get(market)

    def funding(self, market: str) -> Decimal | None:
        return self.rates.get(market)

    def account(self, owner: OwnerId) -> Account | None:
        return self.accounts.get(owner)

    def candles(self, market: str, timeframe: Timeframe) -> Sequence[Candle]:
        return self.closed.get((market, timeframe), ())


def rule(number: int, condition: Condition, **changes: Any) -> Rule:
    """An armed rule of Ann's that tells her something."""
    settings: dict[str, Any] = {
        "id": RuleId(f"rule_{number}"),
        "owner": ANN,
        "number": number,
        "set_id": SetId("set_1"),
        "draft_id": DraftId("d_1"),
        "state": RuleState.ARMED,
        "spec": RuleSpec(id=f"r{number}", condition=condition, action=Alert()),
        "words": "tell me",
        "created_at": START,
        "armed_at": START,
    }
    return Rule(**(settings | changes))


def account(*positions: tuple[str, str, str], mark: str = "100") -> Account:
    """An account holding (market, base, entry price)."""
    return Account(
        venue="paper",
        collateral=D(10_000),
        positions=tuple(
            Position(market=market, base=D(base), entry_price=D(entry), mark=D(mark))
            for market, base, entry in positions
        ),
    )


class Bench:
    """A watchlist over a World, told prices and times in a line."""

    def __init__(self, **prices: str) -> None:
        self.world = World(prices={f"{base}-PERP": D(price) for base, price in (prices or {"SOL": "100"}).items()})
        self.list = HeapWatchlist(self.world)
        self.now = START

    def arm(self, condition: Condition, **changes: Any) -> Crossing | None:
        return self.list.arm(rule(1, condition, **changes), self.now)

    def arm_rule(self, armed: Rule) -> Crossing | None:
        return self.list.arm(armed, self.now)

    def tick(self, price: str, market: str = SOL, **time: float) -> list[RuleId]:
        self.now += timedelta(**time) if time else SECOND
        self.world.prices[market] = D(price)
        return [crossing.rule.id for crossing in self.list.observe(market, D(price), self.now)]

    def poll(self, **time: float) -> list[Crossing]:
        self.now += timedelta(**time)
        return self.list.poll(self.now)
