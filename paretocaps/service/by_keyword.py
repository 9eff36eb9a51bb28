"""What the commands do with single networks, as functions with keywords."""

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from paretocaps.domain.layout import Parts
from paretocaps.domain.spelled_out import spelled_out
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.errors import UsageError
from paretocaps.service import evaluating, exporting, preview, training
from paretocaps.service.evaluated_images import EvaluateOptions
from paretocaps.service.exporting import Exported, ExportOptions
from paretocaps.service.own_parts import named, placed, settle_alone, settle_stored
from paretocaps.service.picking import PickedTrial, pick_trial
from paretocaps.service.train_options import TrainOptions

if TYPE_CHECKING:
    from paretocaps.exporting.predict import Prediction
    from paretocaps.service.evaluating import Evaluation
    from paretocaps.service.preview import Description
    from paretocaps.service.training import TrainedRun, TrainingWatcher

Place = str | PathLike[str]
_WAYS = ("trial", "knee", "best", "preferences", "aim")


class Which(TypedDict, total=False):
    """Which trial of a study is meant; one of `trial`, `knee`, `best`, `preferences` and `aim`.

    `require` are bounds such as "acc>=0.9" that it must keep, `all` lifts all bounds, `seed` is one of its
    trainings; see `pick_trial`.
    """

    storage: Place
    trial: int
    knee: bool
    best: str
    preferences: Mapping[str, float]
    aim: str
    require: str | Sequence[str] | None
    all: bool
    seed: int


class Training(Which, total=False):
    """Which trial, and how it is trained; see `TrainOptions`."""

    choices: Mapping[str, Any]
    design: str
    trainer: Any
    dataset: str
    data: Any
    limit_train: int
    limit_validation: int | str
    corrupt: str
    channels: int
    parts: Parts | str
    classes_are_folders: bool
    transpose: bool
    pairs: bool
    epochs: int
    device: str
    ranks: int
    output: Place
    checkpoint_every: str | float
    resume: bool
    force: bool
    save_trunk: Place


class Judging(Which, total=False):
    """Which trial, and on which images it is evaluated; see `EvaluateOptions`."""

    dataset: str
    data: Place
    part: str
    limit: int
    device: str
    robust: bool
    pictures: bool
    corrupt: str


class Predicting(TypedDict, total=False):
    """How images are predicted; see `PredictOptions`."""

    engine: str
    batch: int
    top: int
    corrupt: str
    expect: str | None
    expect_folders: bool


@spelled_out
def train(
    study: str | None = None, watcher: "TrainingWatcher | None" = None, **options: Unpack[Training]
) -> "TrainedRun":
    """Train one set of choices for all its epochs, in a folder of its own.

    Args:
        study: train a trial of this study, by `trial`, `knee`, `best`, `preferences` or `aim`; None to train
            `choices`, or a `design`.
        watcher: its methods are called as the training proceeds.
        options: see `TrainOptions` and `pick_trial`.

    Example:
        ```python
        run = paretocaps.train(choices={"family": "lenet5"}, dataset="digits", epochs=2, output="runs/small")
        run.measurement.test_acc, run.weights
        ```

    Raises:
        UsageError: an option is not allowed, or the folder has another training (`resume`, `force`).
        Interrupted: Ctrl-C stopped the training; it goes on with `resume=True`.
        TrainingError: the training failed.
    """
    seed = options.get("seed")
    picked, own = _picked(study, {name: value for name, value in options.items() if name != "seed"})
    if picked is not None:
        settle_stored(picked.study, picked.storage, own.get("trainer"))
    else:
        settle_alone(own.get("trainer"), own.get("choices"))
    own = placed({**own, "storage": options.get("storage"), "trainer": named(own)["trainer"]})
    del own["storage"]
    places = ("data", "output", "save_trunk")
    paths = {name: fspath(own[name]) for name in places if own.get(name) is not None}
    values = {"settings": own.pop("choices", None) or {}, "seed": seed, **own, **paths}
    given = {name: value for name, value in values.items() if value is not None}
    return training.train(TrainOptions(**given), picked, watcher)


