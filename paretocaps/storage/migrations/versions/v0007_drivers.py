"""Adds a study's drivers, the owners of trials and a counter of changes, so that several can run a study."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_CHANGES = sa.Column(
    "changes",
    sa.BigInteger(),
    nullable=False,
    server_default="0",
    comment="counts the changes of its trials' states and values",
)

_ACCELERATOR = sa.Column("accelerator", sa.String(100), comment="type of GPU that it asks a cluster for")

_CONTENT = sa.Column(
    "content", sa.JSON(none_as_null=True), comment="the files of its data folder: number, bytes and a hash"
)

_TRIALS: tuple[sa.Column[Any], ...] = (
    sa.Column("driver", sa.String(32), comment="token of the driver that owns it; NULL if none does"),
    sa.Column(
        "training", sa.String(64), comment="equal for choices that train the same; NULL where not recorded"
    ),
    sa.Column("change", sa.BigInteger(), comment="the study's changes when it last changed"),
)

_ATTEMPTS: tuple[sa.Column[Any], ...] = (
    sa.Column("driver", sa.String(32), comment="token of the driver that started it"),
    sa.Column("host", sa.String(255), comment="the machine that its files are on"),
    sa.Column(
        "may_pass", sa.Boolean(), comment="whether it may succeed if tried again; NULL unless it failed"
    ),
    sa.Column(
        "resumed_from", sa.Integer(), comment="the attempt whose checkpoint it went on from; NULL if none"
    ),
)


def upgrade() -> None:
    _drivers()
    op.add_column("paretocaps_studies", _CHANGES)
    op.add_column("paretocaps_studies", _ACCELERATOR)
    op.add_column("paretocaps_studies", _CONTENT)
    for column in _TRIALS:
        op.add_column("paretocaps_trials", column)
    for column in _ATTEMPTS:
        op.add_column("paretocaps_attempts", column)
    for name in ("change", "training", "state"):
        op.create_index(f"ix_paretocaps_trials_{name}", "paretocaps_trials", ["study_id", name])
    kept = sa.text("weights IS NOT NULL")
    op.create_index(
        "ix_paretocaps_attempts_weights",
        "paretocaps_attempts",
        ["trial_id"],
        sqlite_where=kept,
        postgresql_where=kept,
    )


def downgrade() -> None:
    op.drop_index("ix_paretocaps_attempts_weights", "paretocaps_attempts")
    for name in ("state", "training", "change"):
        op.drop_index(f"ix_paretocaps_trials_{name}", "paretocaps_trials")
    for column in reversed(_ATTEMPTS):
        op.drop_column("paretocaps_attempts", column.name)
    for column in reversed(_TRIALS):
        op.drop_column("paretocaps_trials", column.name)
    op.drop_column("paretocaps_studies", _CONTENT.name)
    op.drop_column("paretocaps_studies", _ACCELERATOR.name)
    op.drop_column("paretocaps_studies", _CHANGES.name)
    op.drop_table("paretocaps_drivers")


def _drivers() -> None:
    study = sa.ForeignKey("paretocaps_studies.id", ondelete="CASCADE")
    op.create_table(
        "paretocaps_drivers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("study_id", sa.Integer(), study, nullable=False),
        sa.Column("token", sa.String(32), nullable=False, comment="its name in trials and attempts"),
        sa.Column("host", sa.String(255), nullable=False, comment="the machine that it runs on"),
        sa.Column("pid", sa.Integer(), nullable=False, comment="its process there"),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        sa.Column("beat", sa.BigInteger(), nullable=False, comment="counts its signs of life"),
        sa.Column(
            "seen",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="UTC, by its own clock, at its last beat",
        ),
        sa.Column("ended", sa.DateTime(timezone=True), comment="UTC; NULL while it runs"),
        sa.Column("reason", sa.Text(), comment="why it ended, if another driver ended it"),
        sa.UniqueConstraint("token", name="uq_paretocaps_drivers_token"),
    )
