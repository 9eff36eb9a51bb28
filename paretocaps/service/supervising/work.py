"""What the process of a submission does: run a study, train a trial, or export a network."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from paretocaps.domain.duration import duration_text, parse_duration
from paretocaps.report.places import without_folders
from paretocaps.service.exporting import ExportOptions, export_run, export_trial
from paretocaps.service.picking import PickedTrial, pick_trial
from paretocaps.service.running import optimize
from paretocaps.service.submitted import PICKS, placed_data
from paretocaps.service.supervising.turn import Turn
from paretocaps.service.supervising.watchers import StudyWatcher, TrainWatcher
from paretocaps.service.train_options import TrainOptions
from paretocaps.service.training import train
from paretocaps.storage.artifacts import safe_name
from paretocaps.writing import private_folder

Outcome = tuple[str | None, dict[str, Any]]
"""Why it ended as it did, or None, and what came of it, by name."""


def run_study(turn: Turn) -> Outcome:
    """Run a study until it has all its trials, or ends for another reason."""
    task, one = turn.task, turn.submission
    options = placed_data(one.options, task.data_root, task.folder)
    options |= {"study": one.study, "storage": task.storage}
    if task.executor is not None:
        options["executor"] = task.executor
    asked = options.get("timeout")
    if asked is not None:  # it is that of all turns together
        options["timeout"] = max(1.0, parse_duration(asked) - one.seconds)
    done = optimize(options, observer=StudyWatcher(turn))
    counts = "finished", "failed", "stopped", "rejected", "collapsed"
    result = {name: getattr(done, name) for name in counts} | {"front": len(done.front)}
    over = (
        f"timeout={duration_text(parse_duration(asked))} of all its turns was over"
        if done.time_is_up
        else None
    )
    reason = done.ended or over
    return "every point of its space was tried" if done.exhausted and not reason else reason, result


def train_trial(turn: Turn) -> Outcome:
    """Train the choices of a trial again, in a folder of its own."""
    task, one = turn.task, turn.submission
    folder = _folder(task.folder, "trainings", one.id)
    # the seed of this training, where an export names that of the one whose network it takes
    which = {name: value for name, value in one.options.items() if name != "seed"}
    picked, options = _picked(one.study, which, task.storage)
    own = TrainOptions(**options, seed=one.options.get("seed"), output=str(folder), resume=True)
    run = train(own, picked, TrainWatcher(turn))
    values = {name: value for name, value in run.as_dict().items() if isinstance(value, int | float | str)}
    place = {"folder": f"trainings/{one.id}", "weights": None if run.weights is None else run.weights.name}
    if "data" in values:  # readers see no folders of the machine
        values["data"] = without_folders(str(values["data"]))
    return None, values | place | {"trial": picked.trial}


def export_network(turn: Turn) -> Outcome:
    """Export the network of a trial, or of a training that was submitted, as a folder and as a zip file."""
    task, one = turn.task, turn.submission
    folder = _folder(task.folder, "exports", one.id)
    options = dict(one.options)
    onnx, classes = options.pop("onnx", True), options.pop("class_names", None)
    training = options.pop("training", None)
    trial = options.get("trial")
    if training is None:
        picked, _ = _picked(one.study, options, task.storage)
        trial, name = picked.trial, f"{safe_name(one.study)}-trial-{picked.trial}"
        done = export_trial(picked, ExportOptions(str(folder / name), classes, onnx, force=True), turn.tell)
    else:
        run = str(task.folder / "trainings" / str(training))
        name = f"{safe_name(one.study)}-training-{training}"
        done = export_run(run, ExportOptions(str(folder / name), classes, onnx, force=True), turn.tell)
    shutil.make_archive(str(folder / name), "zip", root_dir=folder, base_dir=name)
    place = f"exports/{one.id}/{name}"
    made = {"folder": place, "file": f"{place}.zip", "checked_on": done.checked_on}
    return None, made if trial is None else made | {"trial": trial}


WORK: Mapping[str, Callable[[Turn], Outcome]] = {
    "study": run_study,
    "training": train_trial,
    "export": export_network,
}
"""What is done for each kind of submission."""


def _picked(study: str, options: Mapping[str, Any], storage: str) -> tuple[PickedTrial, dict[str, Any]]:
    """Return the trial that is picked, and the options that pick none."""
    which = {name: value for name, value in options.items() if name in PICKS}
    others = {name: value for name, value in options.items() if name not in PICKS}
    return pick_trial(storage, study, **which), others


def _folder(service: Path, kind: str, submission: int) -> Path:
    folder = service / kind / str(submission)
    for made in (folder.parent, folder):
        private_folder(made)
    return folder
