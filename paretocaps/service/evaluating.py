"""Evaluates trained networks."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.errors import DataError, UnknownNameError, UsageError
from paretocaps.service.evaluated_images import PARTS, EvaluateOptions, data_of, images_of
from paretocaps.service.picking import PickedTrial
from paretocaps.service.subjects import (
    Subject,
    check_fits,
    common_precision,
    named,
    naming_remarks,
    subjects_of,
)

if TYPE_CHECKING:
    from paretocaps.evaluation.appraisal import Appraisal


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        report, networks = self.appraisal.report, " + ".join(self.names)
        images = f"{report.images:,} images of the {self.part} part of {self.data}"
        return f"<Evaluation of {networks}: acc {report.acc:.4g} on {images}>"

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
    progress: Callable[[str], None] = unheard,
    on_progress: OnProgress = unheard,
) -> Evaluation:
    """Evaluate the network of a stored trial, or networks in files; several are evaluated as an ensemble.

    Args:
        networks: folders of exports or trainings, or weights files; none if `picked` is given.
        picked: a stored trial instead.
        options: the images, and what to measure.
        progress: is called with lines on the images, and with each next step, in words.
        on_progress: receives how many images are read and evaluated.

    Raises:
        UsageError: there are no networks, or both `networks` and `picked`, or the networks do not fit each
            other or the images.
        DataError: weights or images cannot be read.
    """
    from paretocaps.data.tensor_splits import load
    from paretocaps.evaluation.accuracy import Evaluator
    from paretocaps.evaluation.appraisal import Extras, appraise
    from paretocaps.evaluation.perturbation import check_classes
    from paretocaps.execution.devices import devices
    from paretocaps.models.complexity import parameters
    from paretocaps.training.device import describe_device, open_device
    from paretocaps.training.precision import autocast, resolve_precision, whole_float32

    options = options or EvaluateOptions()
    if options.part not in PARTS:
        raise UnknownNameError("part", options.part, PARTS)
    device = open_device(devices(options.device)[0])
    subjects = subjects_of(networks, picked)
    spec = data_of(options, subjects)
    if options.dataset is None and options.data is None:
        _refuse_other_images(subjects)
    else:
        subjects = [named(subject, on_progress) for subject in subjects]
    splits = load(spec, on_progress)
    for line in splits.told:
        progress(line)
    images = images_of(splits, options)
    for subject in subjects:
        check_fits(subject, splits)
        subject.network.to(device).eval()
    check_classes(options.grids or (), splits.classes)
    naming = naming_remarks(subjects, splits)
    for remark in naming:
        progress(remark)
    dtype = resolve_precision(common_precision(subjects), device)
    served = all(subject.served for subject in subjects)
    with whole_float32(device) if served else nullcontext():
        appraisal = appraise(
            [subject.network for subject in subjects],
            images,
            Evaluator(device, partial(autocast, device, dtype), on_progress=on_progress),
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


def _refuse_other_images(subjects: Sequence[Subject]) -> None:
    """Refuse networks trained on folders that hold out other images now; those of the catalog do not change.

    Images are read with the limits of the training, which the test part does not have.
    """
    from paretocaps.data.tensor_splits import load
    from paretocaps.training.trained_images import other_images

    for subject in subjects:
        if not subject.held_out or subject.data is None or subject.data.path is None:
            continue
        try:
            then = load(subject.data)
        except DataError as error:
            why = f"its images cannot be read as for its training ({str(error).rpartition(': ')[0] or error})"
        else:
            why = other_images(subject.held_out, then)
        if why:
            raise UsageError(f"{subject.name}: {why}; name others with --data")


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
        path, title, evaluation.appraisal, facts=evaluation.facts, members=names, data=evaluation.data
    )
