"""Adds stopped and rejected trials, decisions, predictions, ideal points and trials of other studies."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_STATES = "state IN ('running', 'finished', 'failed', 'interrupted')"
_MORE_STATES = "state IN ('running', 'finished', 'failed', 'interrupted', 'stopped', 'rejected')"
_STATE = "running, finished, failed or interrupted"
_MORE_STATE = "running, finished, failed, interrupted, stopped or rejected"

_IDEAL_POINT: sa.Column[Any] = sa.Column(
    "ideal_point",
    sa.JSON(none_as_null=True),
    comment="the best corner of the hypervolume: a list, one value an objective, in its own unit",
)
_PREDICTED: sa.Column[Any] = sa.Column(
    "predicted",
    sa.JSON(none_as_null=True),
    comment="the quantities that were predicted before the training, by name",
)
_TEST_ACC: sa.Column[Any] = sa.Column(
    "test_acc", sa.Double(), comment="test accuracy, 0 to 1; NULL unless the job asked for each epoch's"
)
_CPU_SECONDS: sa.Column[Any] = sa.Column(
    "cpu_seconds", sa.Double(), comment="s, CPU time of this epoch's training steps; NULL if not known"
)


def upgrade() -> None:
    for table in ("trials", "attempts"):
        _set_states(table, _STATES, _MORE_STATES, _MORE_STATE)
    op.add_column("paretocaps_studies", _IDEAL_POINT)
    op.add_column("paretocaps_trials", _PREDICTED)
    op.add_column("paretocaps_epochs", _TEST_ACC)
    op.add_column("paretocaps_epochs", _CPU_SECONDS)
    _decisions()
    _prior_trials()


def downgrade() -> None:
    op.drop_table("paretocaps_prior_trials")
    op.drop_table("paretocaps_decisions")
    op.drop_column("paretocaps_epochs", _CPU_SECONDS.name)
    op.drop_column("paretocaps_epochs", _TEST_ACC.name)
    op.drop_column("paretocaps_trials", _PREDICTED.name)
    op.drop_column("paretocaps_studies", _IDEAL_POINT.name)
    op.execute("DELETE FROM paretocaps_trials WHERE state = 'rejected'")
    for table in ("trials", "attempts"):  # an older version goes on with them from their checkpoints
        rows = sa.table(f"paretocaps_{table}", sa.column("state", sa.String))
        op.execute(sa.update(rows).where(rows.c.state == "stopped").values(state="interrupted"))
        _set_states(table, _MORE_STATES, _STATES, _STATE)


def _set_states(table: str, before: str, after: str, comment: str) -> None:
    name, check = f"paretocaps_{table}", f"ck_paretocaps_{table}_state"
    if op.get_bind().dialect.name == "sqlite":
        _replace_in_schema(name, before, after)
        return
    op.drop_constraint(check, name, type_="check")
    op.create_check_constraint(check, name, after)
    op.alter_column(name, "state", comment=comment)


def _replace_in_schema(table: str, before: str, after: str) -> None:
    """Change a table's constraint as https://sqlite.org/lang_altertable.html (section 8) does.

    To copy the table and drop it, as alembic would, deletes the rows of the tables that refer to it.
    """
    bind = op.get_bind()
    version: Any = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    replace = "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?"
    bind.exec_driver_sql(replace, (before, after, table))
    bind.exec_driver_sql(f"PRAGMA schema_version = {int(version) + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")


def _decisions() -> None:
    attempt = sa.ForeignKey("paretocaps_attempts.id", ondelete="CASCADE")
    op.create_table(
        "paretocaps_decisions",
        sa.Column("attempt_id", sa.Integer(), attempt, primary_key=True, nullable=False),
        sa.Column(
            "epoch", sa.Integer(), primary_key=True, autoincrement=False, comment="after which it was made"
        ),
        sa.Column("rule", sa.String(200), nullable=False, comment="the rule of --stop-early that made it"),
        sa.Column("verdict", sa.String(20), nullable=False, comment="go on, stop or continue"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why, as a sentence"),
        sa.Column("seen", sa.JSON(none_as_null=True), comment="what it was made from"),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
    )


def _prior_trials() -> None:
    study = sa.ForeignKey("paretocaps_studies.id", ondelete="CASCADE")
    op.create_table(
        "paretocaps_prior_trials",
        sa.Column("study_id", sa.Integer(), study, nullable=False),
        sa.Column("source", sa.String(200), nullable=False, comment="the study that trained it"),
        sa.Column(
            "trial", sa.Integer(), autoincrement=False, nullable=False, comment="its number in that study"
        ),
        sa.Column("choices", sa.Text(), nullable=False, comment="canonical JSON: sorted names, no spaces"),
        sa.Column("values", sa.JSON(), nullable=False, comment="what samplers are told, by objective"),
        sa.PrimaryKeyConstraint("study_id", "source", "trial"),
    )
