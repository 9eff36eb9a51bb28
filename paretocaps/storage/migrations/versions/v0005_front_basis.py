"""Adds to fronts which trials and devices they were ranked from, so that a stored front can be read."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_COLUMNS = (
    sa.Column("trials", sa.Integer(), comment="finished trials of the study when it became this front"),
    sa.Column(
        "attempts",
        sa.Integer(),
        comment="what it is the front of: the numbers of the latest finished attempts of all finished trials"
        " and seeds, summed; NULL where it was not kept",
    ),
    sa.Column(
        "device", sa.String(200), comment="the one device whose trials were ranked, where one was chosen"
    ),
    sa.Column("devices", sa.JSON(none_as_null=True), comment="a list of the devices of all trials"),
    sa.Column(
        "unreached", sa.JSON(none_as_null=True), comment="how many trials lack an objective, by its name"
    ),
)

_WHEN = """
UPDATE paretocaps_fronts SET trials = (
    SELECT count(*) FROM paretocaps_trials
    WHERE paretocaps_trials.study_id = paretocaps_fronts.study_id
    AND paretocaps_trials.state = 'finished' AND paretocaps_trials.ended <= paretocaps_fronts.created
)
"""


def upgrade() -> None:
    for column in _COLUMNS:
        op.add_column("paretocaps_fronts", column)
    op.execute(_WHEN)


def downgrade() -> None:
    for column in reversed(_COLUMNS):
        op.drop_column("paretocaps_fronts", column.name)
