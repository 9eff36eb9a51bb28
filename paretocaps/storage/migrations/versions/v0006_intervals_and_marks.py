"""Adds the numbers of images behind accuracies, intervals, predictions, marks, and facts about the data."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ATTEMPTS: tuple[sa.Column[Any], ...] = (
    sa.Column(
        "validation_images", sa.Integer(), comment="images that acc is a share of; NULL where not recorded"
    ),
    sa.Column(
        "test_images", sa.Integer(), comment="images that test_acc is a share of; NULL where not recorded"
    ),
    sa.Column("partial", sa.Boolean(), comment="whether time and energy lack passes of a frozen trunk"),
    sa.Column(
        "collapsed",
        sa.Boolean(),
        comment="whether acc is no better than always answering the largest class; NULL where not recorded",
    ),
)

_STUDIES: tuple[sa.Column[Any], ...] = (
    sa.Column(
        "facts",
        sa.JSON(none_as_null=True),
        comment="numbers about it that decide which choices are the same training, by name",
    ),
    sa.Column(
        "without_effect",
        sa.JSON(none_as_null=True),
        comment="a list of the choices that were taken out of its space because they cannot act",
    ),
)

_MEANS = ("acc", "time", "wall", "params", "macs", "memory", "test_acc")

# the trainer remarked that it had kept the features; before 0002 there were no remarks
_PARTIAL = """
UPDATE paretocaps_attempts SET partial = TRUE
WHERE state = 'finished' AND (
    CAST(remarks AS TEXT) LIKE '%the frozen trunk''s features of %'
    OR (CAST(remarks AS TEXT) IS NULL AND EXISTS (
        SELECT 1 FROM paretocaps_trials t
        WHERE t.id = paretocaps_attempts.trial_id AND t.choices LIKE '%"frozen"_true%'
    ))
)
"""


def upgrade() -> None:
    op.execute("DROP VIEW paretocaps_results")
    for column in _STUDIES:
        op.add_column("paretocaps_studies", column)
    for column in _ATTEMPTS:
        op.add_column("paretocaps_attempts", column)
    op.execute(_PARTIAL)
    op.execute(_results_view("shared", "loaded", "partial", "collapsed"))
    _front_values()
    _predictions()
    _ensembles()


def downgrade() -> None:
    op.execute("DROP VIEW paretocaps_results")
    op.drop_table("paretocaps_ensembles")
    op.drop_table("paretocaps_predictions")
    op.drop_table("paretocaps_front_values")
    for column in reversed(_ATTEMPTS):
        op.drop_column("paretocaps_attempts", column.name)
    for column in reversed(_STUDIES):
        op.drop_column("paretocaps_studies", column.name)
    op.execute(_results_view("shared", "loaded"))


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


def _ensembles() -> None:
    study = sa.ForeignKey("paretocaps_studies.id", ondelete="CASCADE")
    op.create_table(
        "paretocaps_ensembles",
        sa.Column("study_id", sa.Integer(), study, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False, comment="a list of [trial, seed, attempt]"),
        sa.Column(
            "acc", sa.Double(), nullable=False, comment="validation accuracy of the averaged scores, 0 to 1"
        ),
        sa.Column(
            "test_acc", sa.Double(), nullable=False, comment="test accuracy of the averaged scores, 0 to 1"
        ),
        sa.Column("validation_images", sa.Integer(), nullable=False, comment="images that acc is a share of"),
        sa.Column("test_images", sa.Integer(), nullable=False, comment="images that test_acc is a share of"),
        sa.Column("time", sa.Double(), nullable=False, comment="s, the sum over the networks"),
        sa.Column("params", sa.BigInteger(), nullable=False, comment="the sum over the networks"),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        sa.PrimaryKeyConstraint("study_id", "name"),
    )


def _results_view(*flags: str) -> str:
    """Return the SQL of the view of finished trials, with means over the latest finished attempt per seed.

    A mean is NULL if a seed lacks the value, because a mean over fewer seeds would look like one over all.
    A flag is 1 if it is true for any of the seeds, else 0.
    """
    means = ", ".join(
        f"CASE WHEN COUNT(a.{name}) = COUNT(*) THEN AVG(a.{name}) END AS {name}" for name in _MEANS
    )
    flagged = ", ".join(f"MAX(CASE WHEN a.{name} THEN 1 ELSE 0 END) AS {name}" for name in flags)
    return f"""
CREATE VIEW paretocaps_results AS
SELECT s.name AS study, t.number AS trial, t.design AS design, COUNT(*) AS seeds, {means},
       MIN(a.device_name) AS device,
       COUNT(DISTINCT a.device_name || ' ' || COALESCE(a.torch, '')) AS devices,
       MIN(a.torch) AS torch, {flagged}, t.choices AS choices
FROM paretocaps_attempts a
JOIN paretocaps_trials t ON t.id = a.trial_id
JOIN paretocaps_studies s ON s.id = t.study_id
WHERE t.state = 'finished' AND a.state = 'finished' AND NOT EXISTS (
    SELECT 1 FROM paretocaps_attempts b
    WHERE b.trial_id = a.trial_id AND b.seed = a.seed AND b.state = 'finished' AND b.attempt > a.attempt
)
GROUP BY s.name, t.number, t.design, t.choices"""
