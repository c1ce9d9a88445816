"""Who owns what, what they said and agreed to, and the jobs that watch it.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "1100"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE users (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        timezone TEXT NOT NULL,
        paused BOOLEAN NOT NULL,
        CONSTRAINT users_pkey PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE limits (
        owner INTEGER NOT NULL,
        max_order_usd NUMERIC NOT NULL,
        max_position_usd NUMERIC NOT NULL,
        max_leverage NUMERIC NOT NULL,
        max_slippage_bps INTEGER NOT NULL,
        max_orders_a_day INTEGER NOT NULL,
        CONSTRAINT limits_pkey PRIMARY KEY (owner),
        CONSTRAINT limits_sign_check CHECK (max_order_usd >= 0 AND max_position_usd >= 0
            AND max_leverage >= 0 AND max_slippage_bps >= 0 AND max_orders_a_day >= 0),
        CONSTRAINT limits_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    """
    CREATE TABLE links (
        channel TEXT NOT NULL,
        address TEXT NOT NULL,
        owner INTEGER NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT links_pkey PRIMARY KEY (channel, address),
        CONSTRAINT links_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    "CREATE INDEX links_owner_idx ON links (owner)",
    """
    CREATE TABLE wallets (
        address TEXT NOT NULL,
        owner INTEGER NOT NULL,
        kind TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT wallets_pkey PRIMARY KEY (address),
        CONSTRAINT wallets_kind_check CHECK (kind IN ('delegate', 'signin')),
        CONSTRAINT wallets_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    "CREATE INDEX wallets_owner_idx ON wallets (owner)",
    """
    CREATE TABLE drafts (
        id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        words TEXT NOT NULL,
        result JSONB NOT NULL,
        state TEXT NOT NULL,
        revision INTEGER NOT NULL,
        channel TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        event_id TEXT,
        summary TEXT NOT NULL,
        CONSTRAINT drafts_pkey PRIMARY KEY (id),
        CONSTRAINT drafts_state_check CHECK (state IN ('asking', 'awaiting_confirmation', 'cancelled',
            'confirmed', 'expired')),
        CONSTRAINT drafts_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    """
    CREATE INDEX drafts_open_idx ON drafts (owner, created_at) WHERE state IN ('asking', 'awaiting_confirmation')
    """,
    """
    CREATE TABLE trading_rules (
        id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        number INTEGER NOT NULL,
        set_id TEXT NOT NULL,
        draft_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        state TEXT NOT NULL,
        markets TEXT[] NOT NULL,
        spec JSONB NOT NULL,
        words TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        armed_at TIMESTAMP WITH TIME ZONE,
        "references" JSONB NOT NULL,
        memory JSONB NOT NULL,
        trigger_no INTEGER NOT NULL,
        fired_at TIMESTAMP WITH TIME ZONE,
        after_rule TEXT,
        held_by TEXT,
        bound_side TEXT,
        resume_to TEXT,
        reason TEXT,
        cause TEXT,
        CONSTRAINT trading_rules_pkey PRIMARY KEY (id),
        CONSTRAINT trading_rules_owner_number_key UNIQUE (owner, number),
        CONSTRAINT trading_rules_state_check CHECK (state IN ('armed', 'awaiting_confirmation', 'cancelled',
            'completed', 'expired', 'failed', 'firing', 'held', 'paused', 'waiting')),
        CONSTRAINT trading_rules_bound_side_check CHECK (bound_side IN ('long', 'short')),
        CONSTRAINT trading_rules_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    "CREATE INDEX trading_rules_armed_idx ON trading_rules (id) WHERE state IN ('armed')",
    """
    CREATE TABLE jobs (
        rule_id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        checks BIGINT NOT NULL,
        last_check_at TIMESTAMP WITH TIME ZONE,
        last_price NUMERIC,
        failures INTEGER NOT NULL,
        next_run_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT jobs_pkey PRIMARY KEY (rule_id),
        CONSTRAINT jobs_kind_check CHECK (kind IN ('position_monitor', 'price_monitor', 'time_based')),
        CONSTRAINT jobs_state_check CHECK (state IN ('active', 'done', 'failed', 'idle')),
        CONSTRAINT jobs_rule_id_fkey FOREIGN KEY(rule_id) REFERENCES trading_rules (id),
        CONSTRAINT jobs_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    """
    CREATE TABLE job_logs (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        rule_id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        what TEXT NOT NULL,
        detail JSONB NOT NULL,
        CONSTRAINT job_logs_pkey PRIMARY KEY (id),
        CONSTRAINT job_logs_rule_id_fkey FOREIGN KEY(rule_id) REFERENCES trading_rules (id),
        CONSTRAINT job_logs_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    "CREATE INDEX job_logs_rule_idx ON job_logs (rule_id, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
