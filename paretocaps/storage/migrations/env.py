"""Run by alembic: migrates over the connection, and in the transaction, that `migrate.py` hands in."""

from alembic import context

from paretocaps.storage.schema import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # Optuna owns the default name, alembic_version, in the same database
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
