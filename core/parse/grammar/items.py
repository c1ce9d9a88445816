"""What the recognisers read: items with a kind and a value, and a cursor that counts its steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
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


class _Kinds(dict[str, frozenset[str]]):
    """`A|B` → both kinds as a set, cut apart once; the code names only so many of these."""

    def __missing__(self, said: str) -> frozenset[str]:
        kinds = self[said] = frozenset(said.split("|"))
        return kinds


_ANY_OF = _Kinds()


class Cursor:
    """A place in the items of one sentence; recognisers move it forward, or put it back where they began.

    Reading is looking, mostly at what stands here and is not what is looked for. So the kinds are laid out once, and
    a look compares kinds, counts its steps and does nothing else.
    """

    __slots__ = ("_items", "_kinds", "_there", "at", "source", "steps")

    def __init__(self, items: Sequence[Item], source: str = "") -> None:
        self._items = items
        self._kinds = [item.kind for item in items]
        self._there = frozenset(self._kinds)
        self.at = 0
        self.source = source
        self.steps = 0

    def peek(self, ahead: int = 0) -> Item:
        """The item *ahead* of here, or one of kind END."""
        self.steps += 1
        if self.steps > STEP_BUDGET:
            raise TooMuchWork
        place = self.at + ahead
        return self._items[place] if 0 <= place < len(self._kinds) else _END

    def sees(self, *kinds: str) -> bool:
        """Whether the next items are of these kinds, in this order (`A|B` allows either)."""
        here, place, seen = self._kinds, self.at, True
        for kind in kinds:
            seen = (here[place] if place < len(here) else "END") in _ANY_OF[kind]
            place += 1
            if not seen:
                break
        self.steps += place - self.at
        if self.steps > STEP_BUDGET:
            raise TooMuchWork
        return seen

    def begins(self, kinds: str) -> bool:
        """Whether what begins with one of these kinds may begin here.

        A recogniser asks this and `holds` first of all, to be done with at one look. Neither decides a reading: with
        every answer True, all is read the same, only slower.
        """
        return (self._kinds[self.at] if self.at < len(self._kinds) else "END") in _ANY_OF[kinds]

    def holds(self, kinds: str) -> bool:
        """Whether the sentence has any item of these kinds, without which something cannot be meant anywhere in it."""
        return not self._there.isdisjoint(_ANY_OF[kinds])

    def next(self) -> Item:
        """The item here; moves past it."""
        item = self.peek()
        self.at += 1
        return item

    def take(self, kinds: str) -> Item | None:
        """The item here if it is of one of these kinds (`A|B`); moves past it."""
        self.steps += 1
        if self.steps > STEP_BUDGET:
            raise TooMuchWork
        here, place = self._kinds, self.at
        if (here[place] if place < len(here) else "END") not in _ANY_OF[kinds]:
            return None
        self.at += 1
        return self._items[place] if place < len(here) else _END

    def skip(self, kinds: str) -> bool:
        """Moves past every item of these kinds; whether there was one."""
        here, begun = self._kinds, self.at
        place, allowed = begun, _ANY_OF[kinds]
        while place < len(here) and here[place] in allowed:
            place += 1
        self.at = place
        self.steps += place - begun + 1
        if self.steps > STEP_BUDGET:
            raise TooMuchWork
        return place > begun

    def run(self, *kinds: str) -> bool:
        """Moves past the next items if they are of these kinds, all of them or none."""
        if not self.sees(*kinds):
            return False
        self.at += len(kinds)
        return True
