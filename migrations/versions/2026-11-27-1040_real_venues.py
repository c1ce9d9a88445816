"""What adapters of real venues remember, and the keys that trade.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "11271040"
down_revision = "11271010"

STATEMENTS = (
    """
    CREATE TABLE venue_notes (
        venue TEXT NOT NULL,
        owner INTEGER NOT NULL,
        key TEXT NOT NULL,
        body JSONB NOT NULL,
        CONSTRAINT venue_notes_pkey PRIMARY KEY (venue, owner, key)
    )
    """,
    """
    CREATE TABLE venue_activity (
        venue TEXT NOT NULL,
        owner INTEGER NOT NULL,
        number BIGINT NOT NULL,
        body JSONB NOT NULL,
        CONSTRAINT venue_activity_pkey PRIMARY KEY (venue, owner, number)
    )
    """,
    """
    CREATE TABLE trading_keys (
        address TEXT NOT NULL,
        kind TEXT NOT NULL,
        sealed BYTEA NOT NULL,
        master INTEGER NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        retired_at TIMESTAMPTZ,
        CONSTRAINT trading_keys_pkey PRIMARY KEY (address),
        CONSTRAINT trading_keys_kind_check CHECK (kind IN ('delegate', 'imported'))
    )
    """,
    """
    CREATE TABLE trading_key_uses (
        owner INTEGER NOT NULL,
        address TEXT NOT NULL,
        CONSTRAINT trading_key_uses_pkey PRIMARY KEY (owner),
        CONSTRAINT trading_key_uses_owner_fkey FOREIGN KEY (owner) REFERENCES users (id),
        CONSTRAINT trading_key_uses_address_fkey FOREIGN KEY (address) REFERENCES trading_keys (address)
    )
    """,
    "CREATE INDEX trading_key_uses_address_idx ON trading_key_uses (address)",
)


def upgrade() -> None:
    """New tables only: nothing is locked or rewritten."""
    for statement in STATEMENTS:
        op.execute(statement)
