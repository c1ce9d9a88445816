"""What happened, in the past tense: one closed vocabulary that every surface, log and test reads."""

from typing import get_args

from core.domain.event.happened import Happened
from core.domain.event.orders import (
    JobDeadLettered,
    JobRetried,
    JobWaiting,
    OrderAccepted,
    OrderApprovalRequested,
    OrderCancelled,
    OrderDenied,
    OrderEvent,
    OrderFilled,
    OrderLapsed,
    OrderPartiallyFilled,
    OrderRejected,
    OrderSent,
    OrderSigned,
    OrderUnknown,
)
from core.domain.event.rules import (
    RuleAmended,
    RuleArmed,
    RuleCancelled,
    RuleCompleted,
    RuleConfirmed,
    RuleDrafted,
    RuleExpired,
    RuleFailed,
    RuleHeld,
    RuleMissed,
    RulePaused,
    RulePosted,
    RuleRelieved,
    RuleResumed,
    RuleTriggered,
)
from core.domain.event.world import (
    AccountAnnounced,
    AccountApprovalRequested,
    AccountDelegateRevoked,
    AccountDrawdownReached,
    AccountKilled,
    AccountLimitChanged,
    AccountLinked,
    AccountLinkRequested,
    DeliveryFailed,
    EngineBlind,
    EngineRecovered,
    KeyRanLow,
    KeyRefilled,
    PositionChanged,
    PositionClosed,
    PositionEndangered,
    PositionEventHappened,
    PositionFundingPaid,
    PositionLiquidated,
    PositionOpened,
    PriceRecovered,
    PriceStale,
    VenueLost,
    VenuePaused,
    VenueRecovered,
)

Event = (
    RuleDrafted
    | RuleAmended
    | RuleConfirmed
    | RuleArmed
    | RulePosted
    | RuleRelieved
    | RuleHeld
    | RulePaused
    | RuleResumed
    | RuleTriggered
    | RuleCompleted
    | RuleFailed
    | RuleCancelled
    | RuleExpired
    | RuleMissed
    | OrderDenied
    | OrderSigned
    | OrderSent
    | OrderAccepted
    | OrderApprovalRequested
    | OrderPartiallyFilled
    | OrderFilled
    | OrderRejected
    | OrderCancelled
    | OrderLapsed
    | OrderUnknown
    | PositionOpened
    | PositionChanged
    | PositionClosed
    | PositionEndangered
    | PositionLiquidated
    | PositionFundingPaid
    | PriceStale
    | PriceRecovered
    | VenueLost
    | VenuePaused
    | VenueRecovered
    | JobRetried
    | JobWaiting
    | JobDeadLettered
    | DeliveryFailed
    | AccountLinked
    | AccountLinkRequested
    | AccountLimitChanged
    | AccountDrawdownReached
    | AccountKilled
    | AccountDelegateRevoked
    | AccountApprovalRequested
    | AccountAnnounced
    | KeyRanLow
    | KeyRefilled
    | EngineBlind
    | EngineRecovered
)

BY_NAME: dict[str, type[Event]] = {kind.name: kind for kind in get_args(Event)}
"""Every kind of event by its fixed name, `noun.past_participle`."""

__all__ = [
    "BY_NAME",
    "AccountAnnounced",
    "AccountApprovalRequested",
    "AccountDelegateRevoked",
    "AccountDrawdownReached",
    "AccountKilled",
    "AccountLimitChanged",
    "AccountLinkRequested",
    "AccountLinked",
    "DeliveryFailed",
    "EngineBlind",
    "EngineRecovered",
    "Event",
    "Happened",
    "JobDeadLettered",
    "JobRetried",
    "JobWaiting",
    "KeyRanLow",
    "KeyRefilled",
    "OrderAccepted",
    "OrderApprovalRequested",
    "OrderCancelled",
    "OrderDenied",
    "OrderEvent",
    "OrderFilled",
    "OrderLapsed",
    "OrderPartiallyFilled",
    "OrderRejected",
    "OrderSent",
    "OrderSigned",
    "OrderUnknown",
    "PositionChanged",
    "PositionClosed",
    "PositionEndangered",
    "PositionEventHappened",
    "PositionFundingPaid",
    "PositionLiquidated",
    "PositionOpened",
    "PriceRecovered",
    "PriceStale",
    "RuleAmended",
    "RuleArmed",
    "RuleCancelled",
    "RuleCompleted",
    "RuleConfirmed",
    "RuleDrafted",
    "RuleExpired",
    "RuleFailed",
    "RuleHeld",
    "RuleMissed",
    "RulePaused",
    "RulePosted",
    "RuleRelieved",
    "RuleResumed",
    "RuleTriggered",
    "VenueLost",
    "VenuePaused",
    "VenueRecovered",
]
