"""When watched rules end by their own terms; decides whose time is over, and nothing of what follows."""

import heapq
from datetime import datetime

from core.domain.ids import RuleId
from core.domain.rule import Rule


class Expiries:
    """The latest `expires_at` of each watched rule; an entry that a rule has outgrown is dropped when it surfaces."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, RuleId]] = []
        self._at: dict[RuleId, datetime] = {}

    def put(self, rule: Rule) -> None:
        """*rule* ends when it now says, in place of what it said before."""
        at = rule.spec.expires_at
        if at is None:
            self._at.pop(rule.id, None)
        elif self._at.get(rule.id) != at:
            self._at[rule.id] = at
            heapq.heappush(self._heap, (at, rule.id))

    def drop(self, rule_id: RuleId) -> None:
        """The rule is watched no longer, or its time was dealt with; no error if it is not here."""
        self._at.pop(rule_id, None)

    def next(self) -> datetime | None:
        """When the next rule ends; may lie in the past until it is dropped."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: datetime) -> RuleId | None:
        """A rule whose time is over; the same one until it is dropped."""
        at = self.next()
        return self._heap[0][1] if at is not None and at <= now else None
