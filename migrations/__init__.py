"""The history of the tables, applied by Alembic in order; decides nothing about what a row means."""
