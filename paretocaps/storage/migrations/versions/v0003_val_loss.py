"""Adds the validation loss to epochs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column(
        "paretocaps_epochs",
        sa.Column(
            "val_loss", sa.Double(), comment="validation; NULL where it was not reported or not finite"
        ),
    )


def downgrade() -> None:
    op.drop_column("paretocaps_epochs", "val_loss")
