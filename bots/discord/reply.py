"""The answer to one interaction: acknowledged in time, shown while Discord takes it, and in private afterwards."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from enum import Enum

from bots.channel import TryAgain, Undeliverable
from bots.discord.hearing import Heard
from bots.discord.render import EPHEMERAL, Payload, pages_of, plain_of, without_picture
from bots.discord.wire import DEFER, DEFER_UPDATE, MESSAGE, UPDATE, Gone, Late, Refused, Taken, Wire
from bots.pictures import Pictures
from core.domain.wording import say_time
from core.feed.card import Card
from core.ports import Clock

TOKEN_LIFE = timedelta(minutes=14, seconds=30)
"""Discord's fifteen minutes, less what a call may take."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.3, 20.0
_log = logging.getLogger(__name__)


class _State(Enum):
    FRESH = "fresh"  # not acknowledged yet, as far as we know
    DEFERRED = "deferred"  # acknowledged; what it shows is still to come
    ANSWERED = "answered"  # it shows something of ours
    LOST = "lost"  # Discord takes nothing more for it


class Reply:
    """Shows cards as the answer to what was heard; each method may be called again after a failure."""

    def __init__(self, wire: Wire, pictures: Pictures, heard: Heard, clock: Clock, hurried: Callable[[], bool]) -> None:
        """*hurried* = many wait for theirs."""
        self._hurried = hurried
        self._wire = wire
        self._pictures = pictures
        self.heard = heard
        self._clock = clock
        self._state = _State.LOST if heard.token is None else _State.FRESH
        self._turn = asyncio.Lock()
        self._page = 0
        self.due: asyncio.TimerHandle | None = None
        """When it is acknowledged, unless it has been answered by then."""

    @property
    def has_shown(self) -> bool:
        """Whether something of its answer is shown somewhere."""
        return self._state is _State.ANSWERED or self._page > 0

    def is_over(self) -> None:
        """Nothing more comes of it."""
        if self.due is not None:
            self.due.cancel()

    async def acknowledge(self) -> None:
        """Tell Discord that the answer is being worked on, unless it has one."""
        async with self._turn:
            if self._state is not _State.FRESH:
                return
            hidden = {} if self.heard.private else {"flags": EPHEMERAL}
            try:
                if self.heard.above is None:
                    await self._wire.call_back(self.heard, DEFER, hidden)
                else:
                    await self._wire.call_back(self.heard, DEFER_UPDATE)
            except Late:
                self._state = _State.LOST
            except TryAgain as problem:
                _log.info("an interaction could not be acknowledged: %s", problem)
            except Taken:
                self._state = _State.DEFERRED
            else:
                self._state = _State.DEFERRED

    async def show(self, card: Card, *, above: bool = False, hidden: bool = False) -> tuple[int, bool]:
        """Show *card*: the number of its (last) message, and whether that stands in the private chat for good.

        *above* = in place of the card whose button was pressed; *hidden* = for this person's eyes only, and passing.
        Raises Undeliverable where nothing can be shown anywhere any more.
        """
        png = None if card.chart is None else await self._pictures.of(card.chart, hurried=self._hurried())
        message = 0
        async with self._turn:
            pages = pages_of(card, picture=png is not None)
            for number, page in enumerate(pages):
                picture = png if number == 0 else None
                named = card.key is not None and number == len(pages) - 1
                message = await self._persist(page, picture, card, above=above, hidden=hidden, named=named)
                above = False
        stays = self.heard.private or self._state is _State.LOST
        return message, stays and not (hidden and self._state is not _State.LOST)

    async def _persist(
        self, page: Payload, png: bytes | None, card: Card, *, above: bool, hidden: bool, named: bool
    ) -> int:
        """Put one message where it still can be put; an answer waits for a Discord that is away."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                return await self._put(page, png, above=above, hidden=hidden, named=named)
            except Late:
                self._state = _State.LOST
            except Taken:
                # By us, before a crash or a reply that was lost: what it shows can be changed.
                self._state = _State.DEFERRED
            except Gone:
                if not above:
                    raise Undeliverable("the message is gone") from None
                above = False
            except Refused as problem:
                _log.warning("a card was refused and is shown as plain words: %s", problem)
                if "content" in page:
                    raise Undeliverable(str(problem)) from None
                page, png = plain_of(card), None
            except TryAgain as problem:
                _log.info("an answer waits %.1f s: %s", pause, problem)
                if (
                    png is not None and problem.retry_in_s is None
                ):  # the words matter more, and may be what gets through
                    page, png = without_picture(page), None
                await self._clock.sleep(pause if problem.retry_in_s is None else problem.retry_in_s)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _put(self, page: Payload, png: bytes | None, *, above: bool, hidden: bool, named: bool) -> int:
        heard, wire = self.heard, self._wire
        if self._state is not _State.LOST and self._clock.now() - heard.sent_at > TOKEN_LIFE:
            self._state = _State.LOST
        secret = {"flags": EPHEMERAL} if hidden or not heard.private else {}
        message = 0
        match self._state:
            case _State.FRESH:
                kind, data = (UPDATE, page) if above else (MESSAGE, page | secret)
                message = await wire.call_back(heard, kind, data, png, named=named and not above)
            case _State.DEFERRED if heard.above is None:
                message = await wire.edit_original(heard, page, png)
            case _State.DEFERRED | _State.ANSWERED if above:
                message = await wire.edit_original(heard, page, png)
            case _State.DEFERRED | _State.ANSWERED:
                return await wire.follow_up(heard, page | secret, png)
            case _State.LOST:
                late = page if heard.token is None or self._page else self._with_note(page)
                message = await wire.post(heard.person, late, png, nonce=f"{heard.number}.{self._page}")
                self._page += 1
                return message
        self._state = _State.ANSWERED
        return message or heard.above or 0

    def _with_note(self, page: Payload) -> Payload:
        """Why this comes here, and not where it was asked."""
        if "embeds" not in page:
            return page
        note = f"You asked at {say_time(self.heard.sent_at)}; Discord took no answer there any more."
        first = {**page["embeds"][0], "footer": {"text": note}}
        return {**page, "embeds": [first, *page["embeds"][1:]]}
