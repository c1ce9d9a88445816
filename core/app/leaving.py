"""Everything of an owner taken along, or deleted; decides when a wallet must agree, not what is kept of whom."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from core.app.consent import Consent
from core.app.parts import Parts
from core.app.people import People
from core.db.census import Census
from core.domain.errors import Denied
from core.domain.ids import OwnerId
from core.ports.access import Approval, Credentials, Once, Purpose

EXPORT_LIFE = timedelta(minutes=10)
_EXPORT: Purpose = "export"
_DELETE = "delete_account"


class Leaving:
    """Export and deletion: done at once on paper without a wallet, else once the owner's wallet has signed."""

    def __init__(
        self, parts: Parts, consent: Consent, credentials: Credentials, people: People, census: Census
    ) -> None:
        self._parts = parts
        self._consent = consent
        self._credentials = credentials
        self._people = people
        self._census = census
        consent.deeds[_EXPORT] = self._permit
        consent.unrecorded[_DELETE] = self._delete

    async def ask_export(self, owner: OwnerId, session: str) -> Approval | None:
        """Let *session* read everything for ten minutes; the Approval that waits for a signature, where one must."""
        words = "Export everything that is kept of you"
        asked: Approval | None = await self._consent.ask(owner, _EXPORT, {"session": session}, words)
        return asked

    async def export(self, owner: OwnerId, session: str) -> AsyncIterator[tuple[str, Sequence[Mapping[str, Any]]]]:
        """Rows of each table, batch by batch, without secrets. Raises Denied where *session* may not read them."""
        permits = await self._credentials.pending(owner, _EXPORT, self._parts.clock.now())
        if session not in {permit.detail.get("session") for permit in permits}:
            raise Denied("This export was not asked for, or more than ten minutes ago.", "Ask for it first.")
        return self._census.belongings(owner)

    async def ask_deletion(self, owner: OwnerId) -> Approval | None:
        """Delete the account, or the Approval that waits for a signature. Raises Conflict while anything is open."""
        await self._people.check_leaving(owner)
        asked: Approval | None = await self._consent.ask(owner, _DELETE, {}, "Delete your account and all its data")
        return asked

    async def _permit(self, owner: OwnerId, detail: Mapping[str, Any]) -> None:
        now = self._parts.clock.now()
        permit = Once(
            purpose=_EXPORT,
            key=secrets.token_hex(16),
            owner=owner,
            detail=detail,
            created_at=now,
            expires_at=now + EXPORT_LIFE,
        )
        await self._credentials.put(permit)

    async def _delete(self, owner: OwnerId, detail: Mapping[str, Any]) -> None:  # noqa: ARG002 - as every deed
        await self._people.forget(owner)
