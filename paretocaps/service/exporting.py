"""Exporting a trained network, and predicting with an export."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.job import DataSpec
from paretocaps.errors import DataError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.service.picking import PickedTrial

if TYPE_CHECKING:
    from paretocaps.export.document import Document
    from paretocaps.export.predict import Prediction, PredictOptions

"""The weights in a folder of `paretocaps train`."""


@dataclass(frozen=True)
class ExportOptions:
    """How a network is exported.

    Attributes:
        output: the folder to make; None for exports/STUDY-trial-N, or exports/ and the run's name.
        classes: names of the classes, in the order of their labels; those of the data set, or else their
            numbers, where None.
        onnx: whether the ONNX graph is written, too.
        force: replace an export that is there.
    """

    output: str | None = None
    classes: Sequence[str] | None = None
    onnx: bool = True
    force: bool = False


@dataclass(frozen=True)
class Exported:
    """What an export came to.

    Attributes:
        folder: where it is.
        document: what its network.json says.
        checked_on: the images on which ONNX and torch were compared: "test" or "random" ones.
    """

    folder: Path
    document: "Document"
    checked_on: str


def export_trial(picked: PickedTrial, options: ExportOptions) -> Exported:
    """Export the network of a stored trial.

    ONNX is compared with torch on 256 test images of the study's data, and where those cannot be
    read any more on random ones.

    Raises:
        UsageError: the folder is there already, or class names that do not fit.
        DataError: the trial's weights were not kept, or are damaged.
        ParetocapsError: ONNX cannot express the network, or differs from torch.
    """
    from paretocaps.storage.artifacts import safe_name

    path = picked.kept_weights()
    folder = Path(options.output or Path("exports") / f"{safe_name(picked.study)}-trial-{picked.trial}")
    about = {
        "study": picked.study,
        "trial": picked.trial,
        "seed": picked.seed,
        "choices": dict(picked.choices),
        "acc": picked.acc,
        "test_acc": picked.test_acc,
        "data": picked.data,
    }
    return _export(path, folder, about, options, picked.data)


def export_run(run: str, options: ExportOptions) -> Exported:
    """Export the network of a training's folder, or of a weights file.

    Args:
        run: a folder with `weights.pt` in it, or such a file.
        options: how.

    Raises:
        UsageError: the folder is there already, or class names that do not fit.
        DataError: the weights are missing or damaged.
        ParetocapsError: ONNX cannot express the network, or differs from torch.
    """
    path = Path(run)
    name = path.name if path.is_dir() else path.parent.name
    if path.is_dir():
        path = RunFolder(path).weights
    if not path.is_file():
        raise DataError(f"no weights at {str(path)!r}: name a folder of `paretocaps train`")
    folder = Path(options.output or Path("exports") / (name or "network"))
    about, data = _about_run(path.parent)
    return _export(path, folder, about, options, data)


def _about_run(folder: Path) -> tuple[dict[str, object], DataSpec | None]:
    """What a training's folder says of its weights, and its data; nothing where it is silent."""
    from paretocaps.domain.measurement import Measurement

    about: dict[str, object] = {}
    if (job := RunFolder(folder).job()) is not None:
        about |= {"seed": job.seed, "choices": job.choices, "data": job.data}
    if isinstance(measured := RunFolder(folder).recover(), Measurement):
        about |= {"acc": measured.acc, "test_acc": measured.test_acc}
    return about, job.data if job is not None else None


def _export(
    path: Path, folder: Path, about: dict[str, object], options: ExportOptions, data: DataSpec | None
) -> Exported:
    from pydantic import ValidationError

    from paretocaps.export.checked_images import known_data
    from paretocaps.export.document import ExportInfo
    from paretocaps.export.package import check_target, write_export
    from paretocaps.training.weights import load_weights

    check_target(folder, force=options.force)  # before seconds of work
    network = load_weights(path)
    known = known_data(data, network)
    numbers = tuple(map(str, range(network.architecture.classes)))
    try:
        info = ExportInfo.model_validate(
            {**about, "classes": tuple(options.classes or known.classes or numbers)}
        )
    except ValidationError as error:
        raise UsageError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    document = write_export(
        folder, network, about=info, onnx=options.onnx, images=known.images, force=options.force
    )
    return Exported(folder, document, "random" if known.images is None else "test")


def predict_options(**values: Any) -> "PredictOptions":
    """Return how images are to be predicted; see `export.predict.PredictOptions`.

    Raises:
        UsageError: a value that cannot be.
    """
    from paretocaps.export.predict import PredictOptions

    return PredictOptions(**values)


def predict(
    folder: str,
    paths: Sequence[str],
    options: "PredictOptions | None" = None,
    talk: Callable[[str], None] = lambda _: None,
) -> "Iterator[Prediction]":
    """Yield what an exported network says of image files, in order.

    Args:
        folder: of the export.
        paths: image files, and folders of them, which are searched with all folders below.
        options: engine, batch and what is expected.
        talk: is told which engine was taken, and which images were left out.

    Raises:
        DataError: the export, a path or an image cannot be read.
        UnknownNameError: an engine or an expected class that there is not.
    """
    from paretocaps.export.predict import PredictOptions, predict

    if not paths:
        raise UsageError("no images named: give files or folders")
    return predict(Path(folder), [Path(path) for path in paths], options or PredictOptions(), talk)
