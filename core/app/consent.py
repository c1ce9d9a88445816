"""What needs more than being signed in; decides when a wallet must sign afresh, not what is then done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from core.app.identity import Challenge, Identity, Proof
from core.app.parts import Parts
from core.domain.errors import Conflict, Denied, NotFound
from core.domain.ids import OwnerId, new_id
from core.ports.access import Approval, AuditLine, People

APPROVAL_LIFE = timedelta(minutes=15)
Deed = Callable[[OwnerId, Mapping[str, Any]], Awaitable[Any]]


class Consent:
    """Sensitive acts. On paper, without a wallet, they are done at once; else they wait for a fresh signature.

    `deeds` holds by kind what is done once it was agreed to; each noun that has such an act puts its own there.
    `unrecorded` are deeds that leave nobody behind whose log could tell of them.
    """

    def __init__(self, parts: Parts, identity: Identity, people: People) -> None:
        self._parts = parts
        self._identity = identity
        self._people = people
        self.deeds: dict[str, Deed] = {}
        self.unrecorded: dict[str, Deed] = {}

    async def ask(self, owner: OwnerId, kind: str, detail: Mapping[str, Any], words: str) -> Any:
        """What the deed gives where no wallet could sign; else the Approval that waits for one. *words* say what."""
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

    async def waiting(self, owner: OwnerId) -> list[Approval]:
        """What waits for the owner's signature, oldest first."""
        return await self._people.approvals(owner, self._parts.clock.now())

    async def challenge(self, owner: OwnerId, approval_id: str, address: str) -> Challenge:
        """What one of the owner's wallets must sign to approve. Raises NotFound, BadInput, Denied."""
        approval = await self._find(owner, approval_id)
        if address not in {wallet.address for wallet in await self._people.wallets(owner)}:
            raise Denied("That wallet is not linked to your account.", "Choose an account in it that is linked here.")
        statement = f"{approval.summary} in SayWhen. This signs no transaction."
        return await self._identity.challenge(address, "approve", owner=owner, statement=statement, about=approval_id)

    async def settle(self, owner: OwnerId, approval_id: str, proof: Proof | None) -> Any:
        """Do what was approved, for its result; without a proof it is declined. Raises Denied, NotFound, Conflict."""
        approval = await self._find(owner, approval_id)
        if proof is not None:
            await self._identity.prove(proof, "approve", owner=owner, about=approval_id)
        if not await self._people.decide(owner, approval_id, "declined" if proof is None else "approved"):
            raise Conflict("This was decided already.", "See what waits.")
        if proof is None:
            return None
        return await self._do(owner, approval.kind, approval.detail, f"approval {approval_id}")

    async def record(self, owner: OwnerId, act: str, by: str, detail: Mapping[str, Any] | None = None) -> None:
        """Write a sensitive act down."""
        line = AuditLine(owner=owner, at=self._parts.clock.now(), act=act, by=by, detail=detail or {})
        await self._people.audit(line)

    async def audits(self, owner: OwnerId, limit: int = 100) -> list[AuditLine]:
        """What was done in the owner's name, newest first."""
        return await self._people.audits(owner, limit)

    async def record_within(
        self, owner: OwnerId, act: str, by: str, details: Sequence[Mapping[str, Any]], most_a_day: int
    ) -> bool:
        """Write *act* down once for each of *details*; False, and nothing, where that is oftener than they may."""
        now = self._parts.clock.now()
        lines = [AuditLine(owner=owner, at=now, act=act, by=by, detail=detail) for detail in details]
        return await self._people.audit_within(lines, most_a_day, now - timedelta(days=1))

    async def _find(self, owner: OwnerId, approval_id: str) -> Approval:
        approval = await self._people.approval(owner, approval_id)
        if approval is None or approval.state != "pending" or approval.expires_at <= self._parts.clock.now():
            raise NotFound("Nothing waits for your signature under that id.", "See what waits.")
        return approval

    async def _do(self, owner: OwnerId, kind: str, detail: Mapping[str, Any], by: str) -> Any:
        if kind in self.unrecorded:
            return await self.unrecorded[kind](owner, detail)
        result = await self.deeds[kind](owner, detail)
        await self.record(owner, kind, by, detail)
        return result
