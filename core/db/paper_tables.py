"""The tables in which the paper venue keeps its books, apart from ours: somebody else's memory of the same orders.

Bodies are documents that only the paper venue reads; what is looked for across owners stands beside them in columns.
"""

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, Numeric, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from core.db.tables import metadata

paper_accounts = Table(
    "paper_accounts",
    metadata,
    Column("owner", Integer, primary_key=True, autoincrement=False),
    Column("body", JSONB, nullable=False),
)

paper_orders = Table(
    "paper_orders",
    metadata,
    Column("owner", Integer, nullable=False),
    Column("signature", Text, nullable=False),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("resting", Boolean, nullable=False),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("owner", "signature"),
    Index("paper_orders_resting_idx", "owner", "number", postgresql_where="resting"),
)

paper_activity = Table(
    "paper_activity",
    metadata,
    Column("owner", Integer, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("body", JSONB, nullable=False),
    PrimaryKeyConstraint("owner", "number"),
)

paper_wakes = Table(
    "paper_wakes",
    metadata,
    Column("owner", Integer, nullable=False),
    Column("market", Text, nullable=False),
    Column("below", Numeric),
    Column("above", Numeric),
    Column("exposed", Boolean, nullable=False),
    PrimaryKeyConstraint("owner", "market"),
    Index("paper_wakes_below_idx", "market", "below", postgresql_where="below IS NOT NULL"),
    Index("paper_wakes_above_idx", "market", "above", postgresql_where="above IS NOT NULL"),
    Index("paper_wakes_exposed_idx", "market", "owner", postgresql_where="exposed"),
)

paper_marks = Table(
    "paper_marks",
    metadata,
    Column("market", Text, primary_key=True),
    Column("body", JSONB, nullable=False),
)

paper_values = Table(
    "paper_values",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
