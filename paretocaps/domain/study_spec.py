"""The specification of a study: every setting that flags and study files have."""

from os import PathLike, fspath
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from paretocaps.domain.duration import Duration
from paretocaps.domain.ensemble import EnsembleSpec
from paretocaps.domain.job import DataSpec
from paretocaps.domain.kept_validation import KeptValidation, kept_validation
from paretocaps.domain.layout import Layout, Parts
from paretocaps.domain.objective import canonical_name, split_names
from paretocaps.domain.plain_value import plain
from paretocaps.domain.published import Published
from paretocaps.domain.requirement import Requirement, parse_requirements
from paretocaps.domain.wording import refused
from paretocaps.errors import UsageError

STOP_EARLY = "none"
"""The early-stopping rule of new studies."""
DEFAULT_STORAGE = "sqlite:///studies/paretocaps.db"


def _no_truth(value: object, info: ValidationInfo) -> object:
    if isinstance(value, bool):  # which Pydantic takes for 1 or 0
        raise ValueError(f"{info.field_name}={value!r} is not allowed: it should be a whole number")
    return value


SEEDS = 2**31
"""How many seeds there are, from 0: as many as a column of a database holds."""
Count = Annotated[int, Field(ge=1), BeforeValidator(_no_truth)]


class StudySpec(BaseModel):
    """One study: its objectives, data, choices, trainer and storage.

    Attributes:
        study: its name in the storage.
        objectives: names of two or more objectives.
        trials: the total number of finished trials; running the study again completes it to this number.
        epochs: epochs of each training.
        sampler: name of the sampler, or "module:Class" of an installed package.
        dataset, data: a data set of the catalog, or a local folder instead.
        limit_train: training images to keep, stratified, after the validation split.
        limit_validation: validation images to keep, stratified, or "all"; None for the same share of them as
            `limit_train` is of the training images, but 100 or more where there are so many.
        corrupt: whether image files that cannot be read are refused ("refuse") or left out ("skip").
        channels: 1 or 3 to convert all images to grayscale or colour; None to keep them as they are.
        parts: the parts of the data folder, as "train=A,test=B,validation=C" or a table; None to find them.
        classes_are_folders: whether all sub-folders of the data folder are classes, whatever their names.
        transpose: whether to exchange the rows and the columns of every image, as EMNIST's need it.
        pairs: whether each image is laid over another one of another class, and both are to be told.
        storage: path of an SQLite file, or database URL.
        storage_patience: how long a run waits for a database that is away, locked or full; its trainings
            go on.
        artifacts: the folder for the weights and checkpoints of trainings, maybe one that machines share;
            None for one beside the database, or for a server's in the working directory. It is not stored.
        trainer: name of the trainer.
        executor: name of the executor: "processes" (one worker per device), "inline" (in this process) or
            "ray" (on the nodes of a Ray cluster).
        ray_address: the address of the Ray cluster, HOST:PORT or "auto"; None for that of the environment
            variable RAY_ADDRESS, or for a cluster that is started on this machine.
        workers: the number of jobs that run at once on a CPU, or on the CUDA devices with `share_device`;
            None for one per slot of a CPU, and one per CUDA device.
        threads: the number of cores of each slot of a CPU, which trains one job; None to split a CPU into
            slots of one core where the networks are small, and only there.
        ranks: the number of processes that train each trial together, each with its part of every batch, or
            with `batch_per_rank` with a batch of its own: on GPUs one per device, on a CPU each with its part
            of the threads. A trial whose choice `ranks` is not 0 takes so many of them.
        share_device: whether jobs may share a device even though an objective is a time or energy, which
            sharing makes larger; it is recorded with every measurement.
        device: "auto", "cpu", "cuda", "cuda:N", or a list such as "cuda:0,cuda:2", which may be one of TOML.
        stall_timeout: the seconds of silence after which a training is ended and tried again ("off": never);
            None for a multiple of the longest silence so far. This and the other limits may be text: "10m".
        trial_timeout: the seconds after which a training is ended, and its trial fails.
        timeout: the seconds after which a run ends, however many trials are finished; it is not stored.
        budget: the seconds of training after which the study begins no further trial, those of all its
            trainings together; it may be changed later.
        until_stable: over how many finished trials the hypervolume must grow by less than 0.1 % for the study
            to begin no further trial; None or 0 for no such end. It may be changed later.
        seed: the seed of the sampler and of each trial's first training; replicates count up from it.
        repeats: trainings per trial, each with another seed; the trial's values are their means.
        more_repeats: trainings per trial in addition to `repeats`; it may be changed later, and the missing
            seeds of finished trials are then trained.
        redo_loaded: how often a training of a member of the front is trained again, with the same seed, where
            anything disturbed its device; the quietest counts. It may be changed later.
        designs: the designs to try first, by name, from the trainer or from `design`; None for all of both.
        design: the study's own designs: by name, the choices that define each (`[design.NAME]`).
        fix: choices with a given value, which are taken out of the search.
        file_fix: the `[fix]` table of the study file, with which its designs and the rows of `published` are
            meant; None without a file. It is filled in by `resolve_spec` and is no key of a study file.
        space: the name of one of the trainer's spaces, or the sampled choices (see `Space.parse`); None for
            the trainer's default space. A stored study has the choices.
        lr_range: whether a new study searches the learning rates that a range test suggests.
        from_study: the study of the same database whose trials a new study starts from: its front is tried
            first, and the sampler is told the ranks of the others; None to start without.
        continues: whether the trainings of a new study go on from the last checkpoints of those of
            `from_study` that had the same choices and seed and fewer epochs.
        keep_checkpoints: whether the last checkpoints of the front's trainings are kept beside their weights,
            so that a study of more epochs may continue them.
        retries: how often a training is tried again that failed for a reason that may pass, as when its
            worker was killed; an attempt that got further than those before it does not count.
        checkpoint_every: seconds within an epoch, or text such as "10m", after which a checkpoint is
            written; None for the trainer's default.
        require: bounds such as "acc>=0.95" or "params<=500k" that a trial must keep to be on the front; the
            sampler is led to them. None, which a stored study of 0.1 may have, is acc>=0.9 if acc is an
            objective, to which no sampler is led.
        test_every_epoch: whether the test accuracy after every epoch is recorded, for a table of trainings;
            nothing is chosen by it.
        test_each_training: whether every training measures its test accuracy at its end, and not only those
            of the front's members; nothing is chosen by it.
        reject: whether choices are not trained that would break a bound or need too much memory, that
            diverge, or whose most optimistic outcome another trial beats (see `search.rejection`).
        stop_early: name of the rule that ends trainings early: "rungs", "curves" or "none".
        stop_designs: whether it may stop designs, too.
        log: the loggers of a run by name, such as "tensorboard" or "wandb=FOLDER"; they are not stored.
        published: figures that a paper prints about these trials, for the report; they steer nothing.
        ensembles: by name, networks of the study that are measured together when they are trained
            (`[ensembles.NAME]`); their weights are kept.

    Example:
        ```python
        spec = paretocaps.StudySpec(study="mnist", dataset="mnist", trials=48, require=("acc>=0.98",))
        spec.requirements
        ```
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str = "default"
    objectives: tuple[str, ...] = ("acc", "time", "params")
    trials: Count = 24
    epochs: Count = 5
    sampler: str = "gaussian"
    dataset: str | None = None
    data: str | None = None
    limit_train: Count | None = None
    limit_validation: KeptValidation | None = None
    corrupt: Literal["refuse", "skip"] = "refuse"
    channels: Literal[1, 3] | None = None
    parts: Parts | None = None
    classes_are_folders: bool = False
    transpose: bool = False
    pairs: bool = False
    storage: str = DEFAULT_STORAGE
    storage_patience: Duration = 600.0
    artifacts: str | None = None
    trainer: str = "capsnet"
    executor: str = "processes"
    ray_address: str | None = None
    workers: Annotated[int, Field(ge=1, le=256)] | None = None
    threads: Count | None = None
    ranks: Annotated[int, Field(ge=1, le=256)] = 1
    share_device: bool = False
    device: str = "auto"
    stall_timeout: Duration | None = None
    trial_timeout: Duration | None = None
    timeout: Duration | None = None
    budget: Duration | None = None
    until_stable: Annotated[int, Field(ge=0)] | None = None
    seed: Annotated[int, Field(ge=0, lt=SEEDS)] = 0
    repeats: Annotated[int, Field(ge=1, le=1000), BeforeValidator(_no_truth)] = 1
    more_repeats: Annotated[int, Field(ge=0, le=1000)] = 0
    redo_loaded: Annotated[int, Field(ge=0)] = 0
    designs: tuple[str, ...] | None = None
    design: dict[str, dict[str, Any]] = {}
    fix: dict[str, Any] = {}
    file_fix: dict[str, Any] | None = None
    space: dict[str, Any] | str | None = None
    lr_range: bool = False
    from_study: str | None = None
    continues: bool = False
    keep_checkpoints: bool = False
    retries: Annotated[int, Field(ge=0)] = 2
    checkpoint_every: Duration | None = None
    stop_early: str = STOP_EARLY
    stop_designs: bool = False
    log: tuple[str, ...] = ()
    require: tuple[str, ...] | None = ()
    reject: bool = True
    test_every_epoch: bool = False
    test_each_training: bool = False
    published: Published | None = None
    ensembles: dict[str, EnsembleSpec] = {}

    @field_validator("objectives", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        names = split_names(value) if isinstance(value, str) else value
        if not isinstance(names, list | tuple):
            return value
        return tuple(canonical_name(name) if isinstance(name, str) else name for name in names)

    @field_validator("storage", "artifacts", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return fspath(value) if isinstance(value, PathLike) else value

    @field_validator("device", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        return ",".join(map(str, value)) if isinstance(value, list | tuple) else value

    @field_validator("require", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("fix", "design", mode="before")
    @classmethod
    def _as_stored(cls, value: Any) -> Any:
        return plain(value) if isinstance(value, dict) else value

    @field_validator("log", mode="before")
    @classmethod
    def _loggers(cls, value: Any) -> Any:
        """Return each logger by itself; a comma in the name of a folder separates nothing."""
        given = (value,) if isinstance(value, str) else value
        if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
            return value
        return tuple(part.strip() for one in given for part in ([one] if "=" in one else one.split(",")))

    @field_validator("study")
    @classmethod
    def _file_name(cls, value: str) -> str:
        allowed = 0 < len(value) <= 200 and value.isprintable() and value not in (".", "..")
        if not allowed or set(value) & {"/", "\\"}:
            raise ValueError(f"study={value!r} is not a name: give 1 to 200 characters without slashes")
        return value

    @field_validator("require")
    @classmethod
    def _readable(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        parse_requirements(value or ())
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.dataset is not None and self.data is not None:
            raise ValueError(f"dataset={self.dataset!r} and data={self.data!r}: give one of them")
        Layout(
            parts=self.parts, classes_are_folders=self.classes_are_folders, transpose=self.transpose
        ).check(of_folder=self.dataset is None)  # whose folder may be that of the stored study
        return self

    @property
    def seeds(self) -> range:
        """The seeds of every trial; they are the same for all, so that trials compare."""
        return range(self.seed, self.seed + self.repeats + self.more_repeats)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """The bounds that a trial must keep to be on the front."""
        if self.require is None:
            return parse_requirements(["acc>=0.9"] if "acc" in self.objectives else [])
        return parse_requirements(self.require)

    @property
    def stated(self) -> tuple[Requirement, ...]:
        """The bounds that the user or the study file states, to which the sampler is led."""
        return parse_requirements(self.require or ())

    @property
    def data_spec(self) -> DataSpec:
        """The images as a job names them: a data set by its name, a local folder by its absolute path.

        Raises:
            UsageError: the layout of a folder is described, but none is named.
        """
        path = str(Path(self.data).expanduser().resolve()) if self.data else None
        name = None if path else (self.dataset or "digits")
        try:
            return DataSpec(
                name=name,
                path=path,
                limit_train=self.limit_train,
                limit_validation=kept_validation(self.limit_validation, self.limit_train),
                corrupt=self.corrupt,
                channels=self.channels,
                parts=self.parts,
                classes_are_folders=self.classes_are_folders,
                transpose=self.transpose,
                pairs=self.pairs,
            )
        except ValidationError as error:
            raise UsageError(refused(error.errors()[0], "data")) from None
