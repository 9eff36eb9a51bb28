"""The tables of the service: its queue, what happened to studies, and who asked for what.

No key of these tables points to a study: a submission and its events may be older than the study's row.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from paretocaps.storage.schema import METADATA, PREFIX, UtcDateTime

ACTIVE = "kind = 'study' AND state IN ('queued', 'running', 'paused')"
"""The condition that a submission may yet train trials of its study, of which there is one at the most."""

SUBMISSIONS = Table(
    f"{PREFIX}submissions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False, comment="study, training or export"),
    Column("study", String(200), nullable=False, comment="the name of the study"),
    Column("options", JSON, nullable=False, comment="what was asked for, by the names of the options"),
    Column("state", String(10), nullable=False, comment="queued, running, paused, stopped, ended or failed"),
    Column(
        "wanted",
        String(10),
        comment="the state that a running one is asked to get: queued, paused or stopped; NULL to go on",
    ),
    Column("owner", String(200), nullable=False, comment="the name of the token that submitted it"),
    Column("priority", Integer, nullable=False, comment="higher ones begin first"),
    Column("max_hours", Double, comment="hours that all its owner's submissions may run; NULL for no limit"),
    Column("trials", Integer, nullable=False, comment="trainings that it may begin, for its owner's quota"),
    Column("submitted", UtcDateTime, nullable=False, comment="UTC"),
    Column("started", UtcDateTime, comment="UTC, when it first ran"),
    Column("served", UtcDateTime, comment="UTC, when its latest turn ended"),
    Column("ended", UtcDateTime, comment="UTC"),
    Column("seconds", Double, nullable=False, comment="s, for which it ran in all"),
    Column("turn", Double, nullable=False, comment="s, for which it ran in its latest turn"),
    Column("heard", Integer, nullable=False, comment="its study's latest event when that turn began"),
    Column("driver", String(32), comment="token of the process that runs it; NULL if none does"),
    Column("host", String(255), comment="the machine that it runs on, or ran on last"),
    Column("pid", Integer, comment="its process there; NULL before that has begun"),
    Column("beat", BigInteger, nullable=False, comment="counts the signs of life of that process"),
    Column("lost", Integer, nullable=False, comment="processes in a row that died without any progress"),
    Column("reason", Text, comment="why it is in its state"),
    Column("result", JSON, nullable=False, comment="what came of it, by name"),
    CheckConstraint(
        "state IN ('queued', 'running', 'paused', 'stopped', 'ended', 'failed')",
        name="ck_paretocaps_submissions_state",
    ),
    Index(
        "uq_paretocaps_submissions_active",
        "study",
        unique=True,
        sqlite_where=text(ACTIVE),
        postgresql_where=text(ACTIVE),
    ),
    *(Index(f"ix_paretocaps_submissions_{name}", name) for name in ("study", "state", "owner")),
    sqlite_autoincrement=True,  # a removed one's number is never another's
)

EVENTS = Table(
    f"{PREFIX}events",
    METADATA,
    Column("study", String(200), primary_key=True, comment="the name of the study"),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="counts from 1, without gaps"),
    Column("kind", String(20), nullable=False, comment="state, trial, epoch, front or notice"),
    Column("at", UtcDateTime, nullable=False, comment="UTC"),
    Column("payload", JSON, nullable=False, comment="what happened, by name; SI units"),
)

AUDIT = Table(
    f"{PREFIX}audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False, comment="UTC"),
    Column("who", String(200), nullable=False, comment="the name of the token"),
    Column("role", String(10), nullable=False, comment="read, run or admin"),
    Column("action", String(20), nullable=False, comment="the method of the request"),
    Column("target", Text, nullable=False, comment="the path of the request"),
    Column("address", String(100), nullable=False, comment="where it came from"),
    Column("outcome", Integer, nullable=False, comment="the HTTP status of the answer"),
    Column("reason", Text, comment="why it was refused"),
    sqlite_autoincrement=True,
)
"""Who asked the service to change something. Rows are added and never changed; the oldest are removed."""
