"""What goes wrong on purpose, seeded so that a run can be repeated; without chances set, nothing does."""

import random
from dataclasses import dataclass, field
from enum import Enum


class Fate(Enum):
    """What becomes of a transaction that a node took."""

    TAKEN = "taken"
    LOST = "lost"
    LATE = "late"
    TWICE = "twice"
    FAILS = "fails"
    """It fails on chain though its simulation succeeded."""


class Answer(Enum):
    """How a node answers one call."""

    GOOD = "good"
    BUSY = "busy"
    """429."""
    BROKEN = "broken"
    """503."""
    SLOW = "slow"
    """It acts, and its answer comes after the client has given up waiting."""
    CUT = "cut"
    """It acts, and the connection ends before the answer."""


@dataclass
class Faults:
    """Chances (0 to 1) of what may go wrong. `lose` counts transactions that are lost for certain, first of all."""

    seed: int = 0
    lost: float = 0
    late: float = 0
    twice: float = 0
    fails: float = 0
    busy: float = 0
    broken: float = 0
    cut: float = 0
    slow: float = 0
    slow_s: float = 0.2
    stale: float = 0
    """Chance that a pushed account is told again with an older slot and content."""
    lose: int = 0
    fail_next: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def fate(self) -> tuple[Fate, int]:
        """What becomes of the next transaction, and after how many slots where it is late."""
        if self.lose:
            self.lose -= 1
            self._count(Fate.LOST)
            return Fate.LOST, 0
        if self.fail_next:
            self.fail_next -= 1
            self._count(Fate.FAILS)
            return Fate.FAILS, 0
        for fate, chance in (
            (Fate.LOST, self.lost),
            (Fate.LATE, self.late),
            (Fate.TWICE, self.twice),
            (Fate.FAILS, self.fails),
        ):
            if chance and self._random.random() < chance:
                self._count(fate)
                return fate, self._random.randint(1, 20)
        return Fate.TAKEN, 0

    def answer(self) -> Answer:
        """How the next call is answered."""
        for answer, chance in (
            (Answer.BUSY, self.busy),
            (Answer.BROKEN, self.broken),
            (Answer.CUT, self.cut),
            (Answer.SLOW, self.slow),
        ):
            if chance and self._random.random() < chance:
                self._count(answer)
                return answer
        return Answer.GOOD

    def repeats_old(self) -> bool:
        """Whether an old state is told again now."""
        return bool(self.stale) and self._random.random() < self.stale

    def _count(self, what: Fate | Answer) -> None:
        self.counts[what.value] = self.counts.get(what.value, 0) + 1
