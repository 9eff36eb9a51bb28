"""Makes the first tables, and the view over finished trials."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_STATE = "state IN ('running', 'finished', 'failed', 'interrupted')"
_MEANS = ("acc", "time", "wall", "params", "macs", "memory", "test_acc")


def upgrade() -> None:
    _studies()
    _trials()
    _attempts()
    _epochs()
    _quantities()
    _fronts()
    op.execute(_results_view())


def downgrade() -> None:
    op.execute("DROP VIEW paretocaps_results")
    for table in ("front_members", "fronts", "quantities", "epochs", "attempts", "trials", "studies"):
        op.drop_table(f"paretocaps_{table}")


def _key(table: str, name: str) -> sa.Column[int]:
    target = sa.ForeignKey(f"paretocaps_{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Integer(), target, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, comment="UTC")


def _state() -> sa.Column[str]:
    return sa.Column(
        "state", sa.String(11), nullable=False, comment="running, finished, failed or interrupted"
    )


def _studies() -> None:
    op.create_table(
        "paretocaps_studies",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        _moment("created"),
        sa.Column("spec", sa.JSON(), nullable=False, comment="what the study was created with"),
        sa.Column(
            "reference_point",
            sa.JSON(),
            comment="of the hypervolume: a list, one value an objective, in its own unit",
        ),
        sa.UniqueConstraint("name", name="uq_paretocaps_studies_name"),
    )


def _trials() -> None:
    op.create_table(
        "paretocaps_trials",
        sa.Column("id", sa.Integer(), primary_key=True),
        _key("studies", "study_id"),
        sa.Column("number", sa.Integer(), nullable=False, comment="Optuna's trial number"),
        _state(),
        sa.Column("choices", sa.Text(), nullable=False, comment="canonical JSON: sorted names, no spaces"),
        sa.Column("design", sa.String(200), comment="name of the design, if it has one"),
        sa.Column("reason", sa.Text(), comment="why it failed"),
        _moment("created"),
        _moment("ended", nullable=True),
        sa.UniqueConstraint("study_id", "number", name="uq_paretocaps_trials_number"),
        sa.CheckConstraint(_STATE, name="ck_paretocaps_trials_state"),
    )


def _attempts() -> None:
    op.create_table(
        "paretocaps_attempts",
        sa.Column("id", sa.Integer(), primary_key=True),
        _key("trials", "trial_id"),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="counts from 1 for each seed"),
        _state(),
        sa.Column("reason", sa.Text(), comment="why it failed or was interrupted"),
        sa.Column("acc", sa.Double(), comment="validation accuracy at the best epoch, 0 to 1"),
        sa.Column("time", sa.Double(), comment="s, measured training seconds up to the best epoch"),
        sa.Column("wall", sa.Double(), comment="s, the whole training"),
        sa.Column("params", sa.BigInteger(), comment="parameters of the best epoch's network"),
        sa.Column("macs", sa.BigInteger(), comment="forward multiply-adds a sample"),
        sa.Column("memory", sa.BigInteger(), comment="bytes, peak while training"),
        sa.Column("test_acc", sa.Double(), comment="test accuracy of the best epoch's weights, 0 to 1"),
        sa.Column("best_epoch", sa.Integer(), comment="counts from 1"),
        sa.Column("device_name", sa.String(200)),
        sa.Column("device_kind", sa.String(50)),
        sa.Column("torch", sa.String(50), comment="version of torch"),
        sa.Column("threads", sa.Integer(), comment="CPU threads"),
        sa.Column("shared", sa.Boolean(), comment="whether other jobs may have run on the device"),
        sa.Column("calibration", sa.Double(), comment="s, a fixed reference step on the device"),
        sa.Column("folder", sa.Text(), comment="relative to the artifact folder, or absolute"),
        sa.Column("weights", sa.Text(), comment="file name inside the folder"),
        _moment("started"),
        _moment("ended", nullable=True),
        sa.UniqueConstraint("trial_id", "seed", "attempt", name="uq_paretocaps_attempts_attempt"),
        sa.CheckConstraint(_STATE, name="ck_paretocaps_attempts_state"),
    )


def _epochs() -> None:
    op.create_table(
        "paretocaps_epochs",
        _key("attempts", "attempt_id"),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False, comment="counts from 1"),
        sa.Column("steps", sa.Integer(), nullable=False, comment="optimiser steps of this epoch"),
        sa.Column("batch_size", sa.Integer(), nullable=False, comment="images"),
        sa.Column("learning_rate", sa.Double(), nullable=False, comment="at the end of the epoch"),
        sa.Column("train_loss", sa.Double(), comment="NULL where it was not reported or not finite"),
        sa.Column("acc", sa.Double(), nullable=False, comment="validation accuracy, 0 to 1"),
        sa.Column(
            "seconds", sa.Double(), nullable=False, comment="s, measured training seconds of this epoch"
        ),
        sa.Column("time", sa.Double(), nullable=False, comment="s, the same up to and including this epoch"),
        sa.Column("wall", sa.Double(), nullable=False, comment="s, since the training began"),
        sa.Column("params", sa.BigInteger(), nullable=False, comment="parameters"),
        sa.Column("macs", sa.BigInteger(), nullable=False, comment="forward multiply-adds a sample"),
        sa.Column("network", sa.Integer(), nullable=False, comment="structural changes before this epoch"),
        sa.PrimaryKeyConstraint("attempt_id", "epoch"),
    )


def _quantities() -> None:
    op.create_table(
        "paretocaps_quantities",
        _key("attempts", "attempt_id"),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("value", sa.Double(), nullable=False, comment="SI unit"),
        sa.PrimaryKeyConstraint("attempt_id", "name"),
    )


def _fronts() -> None:
    op.create_table(
        "paretocaps_fronts",
        sa.Column("id", sa.Integer(), primary_key=True),
        _key("studies", "study_id"),
        sa.Column(
            "objectives", sa.String(500), nullable=False, comment="names in order, separated by commas"
        ),
        sa.Column("reference_point", sa.JSON(), comment="a list, one value an objective"),
        sa.Column("hypervolume", sa.Double(), nullable=False, comment="product of the objectives' units"),
        _moment("created"),
    )
    op.create_table(
        "paretocaps_front_members",
        _key("fronts", "front_id"),
        sa.Column("trial", sa.Integer(), autoincrement=False, nullable=False, comment="the trial's number"),
        sa.Column(
            "position", sa.Integer(), nullable=False, comment="from 0, best in the first objective first"
        ),
        sa.PrimaryKeyConstraint("front_id", "trial"),
    )


def _results_view() -> str:
    """Return the SQL of the view of finished trials, with means over the latest finished attempt per seed.

    A mean is NULL if a seed lacks the value, because a mean over fewer seeds would look like one over all.
    """
    means = ", ".join(
        f"CASE WHEN COUNT(a.{name}) = COUNT(*) THEN AVG(a.{name}) END AS {name}" for name in _MEANS
    )
    return f"""
CREATE VIEW paretocaps_results AS
SELECT s.name AS study, t.number AS trial, t.design AS design, COUNT(*) AS seeds, {means},
       MIN(a.device_name) AS device, COUNT(DISTINCT a.device_name) AS devices, t.choices AS choices
FROM paretocaps_attempts a
JOIN paretocaps_trials t ON t.id = a.trial_id
JOIN paretocaps_studies s ON s.id = t.study_id
WHERE t.state = 'finished' AND a.state = 'finished' AND NOT EXISTS (
    SELECT 1 FROM paretocaps_attempts b
    WHERE b.trial_id = a.trial_id AND b.seed = a.seed AND b.state = 'finished' AND b.attempt > a.attempt
)
GROUP BY s.name, t.number, t.design, t.choices"""
