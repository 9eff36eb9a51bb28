"""The tables `paretocaps_*`, which people can query with SQL; the column comments have the units.

They are in the same database as Optuna's tables, without foreign keys to these: a trial is joined to
Optuna's by study name and number. The view `paretocaps_results`, which the migrations make, has one row per
finished trial with means over its seeds; its `shared`, `loaded`, `partial`, `retuned` and `collapsed`
are 1 if that is true for any seed.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TableClause,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

from paretocaps.storage.records import STATES

PREFIX = "paretocaps_"
VERSION_TABLE = "paretocaps_alembic_version"
INSERT: Mapping[str, Callable[[TableClause], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
"""The `insert` of each kind of database, which can leave or replace existing rows."""


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware time, stored in UTC, also in SQLite, which does not store time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return `value` in UTC.

        Raises:
            ValueError: `value` has no timezone.
        """
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no timezone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the stored time with its timezone, UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def now() -> datetime:
    """Return the current time in UTC, timezone-aware."""
    return datetime.now(UTC)


def _state() -> Column[str]:
    known = "running, finished, failed, interrupted, stopped or rejected"
    return Column("state", String(11), nullable=False, comment=known)


def _key(table: str, name: str, *, primary: bool = False) -> Column[int]:
    target = ForeignKey(f"{PREFIX}{table}.id", ondelete="CASCADE")
    return Column(name, Integer, target, primary_key=primary, nullable=False)


def _known_state(name: str) -> CheckConstraint:
    return CheckConstraint(f"state IN ({', '.join(map(repr, STATES))})", name=name)


METADATA = MetaData()

STUDIES = Table(
    f"{PREFIX}studies",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("created", UtcDateTime, nullable=False, comment="UTC"),
    Column("spec", JSON, nullable=False, comment="what the study was created with"),
    Column(
        "reference_point",
        JSON(none_as_null=True),
        comment="of the hypervolume: a list, one value an objective, in its own unit",
    ),
    Column(
        "facts",
        JSON(none_as_null=True),
        comment="numbers about it that decide which choices are the same training, by name",
    ),
    Column(
        "without_effect",
        JSON(none_as_null=True),
        comment="a list of the choices that were taken out of its space because they cannot act",
    ),
    Column(
        "changes",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="counts the changes of its trials' states and values",
    ),
    Column("accelerator", String(100), comment="type of GPU that it asks a cluster for"),
    Column(
        "content",
        JSON(none_as_null=True),
        comment="the files of its data folder: number, bytes and a hash",
    ),
    Column(
        "slots",
        JSON(none_as_null=True),
        comment="a list of the slots of its CPU: their names and cores",
    ),
    Column(
        "ideal_point",
        JSON(none_as_null=True),
        comment="the best corner of the hypervolume: a list, one value an objective, in its own unit",
    ),
    UniqueConstraint("name", name="uq_paretocaps_studies_name"),
)

DRIVERS = Table(
    f"{PREFIX}drivers",
    METADATA,
    Column("id", Integer, primary_key=True),
    _key("studies", "study_id"),
    Column("token", String(32), nullable=False, comment="its name in trials and attempts"),
    Column("host", String(255), nullable=False, comment="the machine that it runs on"),
    Column("pid", Integer, nullable=False, comment="its process there"),
    Column("started", UtcDateTime, nullable=False, comment="UTC"),
    Column("beat", BigInteger, nullable=False, comment="counts its signs of life"),
    Column("seen", UtcDateTime, nullable=False, comment="UTC, by its own clock, at its last beat"),
    Column("ended", UtcDateTime, comment="UTC; NULL while it runs"),
    Column("reason", Text, comment="why it ended, if another driver ended it"),
    UniqueConstraint("token", name="uq_paretocaps_drivers_token"),
)

TRIALS = Table(
    f"{PREFIX}trials",
    METADATA,
    Column("id", Integer, primary_key=True),
    _key("studies", "study_id"),
    Column("number", Integer, nullable=False, comment="Optuna's trial number"),
    _state(),
    Column("choices", Text, nullable=False, comment="canonical JSON: sorted names, no spaces"),
    Column("design", String(200), comment="name of the design, if it has one"),
    Column("reason", Text, comment="why it failed"),
    Column("created", UtcDateTime, nullable=False, comment="UTC"),
    Column("ended", UtcDateTime, comment="UTC"),
    Column("may_pass", Boolean, comment="whether it may succeed if tried again; NULL unless it failed"),
    Column("driver", String(32), comment="token of the driver that owns it; NULL if none does"),
    Column("training", String(64), comment="equal for choices that train the same; NULL where not recorded"),
    Column("change", BigInteger, comment="the study's changes when it last changed"),
    Column(
        "predicted",
        JSON(none_as_null=True),
        comment="the quantities that were predicted before the training, by name",
    ),
    UniqueConstraint("study_id", "number", name="uq_paretocaps_trials_number"),
    _known_state("ck_paretocaps_trials_state"),
    *(Index(f"ix_paretocaps_trials_{name}", "study_id", name) for name in ("change", "training", "state")),
)

