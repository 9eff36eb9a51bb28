"""Evaluates trained networks."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.job import DataSpec, Levels
from paretocaps.domain.layout import Layout, Parts
from paretocaps.errors import DataError, UnknownNameError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.service.picking import PickedTrial
from paretocaps.service.settings import data_spec, given_options

if TYPE_CHECKING:
    from paretocaps.data.images import DataSplits, ImageSet
    from paretocaps.evaluation.appraisal import Appraisal
    from paretocaps.models.network import Network

PARTS = ("test", "validation")


@dataclass(frozen=True)
class EvaluateOptions:
    """The images that networks are evaluated on, and what is measured.

    Attributes:
        dataset, data: a data set of the catalog, or a local folder; the networks' own data if both are None.
        part: "test" or "validation".
        limit: number of images of that part to evaluate on, stratified; None for all.
        device: "auto" for a GPU if there is one, "cpu", "cuda" or "cuda:N".
        robust: whether to measure accuracies under transforms, too.
        pictures: whether to draw reconstructions and perturbation grids, too.
        grids: the classes whose grids are drawn; None for the first ten.
        corrupt: whether image files that cannot be read are an error ("refuse") or left out ("skip"); None
            for the setting of the networks' own data, or else "refuse".
        parts, classes_are_folders, transpose: how the images are laid out (see `DataSpec`); None for the
            setting of the networks' own data.
    """

    dataset: str | None = None
    data: str | None = None
    part: str = "test"
    limit: int | None = None
    device: str = "auto"
    robust: bool = True
    pictures: bool = True
    grids: tuple[int, ...] | None = None
    corrupt: str | None = None
    parts: Parts | str | None = None
    classes_are_folders: bool | None = None
    transpose: bool | None = None


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
    """

    name: str
    network: "Network"
    data: DataSpec | None = None
    classes: tuple[str, ...] | None = None
    precision: str = "auto"
    served: bool = False


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The result of an evaluation.

    Attributes:
        names: names of the networks; several are evaluated as an ensemble.
        data, part: the images.
        device: name of the device.
        precision: "float32", "bfloat16" or "float16", in which the scores were computed.
        appraisal: the scores (see `Appraisal`).
        facts: what the HTML page states about the evaluation, by label.
    """

    names: tuple[str, ...]
    data: str
    part: str
    device: str
    precision: str
    appraisal: "Appraisal"
    facts: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the evaluation as JSON can hold it: numbers unrounded, without pictures and curves."""
        report, robust = self.appraisal.report, self.appraisal.robustness
        own = zip(self.names, self.appraisal.members, strict=True) if self.appraisal.members else ()
        return {
            "networks": list(self.names),
            "data": self.data,
            "part": self.part,
            "device": self.device,
            "precision": self.precision,
            "images": report.images,
            "acc": report.acc,
            "interval": list(report.interval),
            "top5": report.top5,
            "macro": asdict(report.macro),
            "weighted": asdict(report.weighted),
            "auc": report.auc,
            "classes": self.rows(),
            "confusion": [list(row) for row in report.confusion],
            "ece": report.reliability.ece,
            "confidence": self.appraisal.confidence,
            "reliability": [asdict(one) for one in report.reliability.bins],
            "robust": None
            if robust is None
            else {"mean": robust.mean, "transforms": [asdict(one) for one in robust.transforms]},
            "members": [{"name": name, "acc": acc} for name, acc in own],
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per class: name, precision, recall, f1, support, auc."""
        names = "name", "precision", "recall", "f1", "support", "auc"
        return [{name: getattr(one, name) for name in names} for one in self.appraisal.report.classes]


def evaluate(
    networks: Sequence[str],
    picked: PickedTrial | None = None,
    options: EvaluateOptions | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Evaluate the network of a stored trial, or networks in files; several are evaluated as an ensemble.

    Args:
        networks: folders of exports or trainings, or weights files; none if `picked` is given.
        picked: a stored trial instead.
        options: the images, and what to measure.
        progress: is called with lines on the images, and with each next step, in words.

    Raises:
        UsageError: there are no networks, or both `networks` and `picked`, or the networks do not fit each
            other or the images.
        DataError: weights or images cannot be read.
    """
    from paretocaps.data.tensor_splits import load
    from paretocaps.evaluation.accuracy import Evaluator
    from paretocaps.evaluation.appraisal import Extras, appraise
    from paretocaps.execution.devices import devices
    from paretocaps.models.complexity import parameters
    from paretocaps.training.device import describe_device, open_device
    from paretocaps.training.precision import autocast, resolve_precision, whole_float32

    options = options or EvaluateOptions()
    if options.part not in PARTS:
        raise UnknownNameError("part", options.part, PARTS)
    device = open_device(devices(options.device)[0])
    subjects = _subjects(networks, picked)
    spec = _data(options, subjects)
    splits = load(spec)
    for line in splits.told:
        progress(line)
    images = _images(splits, options)
    for subject in subjects:
        _check_fits(subject, splits)
        subject.network.to(device).eval()
    naming = _naming(subjects, splits)
    for remark in naming:
        progress(remark)
    dtype = resolve_precision(_precision(subjects), device)
    served = all(subject.served for subject in subjects)
    with whole_float32(device) if served else nullcontext():
        appraisal = appraise(
            [subject.network for subject in subjects],
            images,
            Evaluator(device, autocast(device, dtype)),
            device,
            next((subject.classes for subject in subjects if subject.classes), splits.class_names),
            Extras(options.robust, options.pictures, options.grids),
            progress,
        )
    precision = str(dtype).removeprefix("torch.")
    names, where = tuple(subject.name for subject in subjects), describe_device(device).name
    facts = {
        "network" if len(names) == 1 else "networks": "\n".join(names),
        "images": f"{len(images):,} of the {options.part} part of {splits.name}",
        "parameters": " + ".join(f"{parameters(subject.network.architecture):,}" for subject in subjects),
        "device": f"{where}, {precision}{told_precision(precision)}",
        "remarks": "\n".join((*naming, *appraisal.remarks)),
    }
    kept = {name: text for name, text in facts.items() if text}
    return Evaluation(names, str(spec), options.part, where, precision, appraisal, kept)


def told_precision(precision: str) -> str:
    """Return what a reader must know of scores in `precision`: nothing where it is the one `predict` has."""
    return "" if precision == "float32" else "; exports are evaluated in float32, as `predict` computes"


def write_evaluation(path: str, evaluation: Evaluation) -> Path:
    """Write an evaluation as one HTML page with figures and pictures, and return its path.

    Raises:
        UsageError: the page cannot be written there.
    """
    from paretocaps.report import evaluation_page

    names = evaluation.names
    title = names[0] if len(names) == 1 else f"Ensemble of {len(names)} networks"
    return evaluation_page.write_evaluation(
        path, title, evaluation.appraisal, facts=evaluation.facts, members=names
    )


def _subjects(networks: Sequence[str], picked: PickedTrial | None) -> list[Subject]:
    if networks and picked is not None:
        raise UsageError("networks are named and a trial is picked, too: give one or the other")
    if picked is not None:
        return [_of_trial(picked)]
    if not networks:
        raise UsageError(
            "no network named: give exports, or --study NAME with --knee, --trial N or --best acc"
        )
    return [_of_path(Path(name)) for name in networks]


def _of_trial(picked: PickedTrial) -> Subject:
    from paretocaps.training.weights import load_weights

    return Subject(
        name=f"{picked.study}, trial {picked.trial}, seed {picked.seed}",
        network=load_weights(picked.kept_weights()),
        data=picked.data,
        precision=str(picked.choices.get("precision", "auto")),
    )


def _of_path(path: Path) -> Subject:
    """Return the network of an export, of a training's folder, or of a weights file."""
    from paretocaps.export.document import DOCUMENT
    from paretocaps.export.engines import SERVED_PRECISION
    from paretocaps.export.package import load_export
    from paretocaps.training.weights import load_weights

    if not path.exists():
        raise DataError(
            f"no such network: {str(path)!r}: name an export, a training's folder or a weights file"
        )
    if path.is_dir() and (path / DOCUMENT).is_file():
        network, about = load_export(path)
        return Subject(str(path), network, about.data, about.classes, SERVED_PRECISION, served=True)
    file = RunFolder(path).weights if path.is_dir() else path
    job = RunFolder(file.parent).job()
    if job is None:
        return Subject(str(path), load_weights(file))
    precision = str(job.choices.get("precision", "auto"))
    return Subject(str(path), load_weights(file), job.data, precision=precision)


def _precision(subjects: Sequence[Subject]) -> str:
    """Return the precision that all networks have, or that of `predict` if theirs differ."""
    from paretocaps.export.engines import SERVED_PRECISION

    own = {subject.precision for subject in subjects}
    return own.pop() if len(own) == 1 else SERVED_PRECISION


def _data(options: EvaluateOptions, subjects: Sequence[Subject]) -> DataSpec:
    """Return the data that `options` name, or those that the networks were trained on."""
    spec = _source(options, subjects).model_copy(update={"levels": _levels(subjects)})
    given = given_options(options, ("corrupt", *Layout.model_fields))
    return data_spec({**spec.model_dump(), **given}) if given else spec


def _levels(subjects: Sequence[Subject]) -> Levels | None:
    """Return the range that all networks take grays of more than 8 bits in; None where they take 8 bits.

    Raises:
        UsageError: they take different ones.
    """
    ranges = {subject.network.architecture.levels for subject in subjects}
    if len(ranges) > 1:
        said = " and ".join(
            sorted("8 bits" if one is None else f"{one[0]:g} to {one[1]:g}" for one in ranges)
        )
        raise UsageError(
            f"the networks take gray values of different ranges ({said}): evaluate each on its own"
        )
    return ranges.pop()


def _source(options: EvaluateOptions, subjects: Sequence[Subject]) -> DataSpec:
    if options.dataset is not None and options.data is not None:
        raise UsageError("--dataset and --data both name images: give one")
    if options.data is not None:
        return _folder(options.data, subjects)
    if options.dataset is not None:
        return DataSpec(name=options.dataset)
    own = {one.data.model_copy(update={"limit_train": None}) for one in subjects if one.data is not None}
    if len(own) != 1:
        why = "are stored without their data" if not own else "were trained on different data"
        raise UsageError(f"the networks {why}: give --dataset NAME or --data PATH")
    return own.pop()


def _folder(path: str, subjects: Sequence[Subject]) -> DataSpec:
    """Return the images of a folder, in the size and with the channels that the first network takes.

    A folder that one of the networks was trained on is read with the settings of that training.
    """
    place = str(Path(path).expanduser().resolve())
    for one in subjects:
        if one.data is not None and one.data.path == place:
            return one.data.model_copy(update={"limit_train": None})
    a = subjects[0].network.architecture
    channels: Any = a.channels if a.channels in (1, 3) else None
    return DataSpec(name=None, path=path, channels=channels, size=(a.height, a.width), transpose=a.transposed)


def _images(splits: "DataSplits", options: EvaluateOptions) -> "ImageSet":
    """Return the images of the part that `options` name, at most `options.limit` of them."""
    from paretocaps.data.images import ImageSet
    from paretocaps.data.split import stratified_indices

    images = splits.test if options.part == "test" else splits.validation
    if options.limit is None:
        return images
    if not 1 <= options.limit <= len(images):
        raise UsageError(
            f"limit={options.limit} is not allowed: the {options.part} part has {len(images)} images"
        )
    kept = stratified_indices(images.labels.numpy(), options.limit)
    pixels = images.channels_last(images.labels.new_tensor(kept)).permute(0, 3, 1, 2)
    return ImageSet(pixels, images.labels[kept])


def _check_fits(subject: Subject, splits: "DataSplits") -> None:
    """Refuse a network whose inputs have another shape, or that has another number of classes."""
    a = subject.network.architecture
    if splits.levels not in (None, a.levels):
        raise UsageError(
            f"{subject.name} was trained on images of 8 bits, or by a version that kept no range of gray"
            f" values, but those of {splits.name} have more: convert them to 8 bits, or train again"
        )
    wanted, given = (a.channels, a.height, a.width, a.classes), (*splits.shape, splits.classes)
    if wanted != given:
        raise UsageError(
            f"{subject.name} takes images of {_shape(wanted)}, but those of {splits.name} are of"
            f" {_shape(given)}: name the data it was trained on, or give image files to `paretocaps predict`,"
            " which resizes them"
        )


def _naming(subjects: Sequence[Subject], splits: "DataSplits") -> list[str]:
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
