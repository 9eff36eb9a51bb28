"""Adds the numbers of images behind accuracies, the intervals of a front's values, and predictions."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ATTEMPTS = (
    sa.Column(
        "validation_images", sa.Integer(), comment="images that acc is a share of; NULL where not recorded"
    ),
    sa.Column(
        "test_images", sa.Integer(), comment="images that test_acc is a share of; NULL where not recorded"
    ),
)


def upgrade() -> None:
    for column in _ATTEMPTS:
        op.add_column("paretocaps_attempts", column)
    _front_values()
    _predictions()


def downgrade() -> None:
    op.drop_table("paretocaps_predictions")
    op.drop_table("paretocaps_front_values")
    for column in reversed(_ATTEMPTS):
        op.drop_column("paretocaps_attempts", column.name)


def _front_values() -> None:
    front = sa.ForeignKey("paretocaps_fronts.id", ondelete="CASCADE")
    op.create_table(
        "paretocaps_front_values",
        sa.Column("front_id", sa.Integer(), front, nullable=False),
        sa.Column("trial", sa.Integer(), autoincrement=False, nullable=False, comment="the trial's number"),
        sa.Column(
            "name", sa.String(200), nullable=False, comment="an objective or another measured quantity"
        ),
        sa.Column(
            "value", sa.Double(), comment="SI unit, the mean over the seeds; NULL where a seed lacks it"
        ),
        sa.Column("n", sa.Integer(), nullable=False, comment="seeds that have it"),
        sa.Column("sd", sa.Double(), comment="sample standard deviation over the seeds; NULL for one seed"),
        sa.Column("low", sa.Double(), comment="lower end of the 95 % interval; NULL where there is none"),
        sa.Column("high", sa.Double(), comment="upper end of the 95 % interval; NULL where there is none"),
        sa.PrimaryKeyConstraint("front_id", "trial", "name"),
    )


def _predictions() -> None:
    attempt = sa.ForeignKey("paretocaps_attempts.id", ondelete="CASCADE")
    images = "equal for the same validation images and labels"
    mistakes = (
        "zlib of a little-endian uint32 per validation image: 0 where the best epoch's prediction is right,"
        " else 1 + the predicted class"
    )
    op.create_table(
        "paretocaps_predictions",
        sa.Column("attempt_id", sa.Integer(), attempt, primary_key=True, nullable=False),
        sa.Column("images", sa.String(64), nullable=False, comment=images),
        sa.Column("mistakes", sa.LargeBinary(), nullable=False, comment=mistakes),
    )
