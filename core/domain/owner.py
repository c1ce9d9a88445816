"""The person rules belong to, across channels and wallets, and a draft of theirs that is not agreed yet."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.domain.ids import DraftId, EventId, OwnerId, RuleId
from core.domain.limit import Limits
from core.domain.preference import Preferences
from core.domain.reading import ParseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """`paused` stops every rule from firing until resumed, whatever their own states; it survives restarts."""

    id: OwnerId
    created_at: datetime
    timezone: str = "UTC"
    paused: bool = False
    limits: Limits = field(default_factory=Limits)
    preferences: Preferences = field(default_factory=Preferences)


class DraftState(StrEnum):
    """Where a draft stands; a draft with open questions cannot be confirmed."""

    ASKING = "asking"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN_DRAFTS = frozenset({DraftState.ASKING, DraftState.AWAITING_CONFIRMATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a draft was before an answer or a correction."""

    words: str
    result: ParseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule set as understood, not yet agreed.

    `words` is everything the owner said for it; `revision` grows with each answer or edit so that a button pressed on
    an older card is told so. `channel` is where it was said, empty where only its buttons reach it; `event_id` is the
    event that records the sentence.
    """

    id: DraftId
    owner: OwnerId
    words: str
    result: ParseResult
    state: DraftState
    revision: int = 1
    channel: str
    created_at: datetime
    expires_at: datetime
    event_id: EventId | None = None
    earlier: tuple[Said, ...] = ()
    """What it was before each answer and correction, the oldest first; "undo" takes the last."""
    summary: str = ""
    """The read-back shown on the card, made by code from the rules; what was agreed to."""
    replaces: RuleId | None = None
    """The rule whose next version this is; until it is confirmed that rule stays as it is."""
