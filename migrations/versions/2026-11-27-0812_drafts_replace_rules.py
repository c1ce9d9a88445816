"""A draft may be a rule's next version.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "0812"
down_revision = "0811"


def upgrade() -> None:
    """A nullable column: no row is rewritten."""
    op.execute("ALTER TABLE drafts ADD COLUMN replaces TEXT")
