"""The networks that are evaluated: of stored trials, exports, trainings' folders and weights files."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from paretocaps.domain.job import DataSpec
from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.errors import DataError, ParetocapsError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.service.picking import PickedTrial

if TYPE_CHECKING:
    from paretocaps.data.images import DataSplits
    from paretocaps.models.network import Network


@dataclass(frozen=True, eq=False)
class Subject:
    """A network to be evaluated.

    Attributes:
        name: its name in the output.
        network: the network, on the CPU.
        data: the data it was trained on, if known.
        classes: the names of its classes, if known.
        precision: the precision it is evaluated in: that of its training, but for an export the one that
            `predict` computes in.
        served: whether it is an export, which `predict` serves.
        held_out: a name of the images that its training validated on (`Predictions.images`); empty if that
            is unknown.
    """

    name: str
    network: "Network"
    data: DataSpec | None = None
    classes: tuple[str, ...] | None = None
    precision: str = "auto"
    served: bool = False
    held_out: str = ""


def subjects_of(networks: Sequence[str], picked: PickedTrial | None) -> list[Subject]:
    """Return the networks that are named, or that of a stored trial.

    Raises:
        UsageError: there are none, or both are given.
        DataError: weights cannot be read.
    """
    if networks and picked is not None:
        raise UsageError("networks are named and a trial is picked, too: give one or the other")
    if picked is not None:
        return [_of_trial(picked)]
    if not networks:
        raise UsageError(
            "no network named: give exports, or --study NAME with --knee, --trial N or --best acc"
        )
    return [_of_path(Path(name)) for name in networks]


def is_network(name: str) -> bool:
    """Return whether `name` is that of a file, an export or a training's folder."""
    from paretocaps.exporting.document import DOCUMENT

    path = Path(name)
    return path.is_file() or (path / DOCUMENT).is_file() or RunFolder(path).weights.is_file()


def _of_trial(picked: PickedTrial) -> Subject:
    from paretocaps.training.trained_images import held_out
    from paretocaps.training.weights import load_weights

    weights = picked.kept_weights()
    return Subject(
        name=f"{picked.study}, trial {picked.trial}, seed {picked.seed}",
        network=load_weights(weights),
        held_out=held_out(weights.parent),
        data=picked.data,
        precision=str(picked.choices.get("precision", "auto")),
    )


def _of_path(path: Path) -> Subject:
    """Return the network of an export, of a training's folder, or of a weights file."""
    from paretocaps.exporting.document import DOCUMENT
    from paretocaps.exporting.engines import SERVED_PRECISION
    from paretocaps.exporting.package import load_export
    from paretocaps.training.trained_images import held_out
    from paretocaps.training.weights import load_weights

    if not path.exists():
        raise DataError(
            f"no such network: {str(path)!r}: name an export, a training's folder or a weights file"
        )
    if path.is_dir() and (path / DOCUMENT).is_file():
        network, about = load_export(path)
        own = about.data, about.classes, SERVED_PRECISION
        return Subject(str(path), network, *own, served=True, held_out=about.held_out)
    file = RunFolder(path).weights if path.is_dir() else path
    job = RunFolder(file.parent).job()
    if job is None:
        return Subject(str(path), load_weights(file))
    precision = str(job.choices.get("precision", "auto"))
    validated = held_out(file.parent)
    return Subject(str(path), load_weights(file), job.data, precision=precision, held_out=validated)


def named(subject: Subject, on_progress: OnProgress = unheard) -> Subject:
    """Return the network with the names of its classes, if the folder that it was trained on is here."""
    from paretocaps.data.tensor_splits import load

    if subject.classes is None and subject.data is not None and subject.data.path is not None:
        with suppress(ParetocapsError):
            return replace(subject, classes=load(subject.data, on_progress).class_names or None)
    return subject


def common_precision(subjects: Sequence[Subject]) -> str:
    """Return the precision that all networks have, or that of `predict` if theirs differ."""
    from paretocaps.exporting.engines import SERVED_PRECISION

    own = {subject.precision for subject in subjects}
    return own.pop() if len(own) == 1 else SERVED_PRECISION


def check_fits(subject: Subject, splits: "DataSplits") -> None:
    """Refuse a network whose inputs have another shape, or that has another number of classes."""
    a = subject.network.architecture
    if splits.levels not in (None, a.levels):
        raise UsageError(
            f"{subject.name} was trained on images of 8 bits, or by a version that kept no range of gray"
            f" values, but those of {splits.name} have more: convert them to 8 bits, or train again"
        )
    if a.pairs != splits.pairs:
        told = "pairs of classes" if a.pairs else "single classes"
        raise UsageError(f"{subject.name} tells {told}, which are not the labels of {splits.name}")
    wanted, given = (a.channels, a.height, a.width, a.labels), (*splits.shape, splits.classes)
    if wanted != given:
        raise UsageError(
            f"{subject.name} takes images of {_shape(wanted)}, but those of {splits.name} are of"
            f" {_shape(given)}: name the data it was trained on, or give image files to `paretocaps predict`,"
            " which resizes them"
        )


def naming_remarks(subjects: Sequence[Subject], splits: "DataSplits") -> list[str]:
    """Return a remark if networks or data name their classes differently; the scores cannot show that.

    Raises:
        UsageError: the names are the same, but in another order.
    """
    from paretocaps.data.sources.class_names import one_form

    named = [(one.name, one.classes) for one in subjects] + [(splits.name, splits.class_names)]
    known = [(name, tuple(map(one_form, classes))) for name, classes in named if classes]
    for name, classes in known[1:]:
        (first, wanted), found = known[0], f"{name} has the classes {_few(classes)}"
        if sorted(classes) == sorted(wanted) and classes != wanted:
            raise UsageError(f"{found}, in another order than {first}: evaluate it on its own data")
        if classes != wanted:
            return [f"{found}, but {first} has {_few(wanted)}: classes are matched by their numbers"]
    return []


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def _shape(shape: tuple[int, ...]) -> str:
    channels, height, width, classes = shape
    return f"{height}x{width}x{channels} in {classes} classes"
