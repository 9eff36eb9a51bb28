"""Exports trained networks, and predicts with exports."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.job import DataSpec
from paretocaps.domain.pairs import pair_names
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.errors import DataError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.service.picking import PickedTrial
from paretocaps.writing import expanded

if TYPE_CHECKING:
    from paretocaps.exporting.document import Document
    from paretocaps.exporting.predict import Prediction, PredictOptions

Talk = Callable[[str], None]


@dataclass(frozen=True)
class ExportOptions:
    """How a network is exported.

    Attributes:
        output: the folder to make; None for exports/STUDY-trial-N, or exports/RUN.
        classes: names of the classes, in the order of their labels; None for those of the data set, or else
            their numbers.
        onnx: whether to write the ONNX graph, too.
        force: whether to replace an existing export.
    """

    output: str | None = None
    classes: Sequence[str] | None = None
    onnx: bool = True
    force: bool = False


@dataclass(frozen=True)
class Exported:
    """A written export.

    Attributes:
        folder: its folder.
        document: the content of its network.json.
        checked_on: "test" or "random", the images on which ONNX and torch were compared.
    """

    folder: Path
    document: "Document"
    checked_on: str


def export_trial(
    picked: PickedTrial,
    options: ExportOptions,
    talk: Talk = unheard,
    on_progress: OnProgress = unheard,
) -> Exported:
    """Export the network of a stored trial.

    ONNX is compared with torch on 256 test images of the study's data, or on random images if the data
    can no longer be read.

    Args:
        picked: the trial.
        options: how to export its network.
        talk: is called with lines on the data.
        on_progress: receives what is done.

    Raises:
        UsageError: the folder already exists, or the class names do not fit.
        DataError: the trial's weights were not kept, or are damaged.
        ParetocapsError: ONNX cannot express the network, or differs from torch.
    """
    from paretocaps.storage.artifacts import safe_name

    path = picked.kept_weights()
    folder = _folder(options, f"{safe_name(picked.study)}-trial-{picked.trial}")
    about = {
        "study": picked.study,
        "trial": picked.trial,
        "seed": picked.seed,
        "choices": dict(picked.choices),
        "acc": picked.acc,
        "test_acc": picked.test_acc,
        "data": picked.data,
    }
    return _export(path, folder, about, options, picked.data, talk, on_progress)


def export_run(
    run: str, options: ExportOptions, talk: Talk = unheard, on_progress: OnProgress = unheard
) -> Exported:
    """Export the network of a training's folder, or of a weights file.

    Args:
        run: a folder with the file `weights.pt`, or a weights file.
        options: how to export it.
        talk: is called with lines on the data.
        on_progress: receives what is done.

    Raises:
        UsageError: the export's folder already exists, or the class names do not fit.
        DataError: the weights are missing or damaged.
        ParetocapsError: ONNX cannot express the network, or differs from torch.
    """
    path = expanded(run)
    name = path.name if path.is_dir() else path.parent.name
    if path.is_dir():
        path = RunFolder(path).weights
    if not path.is_file():
        raise DataError(f"there are no weights at {str(path)!r}: name a folder of `paretocaps train`")
    folder = _folder(options, name or "network")
    about, data = _about_run(path.parent)
    return _export(path, folder, about, options, data, talk, on_progress)


def _folder(options: ExportOptions, name: str) -> Path:
    return expanded(options.output) if options.output else Path("exports") / name


def _about_run(folder: Path) -> tuple[dict[str, object], DataSpec | None]:
    """Return what a training's folder records about its network, and its data; less if files are missing."""
    from paretocaps.domain.measurement import Measurement

    about: dict[str, object] = {}
    if (job := RunFolder(folder).job()) is not None:
        about |= {"seed": job.seed, "choices": job.choices, "data": job.data}
    if isinstance(measured := RunFolder(folder).recover(), Measurement):
        about |= {"acc": measured.acc, "test_acc": measured.test_acc}
    return about, job.data if job is not None else None


def _export(
    path: Path,
    folder: Path,
    about: dict[str, object],
    options: ExportOptions,
    data: DataSpec | None,
    talk: Talk,
    on_progress: OnProgress,
) -> Exported:
    from pydantic import ValidationError

    from paretocaps.exporting.checked_images import known_data
    from paretocaps.exporting.document import ExportInfo
    from paretocaps.exporting.package import check_target, write_export
    from paretocaps.training.trained_images import held_out
    from paretocaps.training.weights import load_weights

    check_target(folder, onnx=options.onnx, force=options.force)  # before work that takes seconds
    on_progress("loading the network", 0, 0)
    network = load_weights(path)
    on_progress("reading images", 0, 0)
    known = known_data(data, network, path.parent)
    for line in known.told:
        talk(line)
    a = network.architecture
    numbers = tuple(map(str, range(a.classes)))
    labels = pair_names(numbers) if a.pairs else numbers
    try:
        info = ExportInfo.model_validate(
            {
                **about,
                "classes": tuple(options.classes or known.classes or labels),
                "held_out": held_out(path.parent),
            }
        )
    except ValidationError as error:
        raise UsageError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    on_progress("exporting", 0, 0)
    document = write_export(
        folder, network, about=info, onnx=options.onnx, images=known.images, force=options.force
    )
    return Exported(folder, document, "random" if known.images is None else "test")


def predict_options(**values: Any) -> "PredictOptions":
    """Return `exporting.predict.PredictOptions` with these values.

    Raises:
        UsageError: a value is not allowed.
    """
    from paretocaps.exporting.predict import PredictOptions

    return PredictOptions(**values)


def predict(
    folder: str,
    paths: Sequence[str],
    options: "PredictOptions | None" = None,
    talk: Talk = unheard,
    on_progress: OnProgress = unheard,
) -> "Iterator[Prediction]":
    """Yield the predictions of an exported network for image files, in order.

    Args:
        folder: the folder of the export.
        paths: image files, and folders, which are searched for images with all their subfolders.
        options: engine, batch size, expected classes and so on.
        talk: is called with the engine that was chosen, and with the images that were left out.
        on_progress: receives how many images are classified.

    Raises:
        UsageError: `paths` is empty.
        DataError: the export, a path or an image cannot be read.
        UnknownNameError: there is no such engine or expected class.
    """
    from paretocaps.exporting.predict import PredictOptions, predict

    if not paths:
        raise UsageError("no images named: give files or folders")
    return predict(
        expanded(folder),
        [expanded(path) for path in paths],
        options or PredictOptions(),
        talk,
        on_progress,
    )
