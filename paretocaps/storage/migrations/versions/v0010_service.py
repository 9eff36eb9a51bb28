"""Adds the queue of the service, what happened to studies, and who asked for what."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_MOMENT = sa.DateTime(timezone=True)
_ACTIVE = "kind = 'study' AND state IN ('queued', 'running', 'paused')"


def upgrade() -> None:
    _submissions()
    _events()
    _audit()


def downgrade() -> None:
    for table in ("audit", "events", "submissions"):
        op.drop_table(f"paretocaps_{table}")


def _submissions() -> None:
    states = "state IN ('queued', 'running', 'paused', 'stopped', 'ended', 'failed')"
    op.create_table(
        "paretocaps_submissions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False, comment="study, training or export"),
        sa.Column("study", sa.String(200), nullable=False, comment="the name of the study"),
        sa.Column(
            "options", sa.JSON(), nullable=False, comment="what was asked for, by the names of the options"
        ),
        sa.Column(
            "state",
            sa.String(10),
            nullable=False,
            comment="queued, running, paused, stopped, ended or failed",
        ),
        sa.Column(
            "wanted",
            sa.String(10),
            comment="the state that a running one is asked to get: queued, paused or stopped; NULL to go on",
        ),
        sa.Column("owner", sa.String(200), nullable=False, comment="the name of the token that submitted it"),
        sa.Column("priority", sa.Integer(), nullable=False, comment="higher ones begin first"),
        sa.Column(
            "max_hours",
            sa.Double(),
            comment="hours that all its owner's submissions may run; NULL for no limit",
        ),
        sa.Column(
            "trials",
            sa.Integer(),
            nullable=False,
            comment="trainings that it may begin, for its owner's quota",
        ),
        sa.Column("submitted", _MOMENT, nullable=False, comment="UTC"),
        sa.Column("started", _MOMENT, comment="UTC, when it first ran"),
        sa.Column("served", _MOMENT, comment="UTC, when its latest turn ended"),
        sa.Column("ended", _MOMENT, comment="UTC"),
        sa.Column("seconds", sa.Double(), nullable=False, comment="s, for which it ran in all"),
        sa.Column("turn", sa.Double(), nullable=False, comment="s, for which it ran in its latest turn"),
        sa.Column(
            "heard", sa.Integer(), nullable=False, comment="its study's latest event when that turn began"
        ),
        sa.Column("driver", sa.String(32), comment="token of the process that runs it; NULL if none does"),
        sa.Column("host", sa.String(255), comment="the machine that it runs on, or ran on last"),
        sa.Column("pid", sa.Integer(), comment="its process there; NULL before that has begun"),
        sa.Column(
            "beat", sa.BigInteger(), nullable=False, comment="counts the signs of life of that process"
        ),
        sa.Column(
            "lost",
            sa.Integer(),
            nullable=False,
            comment="processes in a row that died without any progress",
        ),
        sa.Column("reason", sa.Text(), comment="why it is in its state"),
        sa.Column("result", sa.JSON(), nullable=False, comment="what came of it, by name"),
        sa.CheckConstraint(states, name="ck_paretocaps_submissions_state"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_paretocaps_submissions_active",
        "paretocaps_submissions",
        ["study"],
        unique=True,
        sqlite_where=sa.text(_ACTIVE),
        postgresql_where=sa.text(_ACTIVE),
    )
    for name in ("study", "state", "owner"):
        op.create_index(f"ix_paretocaps_submissions_{name}", "paretocaps_submissions", [name])


def _events() -> None:
    op.create_table(
        "paretocaps_events",
        sa.Column("study", sa.String(200), primary_key=True, comment="the name of the study"),
        sa.Column(
            "number",
            sa.Integer(),
            primary_key=True,
            autoincrement=False,
            comment="counts from 1, without gaps",
        ),
        sa.Column("kind", sa.String(20), nullable=False, comment="state, trial, epoch, front or notice"),
        sa.Column("at", _MOMENT, nullable=False, comment="UTC"),
        sa.Column("payload", sa.JSON(), nullable=False, comment="what happened, by name; SI units"),
    )


def _audit() -> None:
    op.create_table(
        "paretocaps_audit",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("at", _MOMENT, nullable=False, comment="UTC"),
        sa.Column("who", sa.String(200), nullable=False, comment="the name of the token"),
        sa.Column("role", sa.String(10), nullable=False, comment="read, run or admin"),
        sa.Column("action", sa.String(20), nullable=False, comment="the method of the request"),
        sa.Column("target", sa.Text(), nullable=False, comment="the path of the request"),
        sa.Column("address", sa.String(100), nullable=False, comment="where it came from"),
        sa.Column("outcome", sa.Integer(), nullable=False, comment="the HTTP status of the answer"),
        sa.Column("reason", sa.Text(), comment="why it was refused"),
        sqlite_autoincrement=True,
    )
