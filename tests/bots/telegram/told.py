"""One event of every kind that people are told, as the documented cards show it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from core.domain.event import (
    AccountAnnounced,
    AccountApprovalRequested,
    AccountDelegateRevoked,
    AccountDrawdownReached,
    AccountKilled,
    AccountLimitChanged,
    AccountLinked,
    AccountLinkRequested,
    EngineRecovered,
    Event,
    JobDeadLettered,
    JobWaiting,
    KeyRanLow,
    KeyRefilled,
    OrderAccepted,
    OrderApprovalRequested,
    OrderCancelled,
    OrderDenied,
    OrderFilled,
    OrderLapsed,
    OrderPartiallyFilled,
    OrderRejected,
    OrderUnknown,
    PositionChanged,
    PositionClosed,
    PositionEndangered,
    PositionLiquidated,
    PositionOpened,
    PriceRecovered,
    PriceStale,
    RuleArmed,
    RuleCancelled,
    RuleExpired,
    RuleFailed,
    RuleMissed,
    RulePosted,
    RuleRelieved,
    RuleTriggered,
    VenueLost,
    VenuePaused,
    VenueRecovered,
)
from core.domain.ids import OrderId, RuleId
from tests.bots.scripted import ME
from tests.clock import START

D = Decimal
_KEY = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin"
_MINE: dict[str, Any] = {"at": START, "owner": ME}
_RULE: dict[str, Any] = {**_MINE, "rule_id": RuleId("r_1"), "label": "r1"}
_ORDER: dict[str, Any] = {**_RULE, "order_id": OrderId("o_1"), "market": "SOL-PERP", "side": "sell", "venue": "paper",
                          "simulated": True}  # fmt: skip
_SOL: dict[str, Any] = {**_MINE, "market": "SOL-PERP", "venue": "paper", "simulated": True}
_SAYS = "When SOL-PERP is at $140.00 or lower: sell 50 % of the SOL-PERP long (reduce-only)."

EVENTS: dict[str, Event] = {
    "A rule fired": RuleTriggered(
        **_RULE, trigger_no=1, summary="When SOL-PERP falls $0.10: sell 50 % of the position.", market="SOL-PERP",
        price=D("149.9"), source="simulated", simulated=True, orders=1,
    ),
    "An order filled": OrderFilled(
        **_ORDER, base=D(20), price=D("149.87"), fee=D("1.50"), realised_pnl=D("37.4"), reduce_only=True,
        position_after=D(20), trigger_price=D("149.9"),
    ),
    "A part of it filled": OrderPartiallyFilled(**_ORDER, base=D(5), price=D("149.87"), fee=D("0.4"), left=D(15)),
    "An order waits for its owner": OrderApprovalRequested(**_ORDER, base=D(20), until=START + timedelta(minutes=15)),
    "An order rests": OrderAccepted(**_ORDER, base=D(20), price=D(160)),
    "A stop rests at the venue": RulePosted(
        **_RULE, order_id=OrderId("o_1"), market="SOL-PERP", side="sell", base=D(20), price=D(140), when="<=",
        venue="drift",
    ),
    "The venue would not hold a stop": RuleRelieved(
        **_RULE, order_id=OrderId("o_1"), venue="drift",
        reason="This sub-account already has 32 open orders; cancel some",
    ),
    "An order was rejected": OrderRejected(**_ORDER, base=D(20), reason="the market is in reduce-only mode"),
    "An order was denied": OrderDenied(**_ORDER, base=D(20), reason="an order of $30,000.00 is over $25,000.00"),
    "An order was cancelled": OrderCancelled(**_ORDER, base=D(20), filled=D(5), reason="you cancelled it"),
    "A slice was cancelled before it was sized": OrderCancelled(
        **_ORDER, planned="sell 2 SOL (part 3 of 6)", reason="it was cancelled before it was sent"
    ),
    "An order lapsed": OrderLapsed(**_ORDER, base=D(20)),
    "An order is not certain": OrderUnknown(**_ORDER, base=D(20), reason="the venue did not answer in time"),
    "An exit waits for the venue": JobWaiting(
        **_RULE, order_id=OrderId("o_1"), every_s=30, reason="paper takes no orders now: no fresh price comes in"
    ),
    "An order was given up": JobDeadLettered(
        **_RULE, order_id=OrderId("o_1"), attempts=6, reason="the venue does not answer"
    ),
    "A rule is armed by a fill": RuleArmed(**_RULE, why="after_fill", summary=_SAYS, trigger_prices=(D(140),)),
    "A rule was missed": RuleMissed(**_RULE, late_s=840, asked=True, summary="When SOL-PERP is at $140 or lower."),
    "A rule failed": RuleFailed(**_RULE, why="there was no open position to close"),
    "A rule was cancelled": RuleCancelled(**_RULE, why="the long SOL-PERP position it was for is gone"),
    "A rule expired": RuleExpired(**_RULE),
    "A position was opened elsewhere": PositionOpened(**_SOL, base=D(2), entry_price=D(148)),
    "A position changed elsewhere": PositionChanged(**_SOL, base=D(3), was=D(2), entry_price=D(149)),
    "A position was closed elsewhere": PositionClosed(**_SOL, base=D(0), was=D(2)),
    "Liquidation is near": PositionEndangered(
        **_SOL, base=D(40), liquidation_price=D(140), distance_percent=D("4.2")
    ),
    "Liquidated": PositionLiquidated(**_SOL, base=D(0), was=D(40), price=D(140), fee=D("14.2")),
    "A price is lost": PriceStale(**_MINE, market="SOL-PERP", why="stale", source="kraken"),
    "A price is back": PriceRecovered(**_MINE, market="SOL-PERP", blind_s=75, source="kraken"),
    "The venue does not answer": VenueLost(**_MINE, venue="drift", reason="no endpoint could be reached"),
    "The venue is paused": VenuePaused(**_MINE, venue="paper", reason="no fresh price of any market comes in"),
    "A market is paused": VenuePaused(**_MINE, venue="drift", market="SOL-PERP", reason="it is being settled"),
    "The venue is back": VenueRecovered(**_MINE, venue="paper"),
    "Nobody watched for a while": EngineRecovered(
        **_MINE, blind_s=420, found=("2 rules are watched again", "1 order is in flight")
    ),
    "Somebody entered your code": AccountLinkRequested(**_MINE, channel="discord", address="ann#1", claim_id="c1"),
    "A chat was linked": AccountLinked(**_MINE, channel="discord"),
    "A limit was changed": AccountLimitChanged(**_MINE, limit="max_leverage", was="5", now="10"),
    "The day's loss reached its bound": AccountDrawdownReached(**_MINE, percent=D("10")),
    "Everything was stopped": AccountKilled(**_MINE, rules_paused=2, orders_cancelled=1, positions=("2 SOL-PERP",)),
    "SayWhen may not trade any more": AccountDelegateRevoked(**_MINE, venue="drift"),
    "A wallet must sign": AccountApprovalRequested(**_MINE, what="raise your leverage limit to 20x"),
    "A key runs low (for operators)": KeyRanLow(
        **_MINE, venue="drift", key=_KEY, lamports=41_250_000, minimum=50_000_000
    ),
    "A key has enough again (for operators)": KeyRefilled(
        **_MINE, venue="drift", key=_KEY, lamports=1_041_250_000, minimum=50_000_000
    ),
    "From the operator": AccountAnnounced(**_MINE, words="We restart at noon UTC.\nRules go on afterwards."),
}  # fmt: skip
"""By what happened."""

MANY: list[Event] = [
    RuleTriggered(
        at=START + timedelta(seconds=number), owner=ME, rule_id=RuleId(f"r_{number}"), label=f"r{number}",
        trigger_no=1, summary="sell half", market="SOL-PERP", price=D("149.9"), orders=1, simulated=True,
    )
    for number in range(1, 8)
]  # fmt: skip
"""So many at once that they share a card."""
