"""Network fees: which key paid for whose transaction, from what the chain charged, and when a key runs low.

Decides nothing of who owes what: keys of ours pay from their own balance, and owners' collateral is never touched.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from core.domain.errors import VenueError, VenueUnknown
from core.domain.event import KeyRanLow, KeyRefilled
from core.domain.ids import OwnerId
from core.ports import Clock, KeyStore, Store
from core.ports.fees import FeeBook, Listed, Paid, Purse

_log = logging.getLogger(__name__)

OVERLAP = 64
"""Slots that are looked through again each time: a node may list a transaction later than one that came after it."""
KEPT_SLOTS = 9_000
"""Slots (an hour) after which a transaction that is listed, and that no node tells, is given up."""
AT_ONCE = 100
"""Transactions after which what was found is put into the book."""


class FeeAccounts:
    """The book of one venue's fees, kept by whoever holds the venue's lease, one call at a time."""

    def __init__(self, purse: Purse, book: FeeBook, keys: KeyStore, venue: str, *, minimum: int) -> None:
        """*minimum* are the lamports below which the operator is told that a key runs low."""
        self._purse = purse
        self._book = book
        self._keys = keys
        self._venue = venue
        self._minimum = minimum
        self._owners: dict[str, OwnerId] = {}

    async def look(self, store: Store, clock: Clock, operators: Sequence[OwnerId]) -> None:
        """Take in what was charged since the last look, and tell *operators* what has changed. Raises VenueUnknown."""
        trouble: VenueError | None = None
        for key in await self._keys.all():
            try:
                await self._look_at(key.address, store, clock, operators)
            except VenueError as problem:  # one key's trouble must not keep the others from being looked at
                trouble = problem
        if trouble is not None:
            raise trouble

    async def _look_at(self, key: str, store: Store, clock: Clock, operators: Sequence[OwnerId]) -> None:
        left = await self._purse.balance(key)
        now = clock.now()
        low = left < self._minimum and bool(await self._keys.owners(key))  # one made ahead may wait empty
        if await self._book.see(key, left, now, low=low):
            await self._tell(store, operators, self._news(key, left, low=low, at=now))
        await self._take_in(key)

    def _news(
        self, key: str, lamports: int, *, low: bool, at: datetime
    ) -> Callable[[OwnerId], KeyRanLow | KeyRefilled]:
        kind = KeyRanLow if low else KeyRefilled
        common = {"at": at, "venue": self._venue, "key": key, "lamports": lamports, "minimum": self._minimum}
        return lambda owner: kind(owner=owner, **common)  # type: ignore[arg-type]

    @staticmethod
    async def _tell(
        store: Store, operators: Sequence[OwnerId], news: Callable[[OwnerId], KeyRanLow | KeyRefilled]
    ) -> None:
        for owner in operators:
            async with store.begin(owner) as tx:
                await tx.append(news(owner))

    async def _take_in(self, key: str) -> None:
        """Put every transaction since the last look into the book, oldest first: one cut short goes on from there."""
        since = max(0, await self._book.reached(key) - OVERLAP)
        listed = await self._purse.listed(key, since, await self._book.before(key, since))
        known = await self._book.known([one.signature for one in listed])
        fresh = [one for one in listed if one.signature not in known]
        for first in range(0, len(fresh), AT_ONCE):
            part = fresh[first : first + AT_ONCE]
            paid = [entry for one in part if (entry := await self._paid(key, one, listed[-1].slot)) is not None]
            await self._book.put(key, [(await self._whose(key, one), one) for one in paid], part[-1].slot)

    async def _paid(self, key: str, one: Listed, newest: int) -> Paid | None:
        """What *key* paid; None if another did, or if no node keeps the transaction any more."""
        try:
            return await self._purse.paid(key, one.signature)
        except VenueUnknown:
            if one.slot > newest - KEPT_SLOTS:
                raise
            _log.warning("no node keeps the transaction %s: what it cost is not in the book", one.signature)
            return None

    async def _whose(self, key: str, paid: Paid) -> OwnerId | None:
        """Whom a transaction of *key* was for: the owner whose account it names."""
        found = next((self._owners[account] for account in paid.accounts if account in self._owners), None)
        if found is None:
            for owner in await self._keys.owners(key):
                if (account := await self._purse.account(owner)) is not None:
                    self._owners[account] = owner
            found = next((self._owners[account] for account in paid.accounts if account in self._owners), None)
        return found
