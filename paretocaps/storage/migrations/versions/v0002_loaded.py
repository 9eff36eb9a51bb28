"""Adds to attempts whether their device was loaded, and remarks on their values."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MEANS = ("acc", "time", "wall", "params", "macs", "memory", "test_acc")


def upgrade() -> None:
    op.execute("DROP VIEW paretocaps_results")
    op.add_column(
        "paretocaps_attempts",
        sa.Column("loaded", sa.Boolean(), comment="whether anything else was found to disturb the clock"),
    )
    op.add_column(
        "paretocaps_attempts",
        sa.Column("remarks", sa.JSON(), comment="a list of sentences on how the values came about"),
    )
    op.execute(_results_view(flagged=True))


def downgrade() -> None:
    op.execute("DROP VIEW paretocaps_results")
    for column in ("remarks", "loaded"):
        op.drop_column("paretocaps_attempts", column)
    op.execute(_results_view(flagged=False))


def _results_view(*, flagged: bool) -> str:
    """Return the SQL of the view of finished trials, with means over the latest finished attempt per seed.

    A mean is NULL if a seed lacks the value, because a mean over fewer seeds would look like one over all.
    With `flagged`, `shared` and `loaded` are 1 if that is true for any of the seeds, else 0, and a device
    with another version of torch counts as another device.
    """
    means = ", ".join(
        f"CASE WHEN COUNT(a.{name}) = COUNT(*) THEN AVG(a.{name}) END AS {name}" for name in _MEANS
    )
    flags = ", ".join(f"MAX(CASE WHEN a.{name} THEN 1 ELSE 0 END) AS {name}" for name in ("shared", "loaded"))
    device = "a.device_name || ' ' || COALESCE(a.torch, '')" if flagged else "a.device_name"
    return f"""
CREATE VIEW paretocaps_results AS
SELECT s.name AS study, t.number AS trial, t.design AS design, COUNT(*) AS seeds, {means},
       MIN(a.device_name) AS device, COUNT(DISTINCT {device}) AS devices,
       {f"MIN(a.torch) AS torch, {flags}, " if flagged else ""}t.choices AS choices
FROM paretocaps_attempts a
JOIN paretocaps_trials t ON t.id = a.trial_id
JOIN paretocaps_studies s ON s.id = t.study_id
WHERE t.state = 'finished' AND a.state = 'finished' AND NOT EXISTS (
    SELECT 1 FROM paretocaps_attempts b
    WHERE b.trial_id = a.trial_id AND b.seed = a.seed AND b.state = 'finished' AND b.attempt > a.attempt
)
GROUP BY s.name, t.number, t.design, t.choices"""
