"""Adds to failed trials whether a retry may succeed, and corrects the comment on batch sizes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    comment = "whether it may succeed if tried again; NULL unless it failed"
    op.add_column("paretocaps_trials", sa.Column("may_pass", sa.Boolean(), comment=comment))
    # older versions recorded it only in the text of the reason: a worker died, or the disk was full
    op.execute(
        "UPDATE paretocaps_trials SET may_pass = (reason LIKE 'worker %' OR reason LIKE '%free some space')"
        " WHERE state = 'failed'"
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.execute("COMMENT ON COLUMN paretocaps_epochs.batch_size IS 'images per forward pass'")


def downgrade() -> None:
    op.drop_column("paretocaps_trials", "may_pass")
