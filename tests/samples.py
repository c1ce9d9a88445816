"""Plain examples of the domain for tests that need some value, whichever; a test says itself what matters to it."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.action import Trade
from core.domain.condition import PriceLevel
from core.domain.event import PriceStale, RuleArmed
from core.domain.ids import DraftId, OrderId, OwnerId, RuleId, SetId
from core.domain.market import Candle
from core.domain.order import Fill, Order, OrderIntent, OrderState
from core.domain.owner import Draft, DraftState
from core.domain.reading import ParseResult
from core.domain.rule import Repeat, Rule, RuleSpec, RuleState
from tests.clock import START

SPEC = RuleSpec(
    id="r1",
    condition=PriceLevel(market="SOL-PERP", operator="<=", price=Decimal("149.9")),
    action=Trade(type="sell", market="SOL-PERP", amount_percent=Decimal(50), reduce_only=True),
    oco_group="a",
    repeat=Repeat(times=3, cooldown_s=60),
    expires_at=START + timedelta(days=1),
)


def draft(owner: OwnerId, number: int = 1, **changes: Any) -> Draft:
    return replace(
        Draft(
            id=DraftId(f"d_{number}"),
            owner=owner,
            words="sell half of my SOL at 149.9",
            result=ParseResult(kind="rules", rules=(SPEC,), assumptions=("at most 50 bps of slippage",)),
            state=DraftState.AWAITING_CONFIRMATION,
            channel="console",
            created_at=START,
            expires_at=START + timedelta(minutes=10),
            summary="When SOL-PERP is at or below $149.90: sell 50 % of the position.",
        ),
        **changes,
    )


def rule(owner: OwnerId, number: int = 1, **changes: Any) -> Rule:
    return replace(
        Rule(
            id=RuleId(f"rule_{owner}_{number}"),
            owner=owner,
            number=number,
            set_id=SetId("set_1"),
            draft_id=DraftId("d_1"),
            state=RuleState.ARMED,
            spec=replace(SPEC, id=f"r{number}"),
            words="sell half of my SOL at 149.9",
            created_at=START,
            armed_at=START,
            references={"SOL-PERP": Decimal("150.000000001")},
            memory={"peak": "151.25", "since": None},
            bound_side="long",
        ),
        **changes,
    )


def order(of: Rule, leg_no: int = 1, **changes: Any) -> Order:
    return replace(
        Order(
            id=OrderId(f"o_{of.id}_{changes.get('trigger_no', 1)}_{leg_no}"),
            owner=of.owner,
            rule_id=of.id,
            trigger_no=1,
            leg_no=leg_no,
            market="SOL-PERP",
            due_at=START,
            created_at=START,
            venue="paper",
            share=Decimal("0.5"),
        ),
        **changes,
    )


def signed(planned: Order, **changes: Any) -> Order:
    """*planned*, with what must be stored before it is sent."""
    return replace(
        planned,
        state=OrderState.SIGNED,
        intent=OrderIntent(
            order_id=planned.id,
            owner=planned.owner,
            market=planned.market,
            side="sell",
            base=Decimal("1.5"),
            reduce_only=True,
            max_slippage_bps=50,
            oracle_price=Decimal("149.9"),
        ),
        signature=f"signature of {planned.id}",
        raw=b"\x00signed\xff",
        valid_until=START + timedelta(minutes=1),
        **changes,
    )


def fill(of: Order, number: int = 1, **changes: Any) -> Fill:
    return replace(
        Fill(
            venue_fill_id=f"{of.id}/{number}",
            order_id=of.id,
            owner=of.owner,
            rule_id=of.rule_id,
            market=of.market,
            side="sell",
            base=Decimal("0.000000001"),
            price=Decimal("149.87654321"),
            fee=Decimal("-0.00012"),
            at=START,
            venue=of.venue,
            simulated=True,
            realised_pnl=Decimal("-3.5"),
        ),
        **changes,
    )


def armed_event(owner: OwnerId, summary: str = "armed", **changes: Any) -> RuleArmed:
    return replace(
        RuleArmed(at=START, owner=owner, rule_id=RuleId("rule_1"), label="r1", why="confirmed", summary=summary),
        **changes,
    )


def stale_event() -> PriceStale:
    return PriceStale(at=START, market="SOL-PERP", why="stale")


def candle(start: datetime, price: str, **changes: Any) -> Candle:
    value = Decimal(price)
    return replace(
        Candle(market="SOL-PERP", timeframe="1m", start=start, open=value, high=value, low=value, close=value),
        **changes,
    )
