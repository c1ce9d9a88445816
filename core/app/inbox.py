"""What people sent, for channels: kept before it is acted on, heard by one process at a time; decides no answer."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from core.app.parts import Parts
from core.domain.errors import StorageUnavailable
from core.domain.ids import OwnerId
from core.ports import Lease, Letter

_log = logging.getLogger(__name__)

KEPT = timedelta(days=3)
"""How long the number of an answered letter is known; a channel repeats nothing older."""
_RENEW_EVERY_S = 1.0
_HELD_S = 4.0
"""A lease lasts five; less what an answer of the database may have taken."""
_LOOK_EVERY_S = 1.0


class Inbox:
    """Letters of one channel's account, and who may hear it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def keep(self, letters: Sequence[Letter]) -> list[Letter]:
        """Store letters before anything else; those that were not here before."""
        return await self._parts.inbox.keep(letters)

    async def unanswered(self, channel: str, account: str) -> list[Letter]:
        """What was kept and not answered: what a crash interrupted."""
        return await self._parts.inbox.unanswered(channel, account)

    async def answered(self, channel: str, account: str, numbers: Collection[int]) -> None:
        """They are done with."""
        await self._parts.inbox.answered(channel, account, numbers, self._parts.clock.now())

    async def show(self, channel: str, place: str, ref: str, person: str, key: str | None) -> list[str]:
        """Note which message shows a card to whom; the older messages of the same card."""
        return await self._parts.inbox.show(channel, place, ref, person, key, self._parts.clock.now())

    async def shown_at(self, channel: str, place: str, ref: str) -> tuple[str, str | None] | None:
        """For whom a message was, and what card it shows still, where that was noted."""
        return await self._parts.inbox.shown_at(channel, place, ref)

    async def known(self, channel: str, address: str) -> OwnerId | None:
        """The owner linked to an address; nobody is made."""
        return await self._parts.store.owner_of(channel, address)

    async def sweep(self) -> int:
        """Forget what is old; how much that was."""
        return await self._parts.inbox.sweep(self._parts.clock.now() - KEPT)

    async def listened(self, name: str) -> datetime | None:
        """When *name* was last heard (see `listening`)."""
        return await self._parts.store.heard(name)

    async def listening(self, name: str) -> None:
        """Record that *name* is being heard now."""
        await self._parts.store.beat(name, self._parts.clock.now())

    @asynccontextmanager
    async def turn(self, name: str, waiting: asyncio.Event) -> AsyncIterator[asyncio.Event]:
        """Wait until this process alone may hear *name*; yields what is set when it may no longer.

        *waiting* is set as soon as somebody else is found to have the turn. A turn that cannot be renewed in time is
        given up before another process can take it.
        """
        lease = self._parts.leases()
        while not await lease.acquire([name]):
            waiting.set()
            await asyncio.sleep(_LOOK_EVERY_S)
        lost = asyncio.Event()
        keeping = asyncio.create_task(_keep(lease, name, lost), name=f"turn-{name}")
        try:
            yield lost
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            try:
                await lease.release()
            except StorageUnavailable as problem:
                _log.warning("the turn to hear %s ends by itself: %s", name, problem)


async def _keep(lease: Lease, name: str, lost: asyncio.Event) -> None:
    """Renew until the lease is lost, or nobody can tell for as long as it may have been."""
    loop = asyncio.get_running_loop()
    held_until = loop.time() + _HELD_S
    while True:
        await asyncio.sleep(_RENEW_EVERY_S)
        asked_at = loop.time()
        try:
            async with asyncio.timeout_at(max(held_until, asked_at + _RENEW_EVERY_S)):
                held = await lease.renew()
        except (StorageUnavailable, TimeoutError) as problem:
            _log.warning("the turn to hear %s could not be renewed: %s", name, repr(problem))
            if loop.time() + _RENEW_EVERY_S < held_until:
                continue
            held = []
        if not any(fence.partition == name for fence in held):
            lost.set()
            return
        held_until = asked_at + _HELD_S
