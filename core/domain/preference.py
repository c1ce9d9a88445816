"""How a person wants to be told of things, and the default they trade with; decides no channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Topic = Literal["fills", "triggers", "orders", "positions", "rules", "market", "account"]
"""What events are about, as people switch them: one word for each group of cards."""

Loudness = Literal["on", "silent", "off"]

ALWAYS_TOLD: frozenset[Topic] = frozenset({"account"})
"""What concerns the safety of an account can be silenced, not switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From `start` to `end`, minutes after the owner's midnight; over midnight where `end` is earlier."""

    start: int
    end: int

    def hold(self, at: int) -> bool:
        """Whether the local minute *at* lies in them."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """`notices` names only what was changed; the rest is on. `slippage_bps` None = the product's default."""

    notices: Mapping[str, Loudness] = field(default_factory=dict)
    quiet: QuietHours | None = None
    slippage_bps: int | None = None
    show_in_groups: bool = False

    def loudness(self, topic: Topic, local: int) -> Loudness:
        """How something about *topic* is told at the owner's *local* minute of the day."""
        chosen = self.notices.get(topic, "on")
        if chosen == "off" and topic in ALWAYS_TOLD:
            chosen = "silent"
        if chosen == "on" and self.quiet is not None and self.quiet.hold(local):
            return "silent"
        return chosen
