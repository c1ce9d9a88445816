"""What people sent, kept until it is answered, and which message shows which card.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "11270701"
down_revision = "1105"

STATEMENTS = (
    """
    CREATE TABLE inbox (
        channel TEXT NOT NULL,
        account TEXT NOT NULL,
        number BIGINT NOT NULL,
        person TEXT NOT NULL,
        body JSONB,
        sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
        answered_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT inbox_pkey PRIMARY KEY (channel, account, number)
    )
    """,
    "CREATE INDEX inbox_unanswered_idx ON inbox (channel, account, number) WHERE answered_at IS NULL",
    "CREATE INDEX inbox_answered_at_idx ON inbox (answered_at)",
    """
    CREATE TABLE shown (
        channel TEXT NOT NULL,
        place TEXT NOT NULL,
        ref TEXT NOT NULL,
        person TEXT NOT NULL,
        key TEXT,
        shown_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT shown_pkey PRIMARY KEY (channel, place, ref)
    )
    """,
    "CREATE INDEX shown_key_idx ON shown (channel, place, key) WHERE key IS NOT NULL",
    "CREATE INDEX shown_shown_at_idx ON shown (shown_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