ATTEMPTS = Table(
    f"{PREFIX}attempts",
    METADATA,
    Column("id", Integer, primary_key=True),
    _key("trials", "trial_id"),
    Column("seed", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False, comment="counts from 1 for each seed"),
    _state(),
    Column("reason", Text, comment="why it failed or was interrupted"),
    Column("acc", Double, comment="validation accuracy at the best epoch, 0 to 1"),
    Column("time", Double, comment="s, measured training seconds up to the best epoch"),
    Column("wall", Double, comment="s, the whole training"),
    Column("params", BigInteger, comment="parameters of the best epoch's network"),
    Column("macs", BigInteger, comment="forward multiply-adds a sample"),
    Column("memory", BigInteger, comment="bytes, peak while training"),
    Column("test_acc", Double, comment="test accuracy of the best epoch's weights, 0 to 1"),
    Column("best_epoch", Integer, comment="counts from 1"),
    Column("device_name", String(200)),
    Column("device_kind", String(50)),
    Column("torch", String(50), comment="version of torch"),
    Column("threads", Integer, comment="CPU threads"),
    Column("shared", Boolean, comment="whether other jobs may have run on the device"),
    Column("calibration", Double, comment="s, a fixed reference step on the device"),
    Column("folder", Text, comment="relative to the artifact folder, or absolute"),
    Column("weights", Text, comment="file name inside the folder"),
    Column("started", UtcDateTime, nullable=False, comment="UTC"),
    Column("ended", UtcDateTime, comment="UTC"),
    Column("loaded", Boolean, comment="whether anything else was found to disturb the clock"),
    Column("remarks", JSON(none_as_null=True), comment="a list of sentences on how the values came about"),
    Column("validation_images", Integer, comment="images that acc is a share of; NULL where not recorded"),
    Column("test_images", Integer, comment="images that test_acc is a share of; NULL where not recorded"),
    Column("partial", Boolean, comment="whether time and energy lack passes of a frozen trunk"),
    Column(
        "collapsed",
        Boolean,
        comment="whether acc is no better than always answering the largest class; NULL where not recorded",
    ),
    Column("driver", String(32), comment="token of the driver that started it"),
    Column("host", String(255), comment="the machine that its files are on"),
    Column("may_pass", Boolean, comment="whether it may succeed if tried again; NULL unless it failed"),
    Column("resumed_from", Integer, comment="the attempt whose checkpoint it went on from; NULL if none"),
    Column("tunings", JSON(none_as_null=True), comment="the tunings of its training steps, by their keys"),
    Column("retuned", Boolean, comment="whether a tuning is not the one that the study keeps"),
    Column("cpu_time", Double, comment="s, CPU time of its training steps up to the best epoch"),
    Column("taken", Double, comment="share of its steps' seconds that others had the processor"),
    Column("replaced", Boolean, comment="whether a quieter training of the same seed counts in its place"),
    UniqueConstraint("trial_id", "seed", "attempt", name="uq_paretocaps_attempts_attempt"),
    _known_state("ck_paretocaps_attempts_state"),
    Index(
        "ix_paretocaps_attempts_weights",  # to find the few whose weights are kept
        "trial_id",
        sqlite_where=text("weights IS NOT NULL"),
        postgresql_where=text("weights IS NOT NULL"),
    ),
)

EPOCHS = Table(
    f"{PREFIX}epochs",
    METADATA,
    _key("attempts", "attempt_id", primary=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False, comment="counts from 1"),
    Column("steps", Integer, nullable=False, comment="optimiser steps of this epoch"),
    Column("batch_size", Integer, nullable=False, comment="images per forward pass"),
    Column("learning_rate", Double, nullable=False, comment="at the end of the epoch"),
    Column("train_loss", Double, comment="NULL where it was not reported or not finite"),
    Column("acc", Double, nullable=False, comment="validation accuracy, 0 to 1"),
    Column("seconds", Double, nullable=False, comment="s, measured training seconds of this epoch"),
    Column("time", Double, nullable=False, comment="s, the same up to and including this epoch"),
    Column("wall", Double, nullable=False, comment="s, since the training began"),
    Column("params", BigInteger, nullable=False, comment="parameters"),
    Column("macs", BigInteger, nullable=False, comment="forward multiply-adds a sample"),
    Column("network", Integer, nullable=False, comment="structural changes before this epoch"),
    Column("val_loss", Double, comment="validation; NULL where it was not reported or not finite"),
    Column("test_acc", Double, comment="test accuracy, 0 to 1; NULL unless the job asked for each epoch's"),
    Column("cpu_seconds", Double, comment="s, CPU time of this epoch's training steps; NULL if not known"),
)

