"""What happens to a person and the market while processes die, and what must have come of it; knows no process."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.domain.rule import RuleState

ENTRY = Decimal(148)
"""What the position was entered at, in quote."""

_ARMED, _DONE = RuleState.ARMED, RuleState.COMPLETED
_WAITING, _CANCELLED = RuleState.WAITING, RuleState.CANCELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The market goes to `price` (quote) and stays there until the rules, by their id in the set, are in `states`."""

    price: Decimal
    states: Mapping[str, RuleState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Words confirmed at 150, then the steps.

    `trades` is what each rule that fires must trade in all, in signed base; `tries` how often one must fire for that,
    where it is not once.
    """

    name: str
    words: str
    held: Decimal
    steps: tuple[Step, ...]
    trades: Mapping[str, Decimal]
    tries: Mapping[str, int] = field(default_factory=dict)

    @property
    def triggers(self) -> Counter[str]:
        """How often each rule must fire; each time with one order."""
        return Counter({name: self.tries.get(name, 1) for name in self.trades})


def _step(price: str, *states: RuleState) -> Step:
    return Step(price=Decimal(price), states={f"r{number}": state for number, state in enumerate(states, 1)})


_SENTENCE = (
    "If SOL-PERP price drops 0.1 from current price, sell 50% of my position."
    " If it goes up by 0.2, take profit on the entire position."
)

STOP_THEN_TARGET = Story(
    name="stop, then target",
    words=_SENTENCE,
    held=Decimal(10),
    steps=(_step("150", _ARMED, _ARMED), _step("149.8", _DONE, _ARMED), _step("150.5", _DONE, _DONE)),
    trades={"r1": Decimal(-5), "r2": Decimal(-5)},
)
TARGET = Story(
    name="target",
    words=_SENTENCE,
    held=Decimal(10),
    steps=(_step("150", _ARMED, _ARMED), _step("150.5", _CANCELLED, _DONE)),
    trades={"r2": Decimal(-10)},
)
ENTRY_THEN_EXIT = Story(
    name="entry, then exit",
    words="Buy 2 SOL if it drops to 149.8, take profit at 150.6 and stop loss at 149.2",
    held=Decimal(0),
    steps=(
        _step("150", _ARMED, _WAITING, _WAITING),
        _step("149.7", _DONE, _ARMED, _ARMED),
        _step("150.8", _DONE, _DONE, _CANCELLED),
    ),
    trades={"r1": Decimal(2), "r2": Decimal(-2)},
)
STORIES = (STOP_THEN_TARGET, TARGET, ENTRY_THEN_EXIT)
