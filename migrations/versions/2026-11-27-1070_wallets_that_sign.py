"""Which wallet trades and how, transactions that a wallet signs, and orders that wait for one.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "11271070"
down_revision = "11271060"

STATEMENTS = (
    "ALTER TABLE orders ADD COLUMN approval_until TIMESTAMPTZ",
    """
    ALTER TABLE wallets
        ADD COLUMN trading TEXT,
        ADD COLUMN delegated_at TIMESTAMPTZ,
        ADD CONSTRAINT wallets_trading_check CHECK (trading IN ('approve', 'delegate'))
    """,
    "CREATE UNIQUE INDEX wallets_trading_idx ON wallets (owner) WHERE trading IS NOT NULL",
    """
    CREATE TABLE wallet_transactions (
        id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        address TEXT NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        raw BYTEA NOT NULL,
        signature TEXT,
        reason TEXT NOT NULL,
        created_at TIMESTAMPTZ NOT NULL,
        valid_until TIMESTAMPTZ NOT NULL,
        CONSTRAINT wallet_transactions_pkey PRIMARY KEY (id),
        CONSTRAINT wallet_transactions_signature_key UNIQUE (signature),
        CONSTRAINT wallet_transactions_owner_fkey FOREIGN KEY (owner) REFERENCES users (id),
        CONSTRAINT wallet_transactions_kind_check CHECK (kind IN ('revoke', 'set_up', 'take_off')),
        CONSTRAINT wallet_transactions_state_check CHECK (state IN ('built', 'confirmed', 'failed', 'lapsed', 'sent'))
    )
    """,
    "CREATE INDEX wallet_transactions_owner_idx ON wallet_transactions (owner, created_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
