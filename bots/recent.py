"""What people were told just now, so that an answer and the notice of the same thing are one; decides no card."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from core.feed.card import Card

ANSWERED_WITHIN_S = 1.5
_MOST_TOLD = 5_000


class Recent:
    """Who is being answered, and the last card of each key that was shown to whom."""

    def __init__(self) -> None:
        self._answering: dict[int, asyncio.Event] = {}
        self._told: OrderedDict[tuple[int, str], Card] = OrderedDict()

    @contextmanager
    def answering(self, person: int) -> Iterator[None]:
        """What *person* does is being answered for the length of the block."""
        answered = self._answering[person] = asyncio.Event()
        try:
            yield
        finally:
            answered.set()
            if self._answering.get(person) is answered:
                del self._answering[person]

    def told(self, person: int, card: Card) -> None:
        """*card* is what *person* sees now."""
        if card.key is None:
            return
        self._told[person, card.key] = card
        self._told.move_to_end((person, card.key))
        if len(self._told) > _MOST_TOLD:
            self._told.popitem(last=False)

    async def is_known(self, person: int, card: Card, *, urgent: bool) -> bool:
        """Whether *person* sees this very card already; waits a little for an answer that may be it."""
        answering = self._answering.get(person)
        if answering is not None and not urgent:
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWERED_WITHIN_S):
                    await answering.wait()
        return card.key is not None and self._told.get((person, card.key)) == card
