"""What happened, how far its readers are, who is still to be told, and who may watch what.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "1102"
down_revision = "1101"

STATEMENTS = (
    """
    CREATE TABLE events (
        xid BIGINT DEFAULT pg_current_xact_id()::text::bigint NOT NULL,
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        owner INTEGER,
        rule_id TEXT,
        name TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        body JSONB NOT NULL,
        CONSTRAINT events_pkey PRIMARY KEY (xid, id),
        CONSTRAINT events_id_key UNIQUE (id)
    )
    """,
    """
    CREATE TABLE event_epochs (
        epoch INTEGER NOT NULL,
        cluster TEXT NOT NULL,
        shift BIGINT NOT NULL,
        began_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT event_epochs_pkey PRIMARY KEY (epoch)
    )
    """,
    """
    CREATE TABLE reader_cursors (
        name TEXT NOT NULL,
        cursor TEXT NOT NULL,
        CONSTRAINT reader_cursors_pkey PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE deliveries (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        owner INTEGER NOT NULL,
        event_id BIGINT NOT NULL,
        channel TEXT NOT NULL,
        address TEXT NOT NULL,
        state TEXT DEFAULT 'pending' NOT NULL,
        attempts INTEGER DEFAULT '0' NOT NULL,
        retry_at TIMESTAMP WITH TIME ZONE,
        sent_at TIMESTAMP WITH TIME ZONE,
        message_ref TEXT,
        reason TEXT,
        CONSTRAINT deliveries_pkey PRIMARY KEY (id),
        CONSTRAINT deliveries_event_id_channel_address_key UNIQUE (event_id, channel, address),
        CONSTRAINT deliveries_state_check CHECK (state IN ('failed', 'pending', 'sent')),
        CONSTRAINT deliveries_owner_fkey FOREIGN KEY(owner) REFERENCES users (id),
        CONSTRAINT deliveries_event_id_fkey FOREIGN KEY(event_id) REFERENCES events (id)
    )
    """,
    "CREATE INDEX deliveries_pending_idx ON deliveries (channel, address, id) WHERE state = 'pending'",
    """
    CREATE TABLE leases (
        partition TEXT NOT NULL,
        holder TEXT NOT NULL,
        epoch BIGINT NOT NULL,
        expires TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT leases_pkey PRIMARY KEY (partition)
    )
    """,
    """
    CREATE TABLE heartbeats (
        name TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT heartbeats_pkey PRIMARY KEY (name)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
