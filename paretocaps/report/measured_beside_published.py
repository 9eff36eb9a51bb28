"""The figures that a paper publishes next to those measured here, never mixed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import OBJECTIVES
from paretocaps.report.ensembles import ensemble_estimates
from paretocaps.report.networks import paper_flops
from paretocaps.report.tables import Table, estimate_text, value_text, with_prefix

if TYPE_CHECKING:
    from paretocaps.domain.published import Published
    from paretocaps.storage.records import EnsembleRecord

_SHARES = ("acc", "test_acc", "robust", "acc_deviation", "test_acc_deviation")
EPOCH_SECONDS = "epoch_seconds"
"""The key of study files for the `epoch_time` that a paper publishes."""
_EPOCH_TIME = "epoch_time"
_SECONDS = ("time", EPOCH_SECONDS)
_BOUND = (*_SECONDS, "memory")
_EPOCHS = "best_epoch"
_COUNTS = ("bottleneck", "primary_capsules")
TRAINING_FLOPS = "training_flops"
"""The key of study files for the paper's FLOPs: multiply-adds x 3, x 2 where the backbone is frozen."""
_FLOPS = "flops"
"""The operations of a training step per image, which stand beside the paper's FLOPs."""
DEVIATION = "acc_deviation"
"""The key of study files for the standard deviation of the accuracy over the runs."""
_TEST_DEVIATION = "test_acc_deviation"
_ALWAYS = ("test_acc", "acc", _EPOCHS, "time")
_MEASURED = (
    "test_acc",
    _TEST_DEVIATION,
    "acc",
    "robust",
    _EPOCHS,
    EPOCH_SECONDS,
    "time",
    "params",
    "macs",
    TRAINING_FLOPS,
    _FLOPS,
    "memory",
    *_COUNTS,
)
_ORDER = ("acc", DEVIATION, *_MEASURED[3:])
"""The published columns in the order of the measured ones; other figures follow."""
_BESIDE = {TRAINING_FLOPS: _FLOPS, DEVIATION: _TEST_DEVIATION}
"""What is shown of the trials where a figure is published, besides the figure of the same name."""
_HEADINGS = {
    "acc": "val acc",
    "test_acc": "test acc",
    _EPOCHS: "best epoch",
    EPOCH_SECONDS: "s per epoch",
    "primary_capsules": "primary capsules",
    TRAINING_FLOPS: "training flops",
    _TEST_DEVIATION: "sd",
}
_PRINTED = {EPOCH_SECONDS: "s per epoch", DEVIATION: "sd"}
"""The headings of published columns that are not headed by the figure's name."""
_UNITS = {"memory": "B"}
_TIME, _ACC = OBJECTIVES.get("time"), OBJECTIVES.get("acc")
_SPREAD = {
    **dict.fromkeys(("acc", "test_acc", "robust"), _ACC),
    **dict.fromkeys(_SECONDS, _TIME),
    "memory": OBJECTIVES.get("memory"),
}
"""The measured figures that are shown with half of their intervals, by the objective whose form they have."""


@dataclass(frozen=True)
class Beside:
    """A published row and one trial that it describes.

    Attributes:
        name: the row's name.
        published: the row's figures by name.
        note: what else the paper states about the row.
        trial: the trial's number, or None where none was trained.
        measured: the trial's figures by name, with their intervals; those that were not measured are missing.
        seeds: the number of trainings over which `measured` is the mean.
        networks: the number of networks of an ensemble, whose figures `measured` has; 0 for a trial.
    """

    name: str
    published: Mapping[str, float]
    note: str
    trial: int | None
    measured: Mapping[str, Estimate]
    seeds: int
    networks: int = 0


