"""How each person wants to be told, what is told first, and addresses that take nothing any more.

Forward only: to go back, restore the back-up taken before. Every default is a constant, so no table is rewritten.
"""

from alembic import op

revision = "11270702"
down_revision = "11270701"

STATEMENTS = (
    "ALTER TABLE users ADD COLUMN preferences JSONB NOT NULL DEFAULT '{}'::jsonb",
    "ALTER TABLE links ADD COLUMN dead_since TIMESTAMP WITH TIME ZONE",
    "ALTER TABLE links ADD COLUMN dead_reason TEXT",
    "ALTER TABLE deliveries ADD COLUMN urgency INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE deliveries ADD COLUMN silent BOOLEAN NOT NULL DEFAULT false",
    "CREATE INDEX deliveries_urgency_idx ON deliveries (channel, urgency, id) WHERE state = 'pending'",
    """
    CREATE INDEX deliveries_resting_idx ON deliveries (channel, retry_at)
    WHERE state = 'pending' AND retry_at IS NOT NULL
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
