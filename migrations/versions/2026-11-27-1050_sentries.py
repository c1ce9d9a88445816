"""Orders that stand at a venue for an armed exit, and which of them takes the place of which.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "11271050"
down_revision = "11271030"

STATEMENTS = (
    "ALTER TABLE trading_rules ADD COLUMN sentry TEXT",
    "ALTER TABLE orders ADD COLUMN replaces TEXT",
    "ALTER TABLE orders DROP CONSTRAINT orders_step_check",
    "ALTER TABLE orders ADD CONSTRAINT orders_step_check CHECK (step IN ('reverse_open', 'sentry', 'trade'))",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