def beside(
    published: "Published",
    trials: Sequence[FrontMember],
    *,
    timed: bool = True,
    ensembles: "Sequence[EnsembleRecord]" = (),
) -> list[Beside]:
    """Return every published row with each trial that it describes, in the order of the rows.

    The figures of a trial are test accuracy, validation accuracy, best epoch, seconds per epoch
    (`epoch_time`), training time, parameters, multiply-adds, FLOPs (also `paper_flops`) and memory. Test
    accuracy is that of the epoch that was best on validation images: expect it a little below the test
    accuracy of a paper's best epoch.

    Args:
        published: what the paper publishes.
        trials: all finished trials, with the quantities that they have.
        timed: whether to include times and memory, which do not compare across devices.
        ensembles: the study's ensembles; a row without choices describes the one of its name.
    """
    found: list[Beside] = []
    named = {ensemble.name: ensemble for ensemble in ensembles}
    for row in published.rows:
        about = [trial for trial in trials if row.is_about(trial)]
        for trial in about:
            measured = _measured(trial, timed=timed)
            found.append(Beside(row.name, row.figures, row.note, trial.trial, measured, trial.seeds))
        if not about and row.choices is None and (ensemble := named.get(row.name)) is not None:
            measured = _shown(ensemble_estimates(ensemble), timed=timed)
            networks = len(ensemble.members)
            found.append(Beside(row.name, row.figures, row.note, None, measured, 0, networks))
        elif not about:
            found.append(Beside(row.name, row.figures, row.note, None, {}, 0))
    return found


def beside_table(lines: Sequence[Beside], figures: Sequence[str], *, also: Sequence[str] = ()) -> Table:
    """Return the lines as a table: the published columns, then the measured ones, each under a heading.

    The measured columns are accuracies, best epoch, training time, every other figure that is published, and
    the number of seeds where it differs. An sd is the sample standard deviation over the seeds, of the
    accuracy to its left.

    Args:
        lines: from `beside`.
        figures: the names of the published columns.
        also: the names of further measured columns.
    """
    texts = [("row", False, [line.name for line in lines])]
    for name in sorted(figures, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
        cells = [_printed(name, line.published.get(name)) for line in lines]
        texts.append((_PRINTED.get(name, name.replace("_", " ")), True, cells))
    second = len(texts)
    shown = {*figures, *also, *(_BESIDE[name] for name in figures if name in _BESIDE)}
    texts.append(("trial", True, [_trained(line) for line in lines]))
    if len({line.seeds for line in lines if line.trial is not None}) > 1:
        texts.append(("seeds", True, [str(line.seeds) if line.seeds else "-" for line in lines]))
    texts += [
        (_HEADINGS.get(name, name), True, [_estimate(name, line.measured.get(name)) for line in lines])
        for name in _MEASURED
        if (name in shown or name in _ALWAYS) and any(name in line.measured for line in lines)
    ]
    groups = (("published, not measured here", second), ("measured here", len(texts) - second))
    return Table.of(texts, groups)


def _trained(line: Beside) -> str:
    if line.networks:
        return f"{line.networks} networks"
    return "not trained" if line.trial is None else str(line.trial)


def _measured(trial: FrontMember, *, timed: bool) -> dict[str, Estimate]:
    found = {name: trial.estimate(name) for name in (*trial.values, *trial.estimates)}
    if (counted := paper_flops(trial.choices, trial.values)) is not None:
        found[TRAINING_FLOPS] = Estimate(counted, trial.seeds)
    if (deviation := trial.estimate("test_acc").sd) is not None:
        found[_TEST_DEVIATION] = Estimate(deviation, trial.seeds)
    if _EPOCH_TIME in found:
        found[EPOCH_SECONDS] = found[_EPOCH_TIME]
    return _shown(found, timed=timed)


def _shown(found: Mapping[str, Estimate], *, timed: bool) -> dict[str, Estimate]:
    """Return the values that are shown and known, with times and memory only if they are `timed`."""
    return {
        name: found[name]
        for name in _MEASURED
        if name in found and _is_known(found[name].value) and (timed or name not in _BOUND)
    }


def _is_known(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def _estimate(name: str, estimate: Estimate | None) -> str:
    if estimate is None or estimate.half_width is None or name not in (*_SPREAD, _EPOCHS):
        return _text(name, None if estimate is None else estimate.value)
    if name == _EPOCHS:
        half = f" ±{estimate.half_width:.3g}" if estimate.half_width else ""  # whole numbers agree by chance
        return f"{_text(name, estimate.value)}{half}"
    return estimate_text(_SPREAD[name], estimate)


def _printed(name: str, value: float | None) -> str:
    """Return a published figure; an accuracy keeps the decimals that the paper prints, four at least."""
    if value is None or name not in _SHARES:
        return _text(name, value)
    return max(_text(name, value), f"{value:.6g}", key=len)


def _text(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name in _SHARES:
        return f"{value:.4f}"
    if name in _SECONDS:
        return value_text(_TIME, value)
    return f"{value:.4g}" if name in (_EPOCHS, *_COUNTS) else with_prefix(value, _UNITS.get(name, ""))
