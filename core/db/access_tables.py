"""The tables that say who somebody is: things usable once, sessions, keys, approvals and the audit log."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from core.db.tables import metadata

_Moment = DateTime(timezone=True)


def _owner(*, nullable: bool = False) -> Column[int]:
    return Column("owner", Integer, ForeignKey("users.id"), nullable=nullable)


one_time = Table(
    "one_time",
    metadata,
    Column("purpose", Text, nullable=False),
    Column("key", Text, nullable=False),
    _owner(nullable=True),
    Column("detail", JSONB, nullable=False),
    Column("created_at", _Moment, nullable=False),
    Column("expires_at", _Moment, nullable=False),
    PrimaryKeyConstraint("purpose", "key"),
    Index("one_time_expires_idx", "expires_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("how", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("created_at", _Moment, nullable=False),
    Column("rotated_at", _Moment, nullable=False),
    Column("expires_at", _Moment, nullable=False),
    Column("ended_at", _Moment),
    Index("sessions_owner_idx", "owner", "created_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("max_order_usd", Numeric),
    Column("max_rules_a_day", Integer),
    Column("created_at", _Moment, nullable=False),
    Column("expires_at", _Moment),
    Column("revoked_at", _Moment),
    Index("api_keys_owner_idx", "owner", "created_at"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Text, primary_key=True),
    _owner(),
    Column("kind", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("summary", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", _Moment, nullable=False),
    Column("expires_at", _Moment, nullable=False),
    CheckConstraint("state IN ('approved', 'declined', 'pending')", name="state"),
    Index("approvals_owner_idx", "owner", "created_at"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _owner(),
    Column("at", _Moment, nullable=False),
    Column("act", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Index("audit_log_owner_idx", "owner", "id"),
)
