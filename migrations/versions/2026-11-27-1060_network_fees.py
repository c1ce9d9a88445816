"""What the network charged our keys, by transaction, and what each key has left.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "11271060"
down_revision = "11271050"

STATEMENTS = (
    """
    CREATE TABLE network_fees (
        signature TEXT NOT NULL,
        payer TEXT NOT NULL,
        owner INTEGER,
        slot BIGINT NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        lamports BIGINT NOT NULL,
        failed BOOLEAN NOT NULL,
        CONSTRAINT network_fees_pkey PRIMARY KEY (signature)
    )
    """,
    "CREATE INDEX network_fees_payer_idx ON network_fees (payer, slot) INCLUDE (lamports, failed)",
    "CREATE INDEX network_fees_owner_idx ON network_fees (owner) INCLUDE (lamports, failed)",
    """
    CREATE TABLE fee_payers (
        key TEXT NOT NULL,
        slot BIGINT NOT NULL,
        lamports BIGINT,
        seen_at TIMESTAMPTZ,
        low_since TIMESTAMPTZ,
        CONSTRAINT fee_payers_pkey PRIMARY KEY (key)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
