"""Writes the result of `paretocaps train`: the measured values, and the next command."""

import shlex
from typing import Any

from paretocaps.cli.output import note, rows_table, say, show, write_csv, write_json
from paretocaps.domain.measured_estimate import estimate_of
from paretocaps.domain.objective import OBJECTIVES, Objective
from paretocaps.report.tables import estimate_text
from paretocaps.service import TrainedRun

_VALUES = ("acc", "test_acc", "time", "cpu_time", "wall", "params", "macs")


def write_run(run: TrainedRun, form: str) -> None:
    """Write a training's result as `form` to stdout, and messages about it to stderr.

    The table shows accuracies with half the width of the 95 % interval of their images.
    """
    if form == "json":
        write_json(run.as_dict())
    elif form == "csv":
        write_csv([run.as_dict()])
    else:
        show(rows_table([_row(run)], right=_VALUES))
    measured = run.measurement
    if not run.anew:
        say(f"the training in {run.job.folder} is already complete: nothing was trained")
    for text in dict.fromkeys(map(str, measured.tunings.values())):
        note(f"steps computed by {text}")
    for remark in measured.remarks:
        note(remark)
    if run.weights is not None:
        say(f"weights of the best epoch, {measured.best_epoch}: {run.weights}")
        say(f"paretocaps export --run {shlex.quote(str(run.job.folder))}  # for use elsewhere")
    say(f"paretocaps report --run {shlex.quote(str(run.job.folder))}  # its curves as a page")
    if run.trunk is not None:
        backbone, file = run.job.choices["backbone"], shlex.quote(str(run.trunk))
        say(f"backbone of the best epoch: {file}")
        say(f"--set family=backbone_caps --set backbone={backbone} --set checkpoint={file}  # starts from it")


def _row(run: TrainedRun) -> dict[str, Any]:
    measured = run.measurement
    values = {name: estimate_text(_objective(name), estimate_of([measured], name)) for name in _VALUES}
    return {**values, "best epoch": f"{measured.best_epoch} of {len(measured.epochs)}"}


def _objective(name: str) -> Objective:
    return OBJECTIVES.get(name) if name in OBJECTIVES else Objective(name, "maximize", "", "")
