"""What rules are looked at with, in a test's own hands, and the shortest ways to make rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.domain.action import Alert
from core.domain.condition import Condition
from core.domain.ids import DraftId, OwnerId, RuleId, SetId
from core.domain.market import Candle, Timeframe
from core.domain.position import Account, Position
from core.domain.rule import Rule, RuleSpec, RuleState

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANN = OwnerId(1)
SOL, ETH = "SOL-PERP", "ETH-PERP"
D = Decimal


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
