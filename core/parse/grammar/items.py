"""What the recognisers read: items with a kind and a value, and a cursor that counts its steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal

STEP_BUDGET = 60_000
"""Reading one message may look at no more items than this; 4,000 characters need far less."""


class TooMuchWork(Exception):
    """The message needs more steps than any honest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A number as said: `unit` is empty where none was named; `words` marks a share in words ("half").

    `minutes` is the reading of an ambiguous "5m" as seconds; `sign` holds a plus or minus that was written; `bare`
    marks an answer to "how much?" that may count coins or dollars.
    """

    value: Decimal
    unit: Literal["", "usd", "percent", "times"] = ""
    words: bool = False
    sign: Literal["", "+", "-"] = ""
    minutes: int | None = None
    bare: bool = False

    @property
    def signed(self) -> Decimal:
        """The value with its written sign."""
        return -self.value if self.sign == "-" else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One meaningful piece of the message. `value` depends on `kind`.

    `holds` is what was said and went into it, `slip` how a misspelt one was typed.
    """

    kind: str
    value: Any = None
    text: str = ""
    start: int = 0
    end: int = 0
    holds: tuple["Item", ...] = ()
    slip: str = ""


_END = Item(kind="END")


@cache
def _any_of(kinds: str) -> frozenset[str]:
    """`A|B` as a set; the code names only so many of these."""
    return frozenset(kinds.split("|"))


class Cursor:
    """A place in the items of one sentence; recognisers move it forward, or put it back where they began."""

    __slots__ = ("_items", "at", "source", "steps")

    def __init__(self, items: Sequence[Item], source: str = "") -> None:
        self._items = items
        self.at = 0
        self.source = source
        self.steps = 0

    def peek(self, ahead: int = 0) -> Item:
        """The item *ahead* of here, or one of kind END."""
        self.steps += 1
        if self.steps > STEP_BUDGET:
            raise TooMuchWork
        place = self.at + ahead
        return self._items[place] if 0 <= place < len(self._items) else _END

    def sees(self, *kinds: str) -> bool:
        """Whether the next items are of these kinds, in this order (`A|B` allows either)."""
        for ahead, kind in enumerate(kinds):  # noqa: SIM110 - a generator here is a third of all reading
            if self.peek(ahead).kind not in _any_of(kind):
                return False
        return True

    def next(self) -> Item:
        """The item here; moves past it."""
        item = self.peek()
        self.at += 1
        return item

    def take(self, kinds: str) -> Item | None:
        """The item here if it is of one of these kinds (`A|B`); moves past it."""
        item = self.peek()
        if item.kind not in _any_of(kinds):
            return None
        self.at += 1
        return item

    def skip(self, kinds: str) -> bool:
        """Moves past every item of these kinds; whether there was one."""
        allowed = _any_of(kinds)
        begun = self.at
        while self.peek().kind in allowed:
            self.at += 1
        return self.at > begun

    def run(self, *kinds: str) -> bool:
        """Moves past the next items if they are of these kinds, all of them or none."""
        if not self.sees(*kinds):
            return False
        self.at += len(kinds)
        return True
