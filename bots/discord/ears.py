"""What is heard is kept before anything is done about it, in the order it came; decides no answer."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any

from bots.discord.at_once import guess, open_form
from bots.discord.channel import DiscordChannel, Whole
from bots.discord.feed import COMMAND
from bots.discord.hearing import Data, Deed, Heard, asked, hear_interaction, hear_message, opens_form
from bots.discord.missed import Missed
from bots.discord.wire import NAME, Wire
from bots.lanes import Turns
from core.domain.errors import SayWhenError
from core.feed.card import Card
from core.ports import Letter

_log = logging.getLogger(__name__)
MOST_WAITING = 2_000
MOST_TURNED_AWAY = 20_000
MOST_GUESSING = 64
"""What is being typed and guessed at; of more, nothing is shown."""
_BATCH = 100
_SWEEP_EVERY = timedelta(hours=1)
_UNKEPT = Card(
    title="That could not be taken in, and nothing was done",
    lines=("Our database does not answer. Try again in a moment.",),
    tone="bad",
    public=True,
)
_CROWDED = Card(
    title="Too many are asking at once, and nothing was done",
    lines=("Try again in a minute.",),
    tone="bad",
    public=True,
)


class Ears:
    """Keeps what is heard, and passes it on."""

    def __init__(
        self, wire: Wire, core: Whole, channel: DiscordChannel, turns: Turns, account: str, listens: Callable[[], bool]
    ) -> None:
        """*account* is our application; *listens* = the present session is heard."""
        self._wire = wire
        self._core = core
        self._channel = channel
        self._turns = turns
        self._account = account
        self._heard: asyncio.Queue[Heard] = asyncio.Queue(MOST_WAITING)
        self._at_once: set[asyncio.Task[None]] = set()
        self._swept_at: datetime | None = None
        self._turned_away: dict[int, None] = {}
        self.missed = Missed(wire, core, account, self.take, listens)

    def interaction(self, data: Data, now: datetime) -> None:
        """Somebody used a command, a button, a select or a form, or is typing into a command's field."""
        kind, done = data["type"], data.get("data") or {}
        if kind == Deed.TYPING:
            if len(self._at_once) < MOST_GUESSING:
                self._do_at_once(guess(self._wire, self._core, asked(data, now), done))
            return
        if kind == Deed.COMMAND and done.get("name") == COMMAND:
            self._do_at_once(self._channel.feeds.answer(asked(data, now), data))
            return
        heard = hear_interaction(data, now)
        if heard is None:
            return
        form = opens_form(heard)
        if form is not None:
            self._do_at_once(open_form(self._wire, self._core, heard, form))
        else:
            self.take(heard)

    def message(self, data: Data, now: datetime) -> None:
        """Somebody wrote to us."""
        heard = hear_message(data, now)
        if heard is not None:
            self.take(heard)

    def begun(self) -> None:
        """A new session has begun."""
        self.missed.begun()

    def take(self, heard: Heard) -> None:
        """Hear what has come by any way; what is being worked on already is not heard again."""
        if self._channel.expects(heard.number) or heard.number in self._turned_away:
            return
        try:
            self._heard.put_nowait(heard)
        except asyncio.QueueFull:
            _log.error("too much is waiting: somebody is told so")
            self._turn_away(heard, _CROWDED)
            return
        self._channel.expect(heard)

    async def resume(self) -> None:
        """Work on what a crash interrupted."""
        left = await self._core.inbox.unanswered(NAME, self._account)
        if left:
            _log.info("answering %d interactions that were left over", len(left))
        await self._turns.put(left, again=True)

    async def run(self) -> None:
        """Keep and pass on what is heard, until cancelled."""
        try:
            while True:
                batch = [await self._heard.get()]
                while len(batch) < _BATCH and not self._heard.empty():
                    batch.append(self._heard.get_nowait())
                await self._pass_on(batch)
        finally:
            for task in list(self._at_once):
                task.cancel()
            await asyncio.gather(*self._at_once, return_exceptions=True)

    async def _pass_on(self, batch: Sequence[Heard]) -> None:
        letters = [
            Letter(
                channel=NAME, account=self._account, number=heard.number, person=str(heard.person),
                body=heard.kept(), sent_at=heard.sent_at, private=heard.private,
            )
            for heard in batch
        ]  # fmt: skip
        try:
            fresh = await self._core.inbox.keep(letters)
            await self._sweep()
        except SayWhenError as problem:
            _log.warning("%d interactions could not be kept: %s", len(batch), problem)
            for heard in batch:
                self._turn_away(heard, _UNKEPT)
            return
        for number in {heard.number for heard in batch} - {letter.number for letter in fresh}:
            self._channel.let_go(number)  # heard before
        await self._turns.put(fresh)

    def _turn_away(self, heard: Heard, card: Card) -> None:
        """Say so, and stand by it: what was typed is not done either when it is found among what was missed."""
        self._turned_away[heard.number] = None
        if len(self._turned_away) > MOST_TURNED_AWAY:
            del self._turned_away[next(iter(self._turned_away))]
        if not self._do_at_once(self._channel.refuse(heard, card)):
            self._channel.let_go(heard.number)

    async def _sweep(self) -> None:
        now = self._core.clock.now()
        if self._swept_at is None or now - self._swept_at >= _SWEEP_EVERY:
            self._swept_at = now
            await self._core.inbox.sweep()

    def _do_at_once(self, work: Coroutine[Any, Any, None]) -> bool:
        if len(self._at_once) >= MOST_WAITING:
            _log.error("too much is waiting to be said: somebody hears nothing")
            work.close()
            return False
        task = asyncio.create_task(work, name="discord-at-once")
        self._at_once.add(task)
        task.add_done_callback(self._ended)
        return True

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._at_once.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            _log.error("an interaction could not be answered at once", exc_info=problem)
