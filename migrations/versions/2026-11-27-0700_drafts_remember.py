"""Drafts remember what they said before each answer and correction, so that "undo" has somewhere to go.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "1105"
down_revision = "1104"


def upgrade() -> None:
    op.execute("ALTER TABLE drafts ADD COLUMN earlier JSONB NOT NULL DEFAULT '[]'::jsonb")
    op.execute("ALTER TABLE drafts ALTER COLUMN earlier DROP DEFAULT")
