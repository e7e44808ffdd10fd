"""Alembic's entry point: runs the migrations over the connection that `livedeck.admin.db.migrate` opened."""

from alembic import context

from livedeck.admin.db.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
# The caller holds the transaction, so that a half-migrated database is never seen.
context.run_migrations()
