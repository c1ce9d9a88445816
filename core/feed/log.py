"""An event as one structured log record: how loud, and which of its fields; never what a person wrote."""

from typing import Any, Literal, assert_never

from core.codec import event_to_json
from core.domain.event import (
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
    Event,
    JobDeadLettered,
    JobRetried,
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
    OrderSent,
    OrderSigned,
    OrderUnknown,
    PositionChanged,
    PositionClosed,
    PositionEndangered,
    PositionFundingPaid,
    PositionLiquidated,
    PositionOpened,
    PriceRecovered,
    PriceStale,
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
    VenueLost,
    VenuePaused,
    VenueRecovered,
)

Level = Literal["debug", "info", "warning", "error"]

_PRIVATE = frozenset({"words", "message"})
"""What a person wrote: it belongs to them and their channels, not to a log."""


def log_record(event: Event) -> dict[str, Any]:
    """`{"level", "event", "event_id", …}`: the event's own fields in JSON terms, without what a person wrote."""
    body = event_to_json(event)
    del body["name"]
    kept = {key: value for key, value in body.items() if key not in _PRIVATE and value is not None}
    return {"level": level_of(event), "event": event.name, "event_id": event.id, **kept}


def level_of(event: Event) -> Level:
    """How loud: errors need somebody today, warnings mean that something did not go as usual."""
    match event:
        case OrderSigned() | OrderSent() | PositionFundingPaid():
            return "debug"
        case (
            RuleDrafted()
            | RuleAmended()
            | RuleConfirmed()
            | RuleArmed()
            | RuleHeld()
            | RulePaused()
            | RulePosted()
            | RuleResumed()
            | RuleTriggered()
            | RuleCompleted()
            | RuleCancelled()
            | RuleExpired()
            | OrderAccepted()
            | OrderApprovalRequested()
            | OrderPartiallyFilled()
            | OrderFilled()
            | OrderCancelled()
            | OrderLapsed()
            | PositionOpened()
            | PositionChanged()
            | PositionClosed()
            | PriceRecovered()
            | VenueRecovered()
            | AccountLinked()
            | AccountLinkRequested()
            | AccountLimitChanged()
            | AccountApprovalRequested()
            | AccountAnnounced()
            | KeyRefilled()
            | EngineRecovered()
        ):
            return "info"
        case (
            RuleMissed()
            | RuleRelieved()
            | OrderDenied()
            | OrderRejected()
            | OrderUnknown()
            | JobRetried()
            | PositionEndangered()
            | PriceStale()
            | VenueLost()
            | VenuePaused()
            | DeliveryFailed()
            | AccountDrawdownReached()
            | AccountKilled()
            | AccountDelegateRevoked()
            | EngineBlind()
            | KeyRanLow()
        ):
            return "warning"
        case RuleFailed() | JobDeadLettered() | JobWaiting() | PositionLiquidated():
            return "error"
        case _:
            assert_never(event)
