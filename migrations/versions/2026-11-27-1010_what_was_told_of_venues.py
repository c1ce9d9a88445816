"""What people were last told of a venue's taking orders.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "11271010"
down_revision = "0812"


def upgrade() -> None:
    """One row a venue."""
    op.execute("""
    CREATE TABLE venue_standings (
        venue TEXT NOT NULL,
        body JSONB NOT NULL,
        CONSTRAINT venue_standings_pkey PRIMARY KEY (venue)
    )
    """)
