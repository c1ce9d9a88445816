"""What happens to drafts and rules."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from core.domain.event.happened import Happened
from core.domain.ids import DraftId, OrderId
from core.domain.market import Side

UNWATCHABLE = "it cannot be watched, by a fault of ours; say it anew in other words"
"""Why a rule was paused by nobody: its owner is told, as of nothing else that pauses."""
BY_OWNER = "you cancelled it"
"""Why a rule was cancelled by its owner: whoever was told has answered already, so no card follows."""
BY_FILL, BY_TELLING = "its order filled", "you were told"
"""Why a rule is done that another card has told of: that of the fill, or the alert itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDrafted(Happened):
    """Words were understood and wait for an answer or a confirmation."""

    name: ClassVar[str] = "rule.drafted"
    draft_id: DraftId
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAmended(Happened):
    """A draft, or an armed rule's next version, was changed; waits for confirmation."""

    name: ClassVar[str] = "rule.amended"
    draft_id: DraftId
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConfirmed(Happened):
    """The owner agreed; `summary` is the read-back that was agreed to."""

    name: ClassVar[str] = "rule.confirmed"
    draft_id: DraftId
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleArmed(Happened):
    """Watching began; `why` tells a confirmation from a resume, a fill of the rule before, or a released hold."""

    name: ClassVar[str] = "rule.armed"
    why: Literal["confirmed", "resumed", "after_fill", "released", "repeat", "late_run"]
    summary: str
    trigger_prices: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePosted(Happened):
    """An order is proven to rest at the venue that acts for this armed rule at its price, whether we run or not.

    `base` in base units, `price` in quote; `resized` = only its size is new.
    """

    name: ClassVar[str] = "rule.posted"
    order_id: OrderId
    market: str
    side: Side
    base: Decimal
    price: Decimal
    when: Literal[">=", "<="]
    venue: str
    simulated: bool = False
    resized: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRelieved(Happened):
    """No order rests at the venue for this armed rule any more, or none could: our engine alone watches it."""

    name: ClassVar[str] = "rule.relieved"
    order_id: OrderId
    venue: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHeld(Happened):
    """A sibling fired; this rule waits for the proof of that order."""

    name: ClassVar[str] = "rule.held"
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePaused(Happened):
    """Not watched until resumed."""

    name: ClassVar[str] = "rule.paused"
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResumed(Happened):
    """The owner wants it watched again."""

    name: ClassVar[str] = "rule.resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTriggered(Happened):
    """The condition held. `price` is what was observed, `source` who said so; `late_s` > 0 marks a late firing.

    `resting` = the order that acts was at the venue already.
    """

    name: ClassVar[str] = "rule.triggered"
    trigger_no: int
    summary: str
    market: str | None = None
    price: Decimal | None = None
    source: str = ""
    simulated: bool = False
    late_s: int = 0
    message: str | None = None
    orders: int = 0
    resting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCompleted(Happened):
    """Done for good."""

    name: ClassVar[str] = "rule.completed"
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFailed(Happened):
    """It fired and could not do its work; nothing is in flight any more."""

    name: ClassVar[str] = "rule.failed"
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCancelled(Happened):
    """Taken back by the owner, by a sibling's fill, or because its position is gone."""

    name: ClassVar[str] = "rule.cancelled"
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleExpired(Happened):
    """Its time ran out before it fired."""

    name: ClassVar[str] = "rule.expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMissed(Happened):
    """It crossed while nobody watched and was not run; `asked` = the owner is asked what to do."""

    name: ClassVar[str] = "rule.missed"
    late_s: int
    asked: bool
    summary: str
