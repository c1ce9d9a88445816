"""What the API answers about keys, wallets, links, limits and approvals, as OpenAPI knows it; decides no value."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from api.schemas import Amount


class ApprovalOut(BaseModel):
    """What waits for a signature of one of the owner's wallets."""

    id: str
    kind: str
    summary: str
    state: Literal["pending", "approved", "declined"]
    created_at: datetime
    expires_at: datetime


class ApprovalsOut(BaseModel):
    """What waits, oldest first."""

    approvals: list[ApprovalOut]


class LimitsOut(BaseModel):
    """The limits in force, and what waits for a signature where one was raised."""

    max_order_usd: Amount
    max_position_usd: Amount
    max_leverage: Amount
    max_slippage_bps: int
    max_orders_a_day: int
    approval: ApprovalOut | None = None


class DoneOut(BaseModel):
    """What came of an approval or of an act that may need one. `secret` is a key's, shown this once."""

    done: bool
    approval: ApprovalOut | None = None
    secret: str | None = None


class KeyOut(BaseModel):
    """A program's key, without its secret."""

    id: str
    name: str
    scopes: list[str]
    max_order_usd: Amount | None = None
    max_rules_a_day: int | None = None
    created_at: datetime
    expires_at: datetime | None = None


class KeysOut(BaseModel):
    """Keys, oldest first."""

    api_keys: list[KeyOut]


class WalletOut(BaseModel):
    """A wallet that signs in as the owner."""

    address: str
    created_at: datetime


class WalletsOut(BaseModel):
    """Wallets, oldest first."""

    wallets: list[WalletOut]


class LinkOut(BaseModel):
    """A place where the owner's cards go, or went: since `dead_since` it takes none, and why."""

    channel: str
    address: str
    created_at: datetime
    dead_since: datetime | None = None
    dead_reason: str | None = None


class ClaimOut(BaseModel):
    """Somebody who entered the owner's code on a channel and waits for the owner to agree."""

    id: str
    channel: str
    address: str
    expires_at: datetime


class LinksOut(BaseModel):
    """Linked places, and who waits to be linked."""

    links: list[LinkOut]
    claims: list[ClaimOut]


class CodeOut(BaseModel):
    """Send this to the bot as `/link CODE`."""

    code: str
    expires_at: datetime


class AuditLineOut(BaseModel):
    """One sensitive act."""

    at: datetime
    act: str
    by: str
    detail: dict[str, Any]


class AuditOut(BaseModel):
    """Sensitive acts, newest first."""

    audit: list[AuditLineOut]
