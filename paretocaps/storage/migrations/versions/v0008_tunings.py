"""Adds the tunings that a study keeps and an attempt used, its CPU seconds, and a study's slots."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_SLOTS = sa.Column(
    "slots", sa.JSON(none_as_null=True), comment="a list of the slots of its CPU: their names and cores"
)

_ATTEMPTS: tuple[sa.Column[Any], ...] = (
    sa.Column("tunings", sa.JSON(none_as_null=True), comment="a list of the tunings of its training steps"),
    sa.Column("cpu_time", sa.Double(), comment="s, CPU time of its training steps up to the best epoch"),
)


def upgrade() -> None:
    study = sa.ForeignKey("paretocaps_studies.id", ondelete="CASCADE")
    op.create_table(
        "paretocaps_tunings",
        sa.Column("study_id", sa.Integer(), study, primary_key=True, nullable=False),
        sa.Column("device", sa.String(200), primary_key=True, comment="name of the device"),
        sa.Column("key", sa.Text(), primary_key=True, comment="what it is of: network and images per pass"),
        sa.Column("tuning", sa.JSON(), nullable=False, comment="how the products of a step are computed"),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
    )
    op.add_column("paretocaps_studies", _SLOTS)
    for column in _ATTEMPTS:
        op.add_column("paretocaps_attempts", column)


def downgrade() -> None:
    for column in reversed(_ATTEMPTS):
        op.drop_column("paretocaps_attempts", column.name)
    op.drop_column("paretocaps_studies", _SLOTS.name)
    op.drop_table("paretocaps_tunings")
