"""What the API answers, for its OpenAPI; the values are those of the command line's JSON."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from paretocaps.service import study_files
from paretocaps.storage import submissions
from paretocaps.storage.records import State


class Answer(BaseModel):
    """An answer without further keys."""

    model_config = ConfigDict(extra="forbid")


class Health(Answer):
    """That the service lives, or is ready."""

    status: Literal["ok"]


class Audited(Answer):
    """A request by which somebody was to change something, and the HTTP status of its answer."""

    who: str
    role: Literal["read", "run", "admin"]
    action: str
    target: str
    address: str
    outcome: int
    reason: str | None
    at: datetime


class StudyRow(Answer):
    """A stored study, its trials by state, and its front within its bounds."""

    study: str
    created: str
    objectives: str
    running: int
    finished: int
    failed: int
    interrupted: int
    stopped: int
    rejected: int
    wanted: int | None
    state: Literal["running", "complete", "incomplete"]
    data: str
    front: int | None
    hypervolume: float | None
    bytes: int


class ObjectiveOfFront(Answer):
    """An objective by which a front is ranked."""

    name: str
    direction: Literal["maximize", "minimize"]
    unit: str


class Trial(BaseModel):
    """A trial; its measured quantities are further keys, each with its deviation and 95 % interval."""

    model_config = ConfigDict(extra="allow")

    trial: int
    design: str | None
    seeds: int
    flags: list[str]
    n: int
    level: dict[str, list[int]]
    choices: dict[str, Any]


class Member(Trial):
    """A trial of a front, with the choices that differ from the baseline's."""

    beside_baseline: dict[str, Any]
    probability: float | None = None


class Corner(Answer):
    """The trials that hardly learned, set apart from a front's members."""

    below: float | None
    members: list[Member]


class Front(Answer):
    """The trials of a study that no other trial beats, best in the first objective first."""

    study: str
    objectives: list[ObjectiveOfFront]
    reference_point: list[float] | None
    hypervolume: float | None
    ideal_point: list[float] | None
    hypervolume_share: float | None
    published_hypervolume_share: float | None
    device: str | None
    scaled_to: str | None
    validation_images: int | None
    tunings: dict[str, dict[str, dict[str, Any]]]
    by_chance: dict[str, float] | None = None
    members: list[Member]
    corner: Corner
    nearest: list[Member]


class TrialRow(Trial):
    """A trial of a study in any state."""

    state: State
    reason: str | None


class Epoch(BaseModel):
    """What was measured after an epoch; further quantities are further keys."""

    model_config = ConfigDict(extra="allow")

    epoch: int


class Training(Answer):
    """One training of a trial, by epoch."""

    seed: int
    attempt: int
    state: State
    reason: str | None
    started: str
    ended: str | None
    device: str | None
    replaced: bool
    weights: bool = Field(description="whether its weights are kept on the service's machine")
    epochs: list[Epoch]


class TrialDetail(TrialRow):
    """A trial with its times and its trainings."""

    created: str
    ended: str | None
    trainings: list[Training]


class HistoryRow(Answer):
    """The hypervolume of the front so far, after a finished trial."""

    trials: int
    trial: int
    training_seconds: float
    hypervolume: float


class Beside(Answer):
    """The recommended member beside another trial."""

    trial: int
    design: str | None
    better_in: list[str]
    sentence: str


class Recommendation(Answer):
    """One member of a front, and why."""

    study: str
    member: Trial
    why: str
    neighbours: list[Beside]
    baseline: Beside | None
    level: list[str]
    along: list[str]
    importance: dict[str, dict[str, float]]


class DatasetRow(Answer):
    """A data set known by name."""

    dataset: str
    description: str
    origin: str


class TrainerRow(Answer):
    """A trainer; its choices, designs and spaces are separated by commas."""

    trainer: str
    description: str
    choices: str
    designs: str
    spaces: str


class ObjectiveRow(Answer):
    """An objective; one that cannot be loaded has the reason in the place of its description."""

    objective: str
    direction: Literal["maximize", "minimize", ""]
    unit: str
    description: str


class SamplerRow(Answer):
    """A sampler."""

    sampler: str
    description: str


class Choice(Answer):
    """One choice of a trainer."""

    choice: str
    type: str
    values: list[Any]
    meanings: dict[str, str]
    bounds: dict[str, float]
    default: Any
    default_where: dict[str, dict[str, Any]]
    condition: str
    description: str
    sampled: dict[str, Any] | None


class Space(Answer):
    """What a study samples, and how many points that is."""

    trainer: str
    space: dict[str, dict[str, Any]]
    fix: dict[str, Any]
    designs: list[str]
    without_effect: list[str]
    points: int | None
    combinations: int
    ranges: list[str]


class Submission(Answer):
    """What the service was asked to do that takes long."""

    id: int
    kind: submissions.SubmissionKind = Field(description="run a study, train a member, or export a network")
    study: str
    options: dict[str, Any]
    state: submissions.SubmissionState
    wanted: submissions.Wanted | None = Field(description="the state that a running one is about to get")
    owner: str = Field(description="the name of the token that submitted it")
    priority: int
    position: int | None = Field(description="its place in the queue, counted from 1, while it is queued")
    trials: int
    submitted: datetime
    started: datetime | None
    ended: datetime | None
    seconds: float = Field(
        description="for how long it ran in all, without waits for a device and the starts of its processes"
    )
    reason: str | None
    result: dict[str, Any]

    @classmethod
    def of(cls, stored: submissions.Submission) -> Self:
        """Return what is told of a stored submission."""
        return cls(**{name: getattr(stored, name) for name in cls.model_fields})


class Change(Answer):
    """What is to change of a submitted study."""

    trials: int | None = Field(None, ge=1, le=1_000_000, description="finished trials that it shall have")
    priority: int | None = Field(None, ge=-100, le=100, description="higher ones begin first")


class DataSet(Answer):
    """A named set of images that submitted studies can be trained on."""

    data: str = Field(description="the `data` of a study that is trained on it")
    kind: Literal["upload", "folder"] = Field(description="uploaded, or a folder of the data root")
    owner: str = Field(description="the name of the token that uploaded it")
    uploaded: str
    files: int | None
    bytes: int | None
    told: list[str] = Field(description="its classes, its parts, and how they are read")
    reading: dict[str, Any] = Field(description="the options that a study on it needs")


class TrainingOptions(Answer):
    """How a trial is trained once more; what is left out is as in its study."""

    epochs: int | None = Field(None, ge=1, le=100_000)
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    settings: list[str] | None = Field(None, description="other choices: NAME=VALUE")
    device: str | None = Field(None, description="auto, cpu, cuda or cuda:N")


class ExportOptions(Answer):
    """Which network of a trial is exported, and how."""

    seed: int | None = Field(None, ge=0, le=2**31 - 1, description="one of its trainings")
    training: int | None = Field(None, ge=1, le=2**31 - 1, description="a submitted training, by its number")
    class_names: list[str] | None = None
    onnx: bool | None = None


class StudyFile(Answer):
    """A file of a study that can be taken."""

    name: str
    kind: Literal["weights", "export"]
    trial: int | None
    submission: int | None = Field(description="the submission that made it")
    bytes: int

    @classmethod
    def of(cls, found: study_files.StudyFile) -> Self:
        """Return what is told of a file."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class Prediction(Answer):
    """The class that a network gives an image."""

    file: str = Field(description="the name that the image was sent under")
    label: str = Field(alias="class")
    score: float
    scores: dict[str, float] = Field(description="the highest scores by class, best first")
