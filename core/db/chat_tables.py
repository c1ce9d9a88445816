"""The tables of conversations: what was heard, which message shows which card, what is remembered; decides no query."""

from sqlalchemy import BigInteger, Column, DateTime, Index, PrimaryKeyConstraint, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from core.db.tables import metadata

inbox = Table(
    "inbox",
    metadata,
    Column("channel", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("body", JSONB),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("answered_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("channel", "account", "number"),
    Index("inbox_unanswered_idx", "channel", "account", "number", postgresql_where=text("answered_at IS NULL")),
    Index("inbox_answered_at_idx", "answered_at"),
)

shown = Table(
    "shown",
    metadata,
    Column("channel", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("key", Text),
    Column("shown_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("channel", "place", "ref"),
    Index("shown_key_idx", "channel", "place", "key", postgresql_where=text("key IS NOT NULL")),
    Index("shown_person_idx", "channel", "person", "key", postgresql_where=text("key IS NOT NULL")),
    Index("shown_shown_at_idx", "shown_at"),
)

memos = Table(
    "memos",
    metadata,
    Column("channel", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("channel", "person", "name"),
)
"""`person` is empty where a channel remembers something of itself."""