DECISIONS = Table(
    f"{PREFIX}decisions",
    METADATA,
    _key("attempts", "attempt_id", primary=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False, comment="after which it was made"),
    Column("rule", String(200), nullable=False, comment="the rule of --stop-early that made it"),
    Column("verdict", String(20), nullable=False, comment="go on, stop or continue"),
    Column("reason", Text, nullable=False, comment="why, as a sentence"),
    Column("seen", JSON(none_as_null=True), comment="what it was made from"),
    Column("created", UtcDateTime, nullable=False, comment="UTC"),
)
"""What early stopping decided of trainings. Rows are added and never changed.

An attempt that continues a stopped one says so at the epoch that it goes on from.
"""

QUANTITIES = Table(
    f"{PREFIX}quantities",
    METADATA,
    _key("attempts", "attempt_id", primary=True),
    Column("name", String(200), primary_key=True),
    Column("value", Double, nullable=False, comment="SI unit"),
)

PREDICTIONS = Table(
    f"{PREFIX}predictions",
    METADATA,
    _key("attempts", "attempt_id", primary=True),
    Column("images", String(64), nullable=False, comment="equal for the same validation images and labels"),
    Column(
        "mistakes",
        LargeBinary,
        nullable=False,
        comment="zlib of a little-endian uint32 per validation image: 0 where the best epoch's prediction is"
        " right, else 1 + the predicted class",
    ),
)

TUNINGS = Table(
    f"{PREFIX}tunings",
    METADATA,
    _key("studies", "study_id", primary=True),
    Column("device", Text, primary_key=True, comment="its name and its version of torch"),
    Column("key", Text, primary_key=True, comment="what it is of: network and images per pass"),
    Column("tuning", JSON, nullable=False, comment="how the products of a step are computed"),
    Column("created", UtcDateTime, nullable=False, comment="UTC"),
)

FRONTS = Table(
    f"{PREFIX}fronts",
    METADATA,
    Column("id", Integer, primary_key=True),
    _key("studies", "study_id"),
    Column("objectives", String(500), nullable=False, comment="names in order, separated by commas"),
    Column("reference_point", JSON(none_as_null=True), comment="a list, one value an objective"),
    Column("hypervolume", Double, nullable=False, comment="product of the objectives' units"),
    Column("created", UtcDateTime, nullable=False, comment="UTC"),
    Column("trials", Integer, comment="finished trials of the study when it became this front"),
    Column(
        "attempts",
        Integer,
        comment="what it is the front of: the numbers of the latest finished attempts of all finished trials"
        " and seeds, summed; NULL where it was not kept",
    ),
    Column("device", String(200), comment="the one device whose trials were ranked, where one was chosen"),
    Column("devices", JSON(none_as_null=True), comment="a list of the devices of all trials"),
    Column("unreached", JSON(none_as_null=True), comment="how many trials lack an objective, by its name"),
)

FRONT_MEMBERS = Table(
    f"{PREFIX}front_members",
    METADATA,
    _key("fronts", "front_id", primary=True),
    Column("trial", Integer, primary_key=True, autoincrement=False, comment="the trial's number"),
    Column("position", Integer, nullable=False, comment="from 0, best in the first objective first"),
)

FRONT_VALUES = Table(
    f"{PREFIX}front_values",
    METADATA,
    _key("fronts", "front_id", primary=True),
    Column("trial", Integer, primary_key=True, autoincrement=False, comment="the trial's number"),
    Column("name", String(200), primary_key=True, comment="an objective or another measured quantity"),
    Column("value", Double, comment="SI unit, the mean over the seeds; NULL where a seed lacks it"),
    Column("n", Integer, nullable=False, comment="seeds that have it"),
    Column("sd", Double, comment="sample standard deviation over the seeds; NULL for one seed"),
    Column("low", Double, comment="lower end of the 95 % interval; NULL where there is none"),
    Column("high", Double, comment="upper end of the 95 % interval; NULL where there is none"),
)

PRIOR_TRIALS = Table(
    f"{PREFIX}prior_trials",
    METADATA,
    _key("studies", "study_id", primary=True),
    Column("source", String(200), primary_key=True, comment="the study that trained it"),
    Column("trial", Integer, primary_key=True, autoincrement=False, comment="its number in that study"),
    Column("choices", Text, nullable=False, comment="canonical JSON: sorted names, no spaces"),
    Column("values", JSON, nullable=False, comment="what samplers are told, by objective"),
)

ENSEMBLES = Table(
    f"{PREFIX}ensembles",
    METADATA,
    _key("studies", "study_id", primary=True),
    Column("name", String(200), primary_key=True),
    Column("members", JSON, nullable=False, comment="a list of [trial, seed, attempt]"),
    Column("acc", Double, nullable=False, comment="validation accuracy of the averaged scores, 0 to 1"),
    Column("test_acc", Double, nullable=False, comment="test accuracy of the averaged scores, 0 to 1"),
    Column("validation_images", Integer, nullable=False, comment="images that acc is a share of"),
    Column("test_images", Integer, nullable=False, comment="images that test_acc is a share of"),
    Column("time", Double, nullable=False, comment="s, the sum over the networks"),
    Column("params", BigInteger, nullable=False, comment="the sum over the networks"),
    Column("created", UtcDateTime, nullable=False, comment="UTC"),
)
