"""One owner's events found without reading everybody's.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "0811"
down_revision = "0810"


def upgrade() -> None:
    """Reads the whole table once; writers wait meanwhile, and a lock not had within 5 s fails the version."""
    op.execute("CREATE INDEX events_owner_idx ON events (owner, xid, id)")
