"""The paper venue's own books.

Forward only: to go back, restore the back-up taken before.
"""

from alembic import op

revision = "1103"
down_revision = "1102"

STATEMENTS = (
    """
    CREATE TABLE paper_accounts (
        owner INTEGER NOT NULL,
        body JSONB NOT NULL,
        CONSTRAINT paper_accounts_pkey PRIMARY KEY (owner)
    )
    """,
    """
    CREATE TABLE paper_orders (
        owner INTEGER NOT NULL,
        signature TEXT NOT NULL,
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        resting BOOLEAN NOT NULL,
        body JSONB NOT NULL,
        CONSTRAINT paper_orders_pkey PRIMARY KEY (owner, signature)
    )
    """,
    "CREATE INDEX paper_orders_resting_idx ON paper_orders (owner, number) WHERE resting",
    """
    CREATE TABLE paper_activity (
        owner INTEGER NOT NULL,
        number BIGINT NOT NULL,
        body JSONB NOT NULL,
        CONSTRAINT paper_activity_pkey PRIMARY KEY (owner, number)
    )
    """,
    """
    CREATE TABLE paper_wakes (
        owner INTEGER NOT NULL,
        market TEXT NOT NULL,
        below NUMERIC,
        above NUMERIC,
        exposed BOOLEAN NOT NULL,
        CONSTRAINT paper_wakes_pkey PRIMARY KEY (owner, market)
    )
    """,
    "CREATE INDEX paper_wakes_above_idx ON paper_wakes (market, above) WHERE above IS NOT NULL",
    "CREATE INDEX paper_wakes_below_idx ON paper_wakes (market, below) WHERE below IS NOT NULL",
    "CREATE INDEX paper_wakes_exposed_idx ON paper_wakes (market, owner) WHERE exposed",
    """
    CREATE TABLE paper_marks (
        market TEXT NOT NULL,
        body JSONB NOT NULL,
        CONSTRAINT paper_marks_pkey PRIMARY KEY (market)
    )
    """,
    """
    CREATE TABLE paper_values (
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        CONSTRAINT paper_values_pkey PRIMARY KEY (key)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
