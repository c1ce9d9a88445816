"""Who somebody is: things usable once, sessions, keys, approvals and the audit log.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "0810"
down_revision = "11270702"

STATEMENTS = (
    """
    CREATE TABLE one_time (
        purpose TEXT NOT NULL,
        key TEXT NOT NULL,
        owner INTEGER,
        detail JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT one_time_pkey PRIMARY KEY (purpose, key),
        CONSTRAINT one_time_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    "CREATE INDEX one_time_expires_idx ON one_time (expires_at)",
    """
    CREATE TABLE sessions (
        id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        how TEXT NOT NULL,
        generation INTEGER NOT NULL,
        secret_hash TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        rotated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT sessions_pkey PRIMARY KEY (id),
        CONSTRAINT sessions_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    "CREATE INDEX sessions_owner_idx ON sessions (owner, created_at)",
    """
    CREATE TABLE api_keys (
        id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        name TEXT NOT NULL,
        secret_hash TEXT NOT NULL,
        scopes TEXT[] NOT NULL,
        max_order_usd NUMERIC,
        max_rules_a_day INTEGER,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT api_keys_pkey PRIMARY KEY (id),
        CONSTRAINT api_keys_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    "CREATE INDEX api_keys_owner_idx ON api_keys (owner, created_at)",
    """
    CREATE TABLE approvals (
        id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        kind TEXT NOT NULL,
        detail JSONB NOT NULL,
        summary TEXT NOT NULL,
        state TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT approvals_pkey PRIMARY KEY (id),
        CONSTRAINT approvals_owner_fkey FOREIGN KEY(owner) REFERENCES users (id),
        CONSTRAINT approvals_state_check CHECK (state IN ('approved', 'declined', 'pending'))
    )
    """,
    "CREATE INDEX approvals_owner_idx ON approvals (owner, created_at)",
    """
    CREATE TABLE audit_log (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        owner INTEGER NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        act TEXT NOT NULL,
        by TEXT NOT NULL,
        detail JSONB NOT NULL,
        CONSTRAINT audit_log_pkey PRIMARY KEY (id),
        CONSTRAINT audit_log_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    "CREATE INDEX audit_log_owner_idx ON audit_log (owner, id)",
)


def upgrade() -> None:
    """A lock that cannot be had within 5 s fails the version (`core.db.migrate`)."""
    for statement in STATEMENTS:
        op.execute(statement)
