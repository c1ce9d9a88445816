"""Brings events to people: plans who hears what, then sends card by card on each channel; decides no words."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from hashlib import blake2s
from typing import NoReturn

from bots.bundle import Told, bundled, one_card
from bots.channel import Channel, Outbound, TryAgain, Undeliverable
from bots.facade import Notices
from core.domain.errors import SayWhenError, StorageUnavailable
from core.feed.card import Card, card_of
from core.ports import Clock, Delivery

_log = logging.getLogger(__name__)

SEND_WITHIN_S = 120.0
LOOK_EVERY_S = 2.0
"""The bell is only a hint; without it everything still arrives, this much later."""
GATHER_S = 0.05
"""Once the bell rang, what happens with what rang it is waited for: much happens to many at once."""
LOOK_AGAIN_S = 0.1
"""While cards are on their way, whose lane is free is looked at this often."""
MOST_AT_ONCE = 64
_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 300.0
_LONGEST_NOTE_S = 5.0


class Courier:
    """Planning and sending for the channels of this process, until cancelled.

    At least once: a notice counts as sent once that is noted, which is done before the channel lets the next one go;
    so a crash repeats the card that was in flight, which its `key` and the id in its text make recognisable. A notice
    that must wait holds back the later ones for the same address, so that nobody hears of a fill before its trigger.
    """

    def __init__(self, notices: Notices, channels: Sequence[Channel], clock: Clock) -> None:
        self._notices = notices
        self._channels = channels
        self._clock = clock
        self._news = {channel.name: asyncio.Event() for channel in channels}

    async def run(self) -> None:
        """Plan and send until cancelled; a database or channel that fails is tried again, ever more slowly."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._supervised("planning", self._plan_forever), name="delivery-plan")
            for channel in self._channels:
                tasks.create_task(
                    self._supervised(f"sending on {channel.name}", partial(self._send_forever, channel)),
                    name=f"delivery-{channel.name}",
                )

    async def plan_once(self) -> int:
        """Plan what new events there are; the number planned."""
        planned = await self._notices.plan()
        if planned:
            for news in self._news.values():
                news.set()
        return planned

    async def send_once(self, channel: Channel) -> int:
        """Send what is due on *channel* now, one address after the other; how many notices were done with."""
        done = 0
        for notices in _by_address(await self._notices.due(channel.name)).values():
            done += await self._tell(channel, notices)
        return done

    async def _tell(self, channel: Channel, notices: Sequence[Delivery]) -> int:
        """Tell one address *notices*, in their order, until one has to wait; how many are over and done with."""
        told: list[Told] = []
        for notice in notices:
            card = card_of(notice.event)
            if card is not None:
                told.append((notice, card))
            else:
                await self._notices.sent([notice.id], "")
        done = len(notices) - len(told)
        for part in bundled(told):
            if not await self._send(channel, [notice for notice, _ in part], one_card(part)):
                break
            done += len(part)
        return done

    async def _send(self, channel: Channel, part: Sequence[Delivery], card: Card) -> bool:
        """Whether the notices of one card are over and done with; False = they wait for another attempt."""
        first = part[0]
        refs: list[str] = []
        noted = False

        async def arrived(ref: str) -> None:
            nonlocal noted
            refs.append(ref)
            await self._note(part, ref)
            noted = True

        outbound = Outbound(
            address=first.address,
            card=card,
            urgency=min(notice.urgency for notice in part),
            silent=all(notice.silent for notice in part),
            token=_token(part),
            arrived=arrived,
        )
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                refs.append(await channel.send(outbound))
        except Exception as problem:  # noqa: BLE001 - no error of a channel's library proves that the card did not arrive
            if not refs:
                await self._not_sent(channel, first, problem)
                return False
        if not noted:
            await self._note(part, refs[0])
        return True

    async def _note(self, part: Sequence[Delivery], ref: str) -> None:
        """That *part* was told; tried until it is noted, since nobody may be told twice for want of a database."""
        pause = _FIRST_RETRY_S
        while True:
            try:
                await self._notices.sent([notice.id for notice in part], ref)
            except StorageUnavailable as problem:
                _log.warning("What was told cannot be noted, again in %.0f s: %s", pause, problem)
                await self._clock.sleep(pause)
                pause = min(2 * pause, _LONGEST_NOTE_S)
            else:
                return

    async def _not_sent(self, channel: Channel, first: Delivery, problem: Exception) -> None:
        match problem:
            case Undeliverable():
                await self._notices.failed(first.id, str(problem), None)
                await self._notices.dead(channel.name, first.address, str(problem))
            case TryAgain():
                await self._notices.failed(first.id, str(problem), _pause(first, problem.retry_in_s))
            case _:
                _log.warning("A card could not be sent on %s", channel.name, exc_info=problem)
                await self._notices.failed(first.id, type(problem).__name__, _pause(first, None))

    async def _plan_forever(self) -> NoReturn:
        async with self._notices.bell() as bell:
            while True:
                if await self.plan_once() == 0 and await bell.wait(LOOK_EVERY_S):
                    await asyncio.sleep(GATHER_S)

    async def _send_forever(self, channel: Channel) -> NoReturn:
        """Many addresses at once, one address in its order: who has to wait holds up nobody else."""
        news = self._news[channel.name]
        busy: set[str] = set()
        async with asyncio.TaskGroup() as lanes:
            while True:
                news.clear()
                started = False
                if len(busy) < MOST_AT_ONCE:
                    due = await self._notices.due(channel.name, busy=busy)
                    for address, notices in _by_address(due).items():
                        if len(busy) < MOST_AT_ONCE:
                            busy.add(address)
                            lanes.create_task(self._lane(channel, notices, busy), name=f"tell-{channel.name}")
                            started = True
                try:
                    async with asyncio.timeout(LOOK_AGAIN_S if started or busy else LOOK_EVERY_S):
                        await news.wait()
                except TimeoutError:
                    continue

    async def _lane(self, channel: Channel, notices: Sequence[Delivery], busy: set[str]) -> None:
        try:
            await self._tell(channel, notices)
        finally:
            busy.discard(notices[0].address)

    async def _supervised(self, what: str, work: Callable[[], Awaitable[NoReturn]]) -> None:
        failures = 0
        while True:
            started = self._clock.now()
            try:
                await work()
            except Exception as problem:  # noqa: BLE001 - whatever it is, people must go on hearing
                if (self._clock.now() - started).total_seconds() > _LONGEST_RETRY_S:
                    failures = 0
                pause = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2 ** min(failures, 20))
                failures += 1
                if isinstance(problem, SayWhenError):
                    _log.warning("Delivery: %s failed, again in %.0f s: %s", what, pause, problem)
                else:
                    _log.exception("Delivery: %s failed, again in %.0f s", what, pause)
                await self._clock.sleep(pause)


def _by_address(due: Sequence[Delivery]) -> dict[str, list[Delivery]]:
    found: dict[str, list[Delivery]] = {}
    for notice in due:
        found.setdefault(notice.address, []).append(notice)
    return found


def _token(part: Sequence[Delivery]) -> str:
    """Of all that the card tells: one that tells more is another, and is not taken for a repetition."""
    return blake2s(",".join(str(notice.id) for notice in part).encode(), digest_size=10).hexdigest()


def _pause(notice: Delivery, asked_s: float | None) -> float:
    """Seconds until the next attempt: as the channel asked, else twice as long each time."""
    backoff = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2 ** min(notice.attempts, 20))
    return backoff if asked_s is None else max(asked_s, 0.0)
