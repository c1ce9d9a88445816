"""What is wanted of a venue, what traded, and one-minute candles.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "1101"
down_revision = "1100"

STATEMENTS = (
    """
    CREATE TABLE orders (
        id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        rule_id TEXT NOT NULL,
        trigger_no INTEGER NOT NULL,
        leg_no INTEGER NOT NULL,
        market TEXT NOT NULL,
        state TEXT NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        venue TEXT NOT NULL,
        share NUMERIC NOT NULL,
        step TEXT NOT NULL,
        limit_price NUMERIC,
        trigger_price NUMERIC,
        intent JSONB,
        signature TEXT,
        raw BYTEA,
        valid_until TIMESTAMP WITH TIME ZONE,
        attempts INTEGER NOT NULL,
        filled_base NUMERIC NOT NULL,
        filled_quote NUMERIC NOT NULL,
        reason TEXT,
        proof TEXT,
        ended_at TIMESTAMP WITH TIME ZONE,
        cancel_asked BOOLEAN NOT NULL,
        cause TEXT,
        CONSTRAINT orders_pkey PRIMARY KEY (id),
        CONSTRAINT orders_rule_id_trigger_no_leg_no_key UNIQUE (rule_id, trigger_no, leg_no),
        CONSTRAINT orders_state_check CHECK (state IN ('accepted', 'cancelled', 'denied', 'filled', 'lapsed',
            'partially_filled', 'planned', 'rejected', 'sent', 'signed', 'unknown')),
        CONSTRAINT orders_step_check CHECK (step IN ('reverse_open', 'trade')),
        CONSTRAINT orders_share_check CHECK (share > 0 AND share <= 1),
        CONSTRAINT orders_filled_check CHECK (filled_base >= 0 AND filled_quote >= 0),
        CONSTRAINT orders_signed_check CHECK (NOT (state IN ('accepted', 'partially_filled', 'sent',
            'signed', 'unknown')) OR (signature IS NOT NULL AND raw IS NOT NULL AND valid_until IS NOT NULL)),
        CONSTRAINT orders_owner_fkey FOREIGN KEY(owner) REFERENCES users (id),
        CONSTRAINT orders_rule_id_fkey FOREIGN KEY(rule_id) REFERENCES trading_rules (id)
    )
    """,
    """
    CREATE INDEX orders_open_idx ON orders (created_at, id) WHERE state IN ('accepted', 'partially_filled',
        'planned', 'sent', 'signed', 'unknown')
    """,
    "CREATE INDEX orders_owner_idx ON orders (owner, created_at)",
    "CREATE UNIQUE INDEX orders_signature_idx ON orders (venue, signature) WHERE signature IS NOT NULL",
    """
    CREATE TABLE trades (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        venue TEXT NOT NULL,
        venue_fill_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        rule_id TEXT NOT NULL,
        market TEXT NOT NULL,
        side TEXT NOT NULL,
        base NUMERIC NOT NULL,
        price NUMERIC NOT NULL,
        fee NUMERIC NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        simulated BOOLEAN NOT NULL,
        realised_pnl NUMERIC,
        maker BOOLEAN NOT NULL,
        CONSTRAINT trades_pkey PRIMARY KEY (id),
        CONSTRAINT trades_venue_venue_fill_id_key UNIQUE (venue, venue_fill_id),
        CONSTRAINT trades_side_check CHECK (side IN ('buy', 'sell')),
        CONSTRAINT trades_sign_check CHECK (base > 0 AND price > 0),
        CONSTRAINT trades_order_id_fkey FOREIGN KEY(order_id) REFERENCES orders (id),
        CONSTRAINT trades_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
    "CREATE INDEX trades_order_id_idx ON trades (order_id)",
    "CREATE INDEX trades_owner_idx ON trades (owner, at, id)",
    """
    CREATE TABLE price_snapshots (
        market TEXT NOT NULL,
        start TIMESTAMP WITH TIME ZONE NOT NULL,
        open NUMERIC NOT NULL,
        high NUMERIC NOT NULL,
        low NUMERIC NOT NULL,
        close NUMERIC NOT NULL,
        volume NUMERIC,
        funding_rate NUMERIC,
        source TEXT NOT NULL,
        CONSTRAINT price_snapshots_pkey PRIMARY KEY (market, start),
        CONSTRAINT price_snapshots_minute_check CHECK (date_trunc('minute', start, 'UTC') = start)
    )
    """,
    """
    CREATE TABLE activity_cursors (
        owner INTEGER NOT NULL,
        venue TEXT NOT NULL,
        number BIGINT NOT NULL,
        CONSTRAINT activity_cursors_pkey PRIMARY KEY (owner, venue),
        CONSTRAINT activity_cursors_owner_fkey FOREIGN KEY(owner) REFERENCES users (id)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
