"""${message}.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}

STATEMENTS = (
    """
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
