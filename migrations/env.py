"""Runs the versions on the connection that `core.db.migrate` opened; decides only how Alembic compares and commits."""

from alembic import context

import core.db.access_tables
import core.db.paper_tables
import core.db.venue_tables  # noqa: F401 - their tables belong to the metadata
from core.db.tables import metadata
from core.domain.errors import NotConfigured

connection = context.config.attributes.get("connection")
if connection is None:
    raise NotConfigured("Expected a connection, was none.", "Run `saywhen migrate`; it finds the database by itself.")
context.configure(
    connection=connection,
    target_metadata=metadata,
    transaction_per_migration=True,
    compare_server_default=True,
    # PgQueuer's tables are its own: their statements are frozen in a version, their shape is checked by a test.
    include_name=lambda name, kind, _: kind != "table" or not (name or "").startswith("pgqueuer"),
)
with context.begin_transaction():
    context.run_migrations()
