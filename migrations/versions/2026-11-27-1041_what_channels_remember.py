"""What a channel remembers of itself and of people, and where a person is shown a card.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "11271030"
down_revision = "11271040"

STATEMENTS = (
    """
    CREATE TABLE memos (
        channel TEXT NOT NULL,
        person TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        CONSTRAINT memos_pkey PRIMARY KEY (channel, person, name)
    )
    """,
    "CREATE INDEX shown_person_idx ON shown (channel, person, key) WHERE key IS NOT NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
