"""What network fees cost whoever runs this SayWhen, for surfaces; decides who is told when a key runs low."""

from collections.abc import Sequence
from datetime import datetime

from core.app.parts import Parts
from core.domain.ids import OwnerId
from core.flow.fees import FeeAccounts
from core.ports.fees import FeeBook, Payer, Spent


class Fees:
    """The book of network fees; empty at a venue without a chain."""

    def __init__(self, parts: Parts, book: FeeBook, accounts: FeeAccounts | None) -> None:
        self._parts = parts
        self._book = book
        self._accounts = accounts

    @property
    def charged(self) -> bool:
        """Whether the venue's orders cost network fees at all."""
        return self._accounts is not None

    async def look(self) -> None:
        """Take in what the chain charged since the last look. Raises VenueUnknown."""
        if self._accounts is not None:
            await self._accounts.look(self._parts.store, self._parts.clock, await self._operators())

    async def payers(self) -> list[Payer]:
        """Every key that pays, and what it has left."""
        return await self._book.payers()

    async def spent(self, since: datetime | None = None) -> list[Spent]:
        """What was paid by owner, the dearest first."""
        return await self._book.spent(since)

    async def spent_for(self, owner: OwnerId) -> Spent:
        """What was paid for one owner."""
        return await self._book.spent_for(owner)

    async def _operators(self) -> Sequence[OwnerId]:
        """Whom the settings name as admins of a channel; where none of them is known, the first owner."""
        settings = self._parts.settings
        named = {"telegram": settings.telegram_admins, "discord": settings.discord_admins}
        places = [(channel, place) for channel, admins in named.items() for place in admins.replace(",", " ").split()]
        found = [await self._parts.store.owner_of(channel, place) for channel, place in places]
        known = list(dict.fromkeys(owner for owner in found if owner is not None))
        return known or (await self._parts.store.owners())[:1]
