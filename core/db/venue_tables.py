"""The tables of real venues' adapters: what they must remember, and the keys that trade, sealed; decides no query."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy import DateTime as _DateTime
from sqlalchemy.dialects.postgresql import JSONB

from core.db.tables import metadata

venue_notes = Table(
    "venue_notes",
    metadata,
    Column("venue", Text, nullable=False),
    Column("owner", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("venue", "owner", "key"),
)

venue_activity = Table(
    "venue_activity",
    metadata,
    Column("venue", Text, nullable=False),
    Column("owner", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("venue", "owner", "number"),
)

wallet_transactions = Table(
    "wallet_transactions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Integer, ForeignKey("users.id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("signature", Text, unique=True),
    Column("reason", Text, nullable=False),
    Column("created_at", _DateTime(timezone=True), nullable=False),
    Column("valid_until", _DateTime(timezone=True), nullable=False),
    CheckConstraint("kind IN ('revoke', 'set_up', 'take_off')", name="kind"),
    CheckConstraint("state IN ('built', 'confirmed', 'failed', 'lapsed', 'sent')", name="state"),
    Index("wallet_transactions_owner_idx", "owner", "created_at"),
)

trading_keys = Table(
    "trading_keys",
    metadata,
    Column("address", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("master", Integer, nullable=False),
    Column("created_at", _DateTime(timezone=True), nullable=False),
    Column("retired_at", _DateTime(timezone=True)),
    CheckConstraint("kind IN ('delegate', 'imported')", name="kind"),
)

trading_key_uses = Table(
    "trading_key_uses",
    metadata,
    Column("owner", Integer, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("address", Text, ForeignKey("trading_keys.address"), nullable=False),
    Index("trading_key_uses_address_idx", "address"),
)

network_fees = Table(
    "network_fees",
    metadata,
    Column("signature", Text, primary_key=True),
    Column("payer", Text, nullable=False),
    Column("owner", Integer),
    Column("slot", BigInteger, nullable=False),
    Column("at", _DateTime(timezone=True), nullable=False),
    Column("lamports", BigInteger, nullable=False),
    Column("failed", Boolean, nullable=False),
    Index("network_fees_payer_idx", "payer", "slot", postgresql_include=["lamports", "failed"]),
    Index("network_fees_owner_idx", "owner", postgresql_include=["lamports", "failed"]),
)

fee_payers = Table(
    "fee_payers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("slot", BigInteger, nullable=False),
    Column("lamports", BigInteger),
    Column("seen_at", _DateTime(timezone=True)),
    Column("low_since", _DateTime(timezone=True)),
)