@spelled_out
def evaluate(
    study: str | None = None,
    networks: Place | Sequence[Place] = (),
    output: Place | None = None,
    **options: Unpack[Judging],
) -> "Evaluation":
    """Evaluate the network of a stored trial, or networks in files, on test images.

    Args:
        study: evaluate a trial of this study, by `trial`, `knee`, `best`, `preferences` or `aim`.
        networks: folders of exports or trainings, or weights files, instead; several are an ensemble.
        output: a page with figures and pictures to write.
        options: see `EvaluateOptions` and `pick_trial`.

    Example:
        ```python
        found = paretocaps.evaluate("demo", best="acc", robust=False, limit=100)
        found.appraisal.report.acc, found.rows()[0]
        ```

    Raises:
        UsageError: nothing, or both a study and networks are named, or these do not fit the images.
        DataError: weights or images cannot be read.
    """
    from paretocaps.data.last_read import forget

    forget()  # a notebook may have changed its files since they were read last
    picked, own = _picked(study, options)
    own.setdefault("pictures", output is not None)
    if own.get("data") is not None:
        own["data"] = fspath(own["data"])
    found = evaluating.evaluate(_paths(networks), picked, EvaluateOptions(**own))
    if output is not None:
        evaluating.write_evaluation(fspath(output), found)
    return found


@spelled_out
def export(
    study: str | None = None,
    run: Place | None = None,
    output: Place | None = None,
    class_names: Sequence[str] | None = None,
    onnx: bool = True,
    force: bool = False,
    **which: Unpack[Which],
) -> Exported:
    """Write a trained network as safetensors, JSON and ONNX, and return where.

    Args:
        study: export a trial of this study, by `trial`, `knee`, `best`, `preferences` or `aim`.
        run: a folder of a training, or a weights file, instead.
        output: the folder to make; None for exports/STUDY-trial-N, or exports/RUN.
        class_names: names of the classes, in the order of their labels; None for those of the data.
        onnx: whether to write the ONNX graph, too.
        force: whether to replace an existing export.
        which: see `pick_trial`.

    Example:
        ```python
        paretocaps.export("demo", best="acc", output="exports/digits", onnx=False).folder
        ```

    Raises:
        UsageError: nothing, or both a study and a run are named, the folder exists, or names do not fit.
        DataError: the weights were not kept, or are damaged.
    """
    options = ExportOptions(None if output is None else fspath(output), class_names, onnx, force)
    if run is not None:
        if study is not None or which:
            raise UsageError(f"run={fspath(run)!r} and a trial of a study are named: give one of them")
        return exporting.export_run(fspath(run), options)
    picked, _ = _picked(study, which)
    if picked is None:
        raise UsageError("no network named: give a study and a way to pick its trial, or run=FOLDER")
    return exporting.export_trial(picked, options)


@spelled_out
def predict(
    folder: Place, images: Place | Sequence[Place], **options: Unpack[Predicting]
) -> "list[Prediction]":
    """Return the classes that an exported network predicts for image files, in order.

    Args:
        folder: the export.
        images: image files, and folders, which are searched with all their sub-folders.
        options: see `PredictOptions`.

    Example:
        ```python
        for found in paretocaps.predict("exports/digits", "new-photos"):
            found.file, found.label, found.score
        ```

    Raises:
        DataError: the export, a path or an image cannot be read.
        UsageError: no image is named, or an option is not allowed.
    """
    chosen = exporting.predict_options(**options)
    return list(exporting.predict(fspath(folder), _paths(images), chosen))


def describe(
    choices: Mapping[str, Any] | None = None,
    design: str | None = None,
    image: str | Sequence[int] = "28x28x1",
    classes: int = 10,
) -> "Description":
    """Return the size of the network that a set of choices builds, in all and by part, without training it.

    Args:
        choices: choices of the built-in trainer; those that are not named are its defaults, or the design's.
        design: a design to start from.
        image: height, width and channels of an image, as text or as numbers.
        classes: the number of classes.

    Example:
        ```python
        about = paretocaps.describe({"blocks": 0, "weight_sharing": True}, image="28x28x1")
        about.params, about.macs, about.parts
        ```

    Raises:
        UsageError: a choice, the image size or the number of classes is not allowed.
    """
    return preview.describe(choices or {}, design, image, classes)


def _picked(study: str | None, options: Mapping[str, Any]) -> tuple[PickedTrial | None, dict[str, Any]]:
    """Return the trial that is picked, if any, and the options that pick none."""
    ways = Which.__annotations__
    which = {name: value for name, value in options.items() if name in ways and value is not None}
    others = {name: value for name, value in options.items() if name not in ways}
    if study is None and not which.keys() - {"storage"}:
        return None, others
    # by identity, because trial 0 equals False
    if all(which.get(name) is None or which[name] is False for name in _WAYS):
        of = "" if study is None else f" of study {study!r}"
        raise UsageError(
            f"which trial{of}? give trial=3, knee=True, best='acc', preferences={{'acc': 2, 'time': 1}} or"
            " aim='acc>=0.98'"
        )
    which["storage"] = fspath(which.get("storage", DEFAULT_STORAGE))
    return pick_trial(study=study, **which), others


def _paths(named: Place | Sequence[Place]) -> list[str]:
    listed = [named] if isinstance(named, str | PathLike) else named
    return [fspath(one) for one in listed]
