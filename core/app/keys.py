"""Programs' keys, for surfaces; decides what a key may be made for."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from core.app.consent import Consent
from core.app.identity import digest
from core.app.parts import Parts
from core.domain.errors import BadInput, Conflict, NotFound
from core.domain.ids import OwnerId, new_id
from core.domain.money import plain
from core.ports.access import ApiKey, Approval, Credentials

SCOPES = ("read", "write", "trade", "auto_confirm")
"""What a key may do: look; draft, pause and cancel; confirm; confirm by itself as it drafts, within caps."""
MOST_KEYS = 20
PREFIX = "sw_"


class ApiKeys:
    """Keys of one owner's programs. The secret is shown once; a hash of it is kept."""

    def __init__(self, parts: Parts, consent: Consent, credentials: Credentials) -> None:
        self._parts = parts
        self._consent = consent
        self._credentials = credentials
        consent.deeds["api_key"] = self._make

    async def create(
        self,
        owner: OwnerId,
        name: str,
        scopes: Sequence[str],
        *,
        max_order_usd: Decimal | None = None,
        max_rules_a_day: int | None = None,
        days: int | None = None,
    ) -> str | Approval:
        """The key's secret, shown once. One that confirms by itself needs caps, and a signature. Raises BadInput."""
        automatic = "auto_confirm" in scopes
        if automatic and (max_order_usd is None or max_rules_a_day is None):
            hint = "Give max_order_usd and max_rules_a_day."
            raise BadInput("A key that confirms by itself needs caps of its own.", hint)
        if len(await self._credentials.keys(owner)) >= MOST_KEYS:
            raise Conflict(f"You have {MOST_KEYS} keys already.", "Revoke one first.")
        detail = {
            "name": name,
            "scopes": sorted(set(scopes)),
            "max_order_usd": None if max_order_usd is None else plain(max_order_usd),
            "max_rules_a_day": max_rules_a_day,
            "days": days,
        }
        if automatic:
            words = f"Let the key {name!r} confirm rules by itself, up to ${detail['max_order_usd']} each"
            asked: str | Approval = await self._consent.ask(
                owner, "api_key", detail, f"{words} and {max_rules_a_day} a day,"
            )
            return asked
        secret = await self._make(owner, detail)
        await self._consent.record(owner, "api_key", "owner", detail)
        return secret

    async def list(self, owner: OwnerId) -> "Keys":
        """Those that are not revoked, oldest first."""
        return await self._credentials.keys(owner)

    async def find(self, secret: str) -> ApiKey | None:
        """The key whose secret this is, if it is good."""
        key_id, _, rest = secret.removeprefix(PREFIX).partition(".")
        key = await self._credentials.key(key_id) if rest and key_id.isascii() and len(key_id) < 40 else None
        if key is None or not hmac.compare_digest(digest(rest), key.secret_hash) or key.revoked_at is not None:
            return None
        return None if key.expires_at is not None and key.expires_at <= self._parts.clock.now() else key

    async def revoke(self, owner: OwnerId, key_id: str) -> None:
        """Make a key useless from now on. Raises NotFound."""
        if not await self._credentials.revoke_key(owner, key_id, self._parts.clock.now()):
            raise NotFound("You have no such key.", "See your keys.")
        await self._consent.record(owner, "api_key.revoked", "owner", {"key": key_id})

    async def _make(self, owner: OwnerId, detail: Mapping[str, Any]) -> str:
        now = self._parts.clock.now()
        secret = secrets.token_urlsafe(32)
        cap, days = detail["max_order_usd"], detail["days"]
        key = ApiKey(
            id=new_id("k", now),
            owner=owner,
            name=detail["name"],
            secret_hash=digest(secret),
            scopes=tuple(detail["scopes"]),
            max_order_usd=None if cap is None else Decimal(cap),
            max_rules_a_day=detail["max_rules_a_day"],
            created_at=now,
            expires_at=None if days is None else now + timedelta(days=days),
        )
        await self._credentials.add_key(key)
        return f"{PREFIX}{key.id}.{secret}"


Keys = list[ApiKey]
