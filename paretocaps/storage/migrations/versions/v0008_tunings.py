"""Adds the tunings that a study keeps and an attempt used, its CPU seconds, and a study's slots.

Studies that limit their training images say that they validate on all images, as they always did.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_SLOTS = sa.Column(
    "slots", sa.JSON(none_as_null=True), comment="a list of the slots of its CPU: their names and cores"
)

_ATTEMPTS: tuple[sa.Column[Any], ...] = (
    sa.Column(
        "tunings", sa.JSON(none_as_null=True), comment="the tunings of its training steps, by their keys"
    ),
    sa.Column("retuned", sa.Boolean(), comment="whether a tuning is not the one that the study keeps"),
    sa.Column("cpu_time", sa.Double(), comment="s, CPU time of its training steps up to the best epoch"),
    sa.Column("taken", sa.Double(), comment="share of its steps' seconds that others had the processor"),
    sa.Column(
        "replaced", sa.Boolean(), comment="whether a quieter training of the same seed counts in its place"
    ),
)

_MEANS_BEFORE = ("acc", "time", "wall", "params", "macs", "memory", "test_acc")
_MEANS = (*_MEANS_BEFORE, "cpu_time")
_FLAGS = ("shared", "loaded", "partial")
_STUDIES = sa.table("paretocaps_studies", sa.column("id", sa.Integer), sa.column("spec", sa.JSON))


def upgrade() -> None:
    op.execute("DROP VIEW paretocaps_results")
    study = sa.ForeignKey("paretocaps_studies.id", ondelete="CASCADE")
    op.create_table(
        "paretocaps_tunings",
        sa.Column("study_id", sa.Integer(), study, primary_key=True, nullable=False),
        sa.Column("device", sa.Text(), primary_key=True, comment="its name and its version of torch"),
        sa.Column("key", sa.Text(), primary_key=True, comment="what it is of: network and images per pass"),
        sa.Column("tuning", sa.JSON(), nullable=False, comment="how the products of a step are computed"),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
    )
    op.add_column("paretocaps_studies", _SLOTS)
    for column in _ATTEMPTS:
        op.add_column("paretocaps_attempts", column)
    for key, spec in _studies():
        if spec.get("limit_train") is not None:
            _set_spec(key, {**spec, "limit_validation": "all"})
    op.execute(_results_view(_MEANS, (*_FLAGS, "retuned", "collapsed"), _counts))


def downgrade() -> None:
    op.execute("DROP VIEW paretocaps_results")
    for study, spec in _studies():
        _set_spec(study, {name: value for name, value in spec.items() if name != "limit_validation"})
    for column in reversed(_ATTEMPTS):
        op.drop_column("paretocaps_attempts", column.name)
    op.drop_column("paretocaps_studies", _SLOTS.name)
    op.drop_table("paretocaps_tunings")
    op.execute(_results_view(_MEANS_BEFORE, (*_FLAGS, "collapsed"), _counted_before))


def _counts(attempt: str) -> str:
    return f"{attempt}.state = 'finished' AND {attempt}.replaced IS NOT TRUE"


def _counted_before(attempt: str) -> str:
    return f"{attempt}.state = 'finished'"


def _results_view(means: Sequence[str], flags: Sequence[str], counts: Callable[[str], str]) -> str:
    """Return the SQL of the view of finished trials, with means over the latest attempt per seed that counts.

    A mean is NULL if a seed lacks the value, because a mean over fewer seeds would look like one over all.
    A flag is 1 if it is true for any of the seeds, else 0.
    """
    averages = ", ".join(
        f"CASE WHEN COUNT(a.{name}) = COUNT(*) THEN AVG(a.{name}) END AS {name}" for name in means
    )
    flagged = ", ".join(f"MAX(CASE WHEN a.{name} THEN 1 ELSE 0 END) AS {name}" for name in flags)
    return f"""
CREATE VIEW paretocaps_results AS
SELECT s.name AS study, t.number AS trial, t.design AS design, COUNT(*) AS seeds, {averages},
       MIN(a.device_name) AS device,
       COUNT(DISTINCT a.device_name || ' ' || COALESCE(a.torch, '')) AS devices,
       MIN(a.torch) AS torch, {flagged}, t.choices AS choices
FROM paretocaps_attempts a
JOIN paretocaps_trials t ON t.id = a.trial_id
JOIN paretocaps_studies s ON s.id = t.study_id
WHERE t.state = 'finished' AND {counts("a")} AND NOT EXISTS (
    SELECT 1 FROM paretocaps_attempts b
    WHERE b.trial_id = a.trial_id AND b.seed = a.seed AND {counts("b")} AND b.attempt > a.attempt
)
GROUP BY s.name, t.number, t.design, t.choices"""


def _studies() -> list[tuple[int, dict[str, Any]]]:
    rows = op.get_bind().execute(sa.select(_STUDIES.c.id, _STUDIES.c.spec))
    return [(row.id, row.spec) for row in rows]


def _set_spec(study: int, spec: dict[str, Any]) -> None:
    op.get_bind().execute(sa.update(_STUDIES).where(_STUDIES.c.id == study).values(spec=spec))
