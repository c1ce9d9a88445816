"""What the core needs to know who somebody is: things usable once, sessions, keys, wallets, approvals, audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from core.domain.ids import OwnerId

Purpose = Literal["sign_in", "link_wallet", "approve", "web", "link", "link_claim", "init_data", "export"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """Something that may be used once before `expires_at`: a challenge, a magic link, a code.

    `key` is what names it; of a secret only the hash is kept.
    """

    purpose: Purpose
    key: str
    owner: OwnerId | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody signed in somewhere. `generation` grows with each refresh; only the newest secret is good."""

    id: str
    owner: OwnerId
    how: str
    generation: int = 1
    secret_hash: str
    created_at: datetime
    rotated_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A program's key: what it may do, and the caps that hold where it may confirm by itself."""

    id: str
    owner: OwnerId
    name: str
    secret_hash: str
    scopes: tuple[str, ...]
    max_order_usd: Decimal | None = None
    max_rules_a_day: int | None = None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Something that waits for its owner's wallet to sign; `detail` is what is done once it has."""

    id: str
    owner: OwnerId
    kind: str
    detail: Mapping[str, Any]
    summary: str
    state: Literal["pending", "approved", "declined"] = "pending"
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One sensitive act: who did what, by which credential, from where."""

    owner: OwnerId
    at: datetime
    act: str
    by: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """A Solana address that signs in as its owner.

    `trading` = the account that is traded is this one's, by a key of ours or by its own signature each time; one wallet
    of an owner has it, and where none has, the oldest trades by a key. `delegated_at` is when it last let ours trade.
    """

    address: str
    created_at: datetime
    trading: Literal["delegate", "approve"] | None = None
    delegated_at: datetime | None = None


def trading_wallet(wallets: Sequence[Wallet]) -> Wallet | None:
    """Of an owner's *wallets*, oldest first, the one whose account is traded."""
    return next((wallet for wallet in wallets if wallet.trading is not None), wallets[0] if wallets else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A place where the owner talks to us; `dead_since` it takes nothing from us, and why."""

    channel: str
    address: str
    created_at: datetime
    dead_since: datetime | None = None
    dead_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody on a channel entered a code of the owner's and waits for the owner to agree."""

    id: str
    channel: str
    address: str
    expires_at: datetime


class Credentials(Protocol):
    """Things usable once, sessions and keys; secrets come in and go out as hashes."""

    async def put(self, once: Once) -> bool:
        """Keep it; False if there is one of that purpose and key."""
        ...

    async def take(self, purpose: Purpose, key: str, now: datetime) -> Once | None:
        """What is kept under *key*, gone with this call; None where it is used, expired or never was."""
        ...

    async def pending(self, owner: OwnerId, purpose: Purpose, now: datetime) -> list[Once]: ...

    async def add_session(self, session: Session) -> None: ...
    async def session(self, session_id: str) -> Session | None: ...
    async def is_good(self, credential_id: str, now: datetime) -> bool:
        """Whether a session or key of that id neither ended nor expired; the cheapest question there is."""
        ...

    async def sessions(self, owner: OwnerId, now: datetime) -> list[Session]:
        """Those still good, newest first."""
        ...

    async def rotate(self, session: Session, *, was: int) -> bool:
        """Store *session*'s new secret and generation if it stands at generation *was* and has not ended."""
        ...

    async def end_sessions(self, owner: OwnerId, session_id: str | None, at: datetime) -> int:
        """End one session, or all of them where None; how many were ended."""
        ...

    async def add_key(self, key: ApiKey) -> None: ...
    async def key(self, key_id: str) -> ApiKey | None: ...
    async def keys(self, owner: OwnerId) -> list[ApiKey]:
        """Those not revoked, oldest first."""
        ...

    async def revoke_key(self, owner: OwnerId, key_id: str, at: datetime) -> bool: ...


class People(Protocol):
    """Owners' wallets and links, what waits for their signature, and what was done in their name."""

    async def create(self, at: datetime) -> OwnerId:
        """A new owner without wallet or link."""
        ...

    async def of_wallet(self, address: str, at: datetime) -> OwnerId:
        """The owner of a sign-in wallet, made if there is none; two at once make one."""
        ...

    async def wallets(self, owner: OwnerId) -> list[Wallet]: ...
    async def add_wallet(self, owner: OwnerId, address: str, at: datetime) -> None:
        """Raises Conflict if it is somebody else's."""
        ...

    async def choose_wallet(self, owner: OwnerId, address: str, trading: Literal["delegate", "approve"]) -> bool:
        """Trade that wallet's account from now on, that way; False if it is not theirs."""
        ...

    async def note_delegated(self, owner: OwnerId, address: str, at: datetime) -> None: ...
    async def remove_wallet(self, owner: OwnerId, address: str) -> bool: ...
    async def links(self, owner: OwnerId) -> list[Link]: ...
    async def move_link(self, channel: str, address: str, *, was: OwnerId, to: OwnerId, at: datetime) -> bool:
        """Let a place speak for *to* from now on; False if it is not *was*'s any more, or something of theirs acts."""
        ...

    async def remove_link(self, owner: OwnerId, channel: str, address: str) -> bool: ...
    async def add_approval(self, approval: Approval) -> None: ...
    async def approval(self, owner: OwnerId, approval_id: str) -> Approval | None: ...
    async def approvals(self, owner: OwnerId, now: datetime) -> list[Approval]:
        """Those that wait, oldest first."""
        ...

    async def decide(self, owner: OwnerId, approval_id: str, state: Literal["approved", "declined"]) -> bool:
        """Move a waiting approval on; False if it waits no more."""
        ...

    async def audit(self, line: AuditLine) -> None: ...
    async def audits(self, owner: OwnerId, limit: int = 100) -> list[AuditLine]:
        """Newest first."""
        ...

    async def audit_within(self, lines: Sequence[AuditLine], most: int, since: datetime) -> bool:
        """Write down *lines*, of one owner, act and doer, if there are then at most *most* since that time; else none.

        Of several at once each counts those before it.
        """
        ...
