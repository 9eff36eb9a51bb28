"""Alembic runs this file; it migrates in the connection and the transaction that `migrate.py` passes."""

from alembic import context

from paretocaps.storage.schema import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # Optuna uses the default name, alembic_version, in the same database
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
