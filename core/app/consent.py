"""What needs more than being signed in: limits, programs' keys, export; decides when a wallet must sign afresh."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from core.app.identity import Challenge, Identity, Proof, digest
from core.app.parts import Parts
from core.codec import to_json
from core.domain.errors import BadInput, Conflict, Denied, NotFound
from core.domain.event import AccountLimitChanged
from core.domain.ids import OwnerId, new_id
from core.domain.limit import Limits
from core.domain.money import plain
from core.ports.access import ApiKey, Approval, AuditLine, Credentials, People

APPROVAL_LIFE = timedelta(minutes=15)
SCOPES = ("read", "write", "trade", "auto_confirm")
"""What a program's key may do: look; draft, pause and cancel; confirm; confirm by itself as it drafts, within caps."""
MOST_KEYS = 20
_LARGEST = Decimal(10**12)

Lines = list[AuditLine]


class Consent:
    """Sensitive acts. On paper, without a wallet, they are done at once; else they wait for a fresh signature."""

    def __init__(self, parts: Parts, identity: Identity, credentials: Credentials, people: People) -> None:
        self._parts = parts
        self._identity = identity
        self._credentials = credentials
        self._people = people

    async def change_limits(self, owner: OwnerId, changes: Mapping[str, Decimal | int]) -> Limits | Approval:
        """The limits with *changes* by name. What lowers is done at once; what raises may wait. Raises BadInput."""
        async with self._parts.store.begin(owner) as tx:
            before = (await tx.read_owner()).limits
        for name, value in changes.items():
            if not 0 <= value <= _LARGEST:
                raise BadInput(f"Expected {name} from 0 to 10^12, was {value}.", "Choose a smaller number.")
        raised = {name: value for name, value in changes.items() if value > getattr(before, name)}
        lowered = {name: value for name, value in changes.items() if name not in raised}
        after = await self._set_limits(owner, lowered) if lowered else before
        if not raised:
            return after
        words = ", ".join(
            f"{name} from {_shown(getattr(before, name))} to {_shown(new)}" for name, new in raised.items()
        )
        result = await self._ask(owner, "raise_limits", {"limits": to_json(raised)}, f"Raise {words}")
        return result if isinstance(result, Approval) else await self._limits(owner)

    async def create_key(
        self,
        owner: OwnerId,
        name: str,
        scopes: Sequence[str],
        *,
        max_order_usd: Decimal | None = None,
        max_rules_a_day: int | None = None,
        days: int | None = None,
    ) -> str | Approval:
        """A program's key, shown once. One that confirms by itself needs caps, and a signature. Raises BadInput."""
        if "auto_confirm" in scopes and (max_order_usd is None or max_rules_a_day is None):
            hint = "Give max_order_usd and max_rules_a_day."
            raise BadInput("A key that confirms by itself needs caps of its own.", hint)
        if len(await self._credentials.keys(owner)) >= MOST_KEYS:
            raise Conflict(f"You have {MOST_KEYS} keys already.", "Revoke one first.")
        detail = {
            "name": name,
            "scopes": list(scopes),
            "max_order_usd": None if max_order_usd is None else plain(max_order_usd),
            "max_rules_a_day": max_rules_a_day,
            "days": days,
        }
        if "auto_confirm" not in scopes:
            return await self._make_key(owner, detail)
        words = f"Let the key {name!r} confirm by itself up to ${plain(max_order_usd or Decimal(0))} a rule"
        result = await self._ask(owner, "api_key", detail, f"{words} and {max_rules_a_day} rules a day")
        return result if isinstance(result, Approval) else str(result)

    async def keys(self, owner: OwnerId) -> Sequence[ApiKey]:
        """The owner's keys that are not revoked."""
        return await self._credentials.keys(owner)

    async def find_key(self, secret: str) -> ApiKey | None:
        """The key whose secret this is, if it is good."""
        key_id, _, rest = secret.removeprefix("sw_").partition(".")
        key = await self._credentials.key(key_id) if rest else None
        now = self._parts.clock.now()
        if key is None or not hmac.compare_digest(digest(rest), key.secret_hash) or key.revoked_at is not None:
            return None
        return None if key.expires_at is not None and key.expires_at <= now else key

    async def revoke_key(self, owner: OwnerId, key_id: str) -> None:
        """Make a key useless from now on. Raises NotFound."""
        if not await self._credentials.revoke_key(owner, key_id, self._parts.clock.now()):
            raise NotFound("No such key of yours.", "See your keys.")
        await self.record(owner, "api_key.revoked", "owner", {"key": key_id})

    async def approvals(self, owner: OwnerId) -> Sequence[Approval]:
        """What waits for the owner's signature."""
        return await self._people.approvals(owner, self._parts.clock.now())

    async def challenge(self, owner: OwnerId, approval_id: str, address: str) -> Challenge:
        """What one of the owner's wallets must sign to approve. Raises NotFound, BadInput, Denied."""
        approval = await self._waiting(owner, approval_id)
        if address not in {wallet.address for wallet in await self._people.wallets(owner)}:
            raise Denied("That wallet is not linked to your account.", "Use one of your wallets.")
        statement = f"{approval.summary} in SayWhen. This signs no transaction."
        return await self._identity.challenge(address, "approve", owner=owner, statement=statement, about=approval_id)

    async def settle(self, owner: OwnerId, approval_id: str, proof: Proof | None) -> Any:
        """Do what was approved, for its result; without a proof it is declined. Raises Denied, NotFound, Conflict."""
        approval = await self._waiting(owner, approval_id)
        if proof is not None:
            await self._identity.prove(proof, "approve", owner=owner, about=approval_id)
        if not await self._people.decide(owner, approval_id, "declined" if proof is None else "approved"):
            raise Conflict("This was decided already.", "See what waits.")
        return (
            None if proof is None else await self._do(owner, approval.kind, approval.detail, f"approval {approval_id}")
        )

    async def record(self, owner: OwnerId, act: str, by: str, detail: Mapping[str, Any] | None = None) -> None:
        """Write a sensitive act down."""
        await self._people.audit(
            AuditLine(owner=owner, at=self._parts.clock.now(), act=act, by=by, detail=detail or {})
        )

    # --- inside ------------------------------------------------------------------------------------------------

    async def _waiting(self, owner: OwnerId, approval_id: str) -> Approval:
        approval = await self._people.approval(owner, approval_id)
        if approval is None or approval.state != "pending" or approval.expires_at <= self._parts.clock.now():
            raise NotFound("Nothing waits for your signature under that id.", "See what waits.")
        return approval

    async def _ask(
        self, owner: OwnerId, kind: Literal["raise_limits", "api_key", "export"], detail: dict[str, Any], words: str
    ) -> Any:
        """The result where no wallet could sign, which is on paper only; else the approval that waits for one."""
        if not await self._people.wallets(owner):
            if not self._parts.venue.simulated:
                raise Denied("This needs your wallet's signature.", "Link a wallet on the web first.")
            return await self._do(owner, kind, detail, "paper owner without a wallet")
        now = self._parts.clock.now()
        approval = Approval(
            id=new_id("a", now),
            owner=owner,
            kind=kind,
            detail=detail,
            summary=words,
            created_at=now,
            expires_at=now + APPROVAL_LIFE,
        )
        await self._people.add_approval(approval)
        return approval

    async def _do(self, owner: OwnerId, kind: str, detail: Mapping[str, Any], by: str) -> Any:
        await self.record(owner, f"{kind}.done", by, detail)
        match kind:
            case "raise_limits":
                whole = {"max_slippage_bps", "max_orders_a_day"}
                changes: dict[str, Decimal | int] = {
                    name: int(value) if name in whole else Decimal(value) for name, value in detail["limits"].items()
                }
                return await self._set_limits(owner, changes)
            case "api_key":
                return await self._make_key(owner, detail)
            case _:
                raise ValueError(f"Expected something that can be approved, was {kind}")

    async def _make_key(self, owner: OwnerId, detail: Mapping[str, Any]) -> str:
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
        await self.record(owner, "api_key.created", "owner", {"key": key.id, "scopes": list(key.scopes)})
        return f"sw_{key.id}.{secret}"

    async def _limits(self, owner: OwnerId) -> Limits:
        async with self._parts.store.begin(owner) as tx:
            return (await tx.read_owner()).limits

    async def _set_limits(self, owner: OwnerId, changes: Mapping[str, Decimal | int]) -> Limits:
        now = self._parts.clock.now()
        async with self._parts.store.begin(owner) as tx:
            person = await tx.read_owner()
            changed = replace(person.limits, **dict(changes))  # type: ignore[arg-type]
            await tx.save_owner(replace(person, limits=changed))
            for name in (field.name for field in fields(Limits)):
                was, new = getattr(person.limits, name), getattr(changed, name)
                if was != new:
                    event = AccountLimitChanged(at=now, owner=owner, limit=name, was=_shown(was), now=_shown(new))
                    await tx.append(event)
        return changed


def _shown(value: Decimal | int) -> str:
    return plain(Decimal(value))
