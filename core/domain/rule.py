"""Condition + action as agreed with an owner, and the only ways a rule's state may change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from core.domain.action import Action, LimitOrder, is_exit
from core.domain.condition import AtTime, Condition, Now, Schedule, leaves
from core.domain.ids import DraftId, EventId, OrderId, OwnerId, RuleId, SetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """How often a rule fires (`times` None = no end) and how many seconds it rests after each."""

    times: int | None = 1
    cooldown_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What to do with a crossing found more than `after_s` seconds late."""

    after_s: int = 30
    do: Literal["ask", "run", "skip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """One rule of a rule set, as the language writes it; `id` and `after` are local to the set."""

    id: str
    condition: Condition
    action: Action
    after: str | None = None
    oco_group: str | None = None
    repeat: Repeat = Repeat()
    expires_at: datetime | None = None
    late: Late | None = None
    protect: Literal["engine", "venue"] | None = None
    check_every_s: int | None = None

    def lateness(self) -> Late:
        """The `late` in force: as said, or `run` for exits and `ask` for everything that opens."""
        if self.late is not None:
            return self.late
        return Late(do="run" if is_exit(self.action) else "ask")

    def rests_until(self, now: datetime) -> datetime | None:
        """When a resting order that is sent *now* ends: by its own time, or with the rule if that is sooner."""
        order = getattr(self.action, "order", None)
        ttl = order.ttl_s if isinstance(order, LimitOrder) else None
        ends = (self.expires_at, None if ttl is None else now + timedelta(seconds=ttl))
        return min((at for at in ends if at is not None), default=None)

    def is_over(self, now: datetime) -> bool:
        """Whether its time has run out."""
        return self.expires_at is not None and self.expires_at <= now


RuleSet = tuple[RuleSpec, ...]


class RuleState(StrEnum):
    """Where a stored rule stands; only ARMED rules are watched."""

    AWAITING_CONFIRMATION = "awaiting_confirmation"
    WAITING = "waiting"
    ARMED = "armed"
    FIRING = "firing"
    HELD = "held"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_S = RuleState
TRANSITIONS: Mapping[RuleState, frozenset[RuleState]] = {
    _S.AWAITING_CONFIRMATION: frozenset({_S.ARMED, _S.WAITING, _S.CANCELLED, _S.EXPIRED}),
    _S.WAITING: frozenset({_S.ARMED, _S.PAUSED, _S.CANCELLED, _S.EXPIRED}),
    _S.ARMED: frozenset({_S.FIRING, _S.HELD, _S.PAUSED, _S.CANCELLED, _S.EXPIRED}),
    _S.FIRING: frozenset({_S.ARMED, _S.COMPLETED, _S.FAILED, _S.PAUSED, _S.CANCELLED, _S.EXPIRED}),
    # An order at the venue may trade before it is taken off: HELD and PAUSED rules may still be found to have fired.
    _S.HELD: frozenset({_S.ARMED, _S.FIRING, _S.PAUSED, _S.CANCELLED, _S.EXPIRED}),
    _S.PAUSED: frozenset({_S.ARMED, _S.FIRING, _S.WAITING, _S.CANCELLED, _S.EXPIRED}),
    _S.COMPLETED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.EXPIRED: frozenset(),
}
LIVE = frozenset(state for state, nexts in TRANSITIONS.items() if nexts) - {_S.AWAITING_CONFIRMATION}
"""States of rules that may still act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that its owner confirmed.

    `number` is what the owner calls it (r7), `local_id` its name inside the set. `references` holds, by market, the
    price (quote) that "from current price" was frozen at. `memory` is what watching must not forget: a trailing peak,
    a window, since when a condition holds. `trigger_no` counts triggers so far; `after_rule` is the rule whose first
    fill arms this one, `held_by` the one whose unproven order holds it. `bound_side` names the side of the position
    that an exit was confirmed for; when that is gone the rule retires. `sentry` is the newest order that the venue has,
    may have or is about to be sent, to act for this rule at its price; None where only our engine watches.
    """

    id: RuleId
    owner: OwnerId
    number: int
    set_id: SetId
    draft_id: DraftId
    version: int = 1
    state: RuleState
    spec: RuleSpec
    words: str
    created_at: datetime
    armed_at: datetime | None = None
    references: Mapping[str, Decimal] = field(default_factory=dict)
    memory: Mapping[str, Any] = field(default_factory=dict)
    trigger_no: int = 0
    fired_at: datetime | None = None
    after_rule: RuleId | None = None
    held_by: RuleId | None = None
    bound_side: Literal["long", "short"] | None = None
    resume_to: RuleState | None = None
    reason: str | None = None
    sentry: OrderId | None = None
    cause: EventId | None = None
    """The latest event of this rule: what happens next was caused by it."""

    @property
    def label(self) -> str:
        """What owner and cards call it: r7."""
        return f"r{self.number}"


def job_kind(condition: Condition) -> Literal["price_monitor", "position_monitor", "time_based"]:
    """The brief's kind of job that watches *condition*."""
    kinds = {leaf.type for leaf in leaves(condition)}
    if any(isinstance(leaf, AtTime | Schedule) for leaf in leaves(condition)):
        return "time_based"
    if kinds & {"position_pnl", "position_event", "account"}:
        return "position_monitor"
    return "price_monitor"


def leaves_at_once(spec: RuleSpec) -> bool:
    """Whether *spec* only closes something, now: what its owner may do also while everything of theirs is paused."""
    return isinstance(spec.condition, Now) and is_exit(spec.action)
