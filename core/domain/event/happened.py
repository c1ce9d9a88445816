"""What every event carries; decides nothing about what happened."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.ids import EventId, OwnerId, RuleId


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What every event carries.

    `owner` None = everybody's concern. `cause` is the event that led here; following it from a fill ends at the
    sentence that began it. The id is handed out by the log when the event is appended.
    """

    at: datetime
    owner: OwnerId | None = None
    rule_id: RuleId | None = None
    label: str | None = None
    """What the owner calls the rule (r7), so that a card need not look it up."""
    cause: EventId | None = None
    id: EventId | None = None
