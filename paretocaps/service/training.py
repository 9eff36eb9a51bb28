"""Trains one set of choices for all its epochs, in a folder of its own."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocaps.domain.forecast import EpochForecast
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measured_estimate import estimate_of
from paretocaps.domain.measurement import SHARES, EpochRecord, Measurement
from paretocaps.domain.own_loop import refuse_loop
from paretocaps.domain.progress import WAITS, WithProgress
from paretocaps.domain.study_spec import SEEDS
from paretocaps.domain.trainer import TRAINERS, TrainerSpec, forecast_of
from paretocaps.errors import ParetocapsError, TrainingError, UnknownNameError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.service.epochs_file import EpochsFile
from paretocaps.service.picking import PickedTrial
from paretocaps.service.resuming import prepare
from paretocaps.service.running import Interrupted
from paretocaps.service.settings import parse_settings, seconds_of, whole
from paretocaps.service.train_options import TrainOptions, data_to_train

DEFAULT_EPOCHS = 30
"""Epochs of a training that repeats no trial of a study, unless they are given."""


class TrainingWatcher:
    """Watches one training; every method does nothing unless a subclass overrides it."""

    def preparing(self, what: str, done: int, total: int) -> None:
        """Show that the step `what` of preparing the images is done for `done` of `total` images."""

    def started(self, job: TrainingJob, name: str) -> None:
        """Show that the training of `job` begins; `name` is a short name of its choices."""

    def epochs_told(self, job: TrainingJob, epochs: Sequence[EpochForecast]) -> None:
        """Show what the trainer tells of the epochs of the training that begins; empty for nothing."""

    def epoch(self, job: TrainingJob, record: EpochRecord) -> None:
        """Show an epoch that the training finished, in this run or before it was resumed."""

    def progress(self, job: TrainingJob, what: str, done: int, total: int) -> None:
        """Show how far the training is between two epochs: `what` is done for `done` of `total`."""

    def notice(self, message: str) -> None:
        """Show a line about something that the user should know."""

    def closed(self) -> None:
        """Show that the training is finished, has failed or was interrupted."""


@dataclass(frozen=True, repr=False)
class TrainedRun:
    """The result of a training.

    Attributes:
        job: the job that was trained, with its folder.
        measurement: the measured values.
        anew: whether this run trained; False if the folder already had the finished training.
        trunk: the file with the trained backbone, if it was asked for.
    """

    job: TrainingJob
    measurement: Measurement
    anew: bool = True
    trunk: Path | None = None

    def __repr__(self) -> str:
        found = self.measurement
        tested = "" if found.test_acc is None else f", test_acc {found.test_acc:.4g}"
        return f"<TrainedRun in {self.job.folder}: acc {found.acc:.4g}{tested} at epoch {found.best_epoch}>"

    @property
    def weights(self) -> Path | None:
        """The file with the weights of the best epoch, or None if the trainer keeps none."""
        return self.job.folder / self.measurement.weights if self.measurement.weights else None

    def as_dict(self) -> dict[str, Any]:
        """Return the run as in the JSON of the command line, with the 95 % intervals of accuracies."""
        own = self.measurement.model_dump(exclude={"epochs", "weights", "device", "predictions"})
        for name in SHARES:
            estimate = estimate_of([self.measurement], name)
            own |= {f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        return {
            "folder": str(self.job.folder),
            "weights": str(self.weights) if self.weights else None,
            **own,
            "epochs": len(self.measurement.epochs),
            "device": self.measurement.device.name,
            "loaded": self.measurement.device.loaded,
            "taken": self.measurement.device.taken,
            "choices": self.job.choices,
            "data": str(self.job.data),
            "seed": self.job.seed,
            "trunk": str(self.trunk) if self.trunk else None,
        }


def train(
    options: TrainOptions, picked: PickedTrial | None = None, watcher: TrainingWatcher | None = None
) -> TrainedRun:
    """Train a set of choices for all its epochs, and return the result.

    The run's folder gets `weights.pt` (of the best epoch), `measurement.json`, `epochs.csv`, `job.json` and
    checkpoints (see `training.train`), from which the same options with `resume` continue.

    Args:
        options: what to train, and where.
        picked: a stored trial that gives the choices, and all options that are None.
        watcher: its methods are called as the training proceeds.

    Raises:
        UsageError: an option is not allowed, or the folder has another training.
        OSError: the file for the backbone cannot be written.
        DataError: the data or the checkpoint cannot be read.
        Interrupted: Ctrl-C, SIGTERM or SIGHUP stopped the training.
        TrainingError: the training failed.
    """
    job, name = _job(options, picked)
    watching = watcher or TrainingWatcher()
    if job.ranks > 1 and not is_first_rank():
        return _followed(job, resume=options.resume and not options.force)
    trunk = _trunk_file(options, job)
    trainer = TRAINERS.get(job.trainer)
    trainer.check_fixed(job.choices)
    data = trainer.check_data(job.data, watching.preparing)
    for remark in data.remarks:
        watching.notice(remark)
    if options.force or not RunFolder(job.folder).measurement_file.exists():
        for remark in trainer.check_needs(job, data):
            watching.notice(remark)
    finished = prepare(job, resume=options.resume, force=options.force, notice=watching.notice)
    if finished is not None:
        return _with_trunk(TrainedRun(job, finished, anew=False, trunk=trunk))
    watching.started(job, name)
    forecaster = trainer.forecaster(data, job.epochs, job.ranks)
    watching.epochs_told(job, forecast_of(forecaster, job.choices).epochs)
    try:
        return _with_trunk(TrainedRun(job, _trained(job, watching), trunk=trunk))
    finally:
        watching.closed()


def _trunk_file(options: TrainOptions, job: TrainingJob) -> Path | None:
    """Return the file for the trained backbone, if it is asked for and can be written."""
    if options.save_trunk is None:
        return None
    path = Path(options.save_trunk).expanduser()
    if path.suffix != ".safetensors":
        raise UsageError(f"save_trunk={str(path)!r} is not allowed: name a file that ends in .safetensors")
    if "backbone" not in job.choices:
        raise UsageError(
            f"save_trunk={str(path)!r}: this network has no backbone to save,"
            " use family=backbone_linear or backbone_caps"
        )
    if path.exists() and not (options.resume or options.force):
        raise UsageError(f"save_trunk={str(path)!r} exists: replace it with --force, or name another file")
    return path


def _with_trunk(run: TrainedRun) -> TrainedRun:
    """Write the run's backbone to the file that is named for it."""
    if run.trunk is not None and run.weights is not None:
        from paretocaps.models.saved_trunk import save_trunk
        from paretocaps.training.weights import load_weights

        save_trunk(load_weights(run.weights), run.trunk)
    return run


def _job(options: TrainOptions, picked: PickedTrial | None) -> tuple[TrainingJob, str]:
    """Return the job to train, and a short name of its choices."""
    from paretocaps.cores import processors
    from paretocaps.execution.devices import devices

    name = options.trainer or (picked.trainer if picked else "capsnet")
    if picked is not None:
        refuse_loop(picked.study, picked.trainer)
    choices = _choices(TRAINERS.get(name), options, picked)
    ranks = _ranks(options, TRAINERS.get(name), choices, picked.ranks if picked else 1)
    label = f"{picked.study}-trial-{picked.trial}" if picked else options.design or name
    every = options.checkpoint_every
    folder = _folder(options.output, label)
    values: dict[str, Any] = {
        "study": picked.study if picked else "train",
        "trial": picked.trial if picked else 0,
        "trainer": name,
        "choices": choices,
        "seed": _first(whole("seed", options.seed), picked.seed if picked else None, 0),
        "data": data_to_train(options, picked, folder),
        "epochs": _first(whole("epochs", options.epochs), picked.epochs if picked else None, DEFAULT_EPOCHS),
        "device": _first_free(devices(options.device, ranks=ranks)),
        "threads": max(1, processors() // ranks),
        "ranks": ranks,
        "folder": folder,
        "checkpoints": True,
        "tunings": picked.tunings if picked else {},
        "checkpoint_every": None if every is None else seconds_of("checkpoint_every", every),
    }
    if not 0 <= values["seed"] < SEEDS:
        raise UsageError(f"seed={values['seed']} is not allowed: give 0 to 2147483647")
    if values["epochs"] < 1:
        raise UsageError(f"epochs={values['epochs']} is not allowed: give 1 or more")
    return TrainingJob.model_validate(values), label


def _first_free(found: Sequence[str]) -> str:
    """Return the first device on which nothing trains, such as another GPU than that of another training.

    Ranks of torchrun all take the first: what each of them found free could differ.
    """
    from paretocaps.execution.lease import is_free

    if started_ranks() > 1:
        return found[0]
    return next((device for device in found if is_free(device, exclusive=True)), found[0])


def _ranks(options: TrainOptions, trainer: TrainerSpec, choices: Mapping[str, Any], usual: int) -> int:
    started, chosen = started_ranks(), int(choices.get("ranks", 0)) if trainer.ranks else 0
    ranks = (started if started > 1 else chosen or usual) if options.ranks is None else options.ranks
    if not 1 <= ranks <= 256:
        raise UsageError(f"ranks={ranks} is not allowed: give 1 to 256")
    if started > 1 and ranks != started:
        raise UsageError(f"ranks={ranks}, but torchrun started {started}: leave out --ranks")
    if chosen not in (0, ranks):
        raise UsageError(f"choice ranks={chosen}, but ranks={ranks}: give one number only")
    trainer.check_ranks(ranks)
    return ranks


def _choices(trainer: TrainerSpec, options: TrainOptions, picked: PickedTrial | None) -> dict[str, Any]:
    if picked is not None and options.design is not None:
        raise UsageError(
            f"--design {options.design} and trial {picked.trial} of {picked.study!r}: give one of them"
        )
    if options.design is not None and options.design not in trainer.designs:
        raise UnknownNameError("design", options.design, trainer.designs)
    if picked is not None and picked.trainer != trainer.name:
        raise UsageError(
            f"trial {picked.trial} has the choices of trainer {picked.trainer!r}: leave out --trainer"
        )
    start: Mapping[str, Any] = trainer.designs[options.design] if options.design else {}
    return trainer.canonical({**(picked.choices if picked else start), **parse_settings(options.settings)})


def _folder(output: str | None, label: str) -> Path:
    from paretocaps.storage.artifacts import safe_name

    folder = Path(output).expanduser() if output else Path("runs") / safe_name(label)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"output={str(folder)!r} is a file: name a folder")
    return folder


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def is_first_rank() -> bool:
    """Return whether this process writes files and output, which only the first of torchrun's ranks does."""
    return started_ranks() == 1 or os.environ.get("RANK") == "0"


def started_ranks() -> int:
    """Return how many ranks torchrun started; 1 without torchrun."""
    size = os.environ.get("WORLD_SIZE", "")
    return int(size) if size.isdecimal() and int(size) > 1 and "RANK" in os.environ else 1


def _followed(job: TrainingJob, *, resume: bool) -> TrainedRun:
    """Train as one of torchrun's other ranks, without files and output."""
    if resume and isinstance(found := RunFolder(job.folder).recover(), Measurement):
        return TrainedRun(job, found, anew=False)  # the first rank does not train either
    return TrainedRun(job, TRAINERS.get(job.trainer).load()(job, lambda record: True))


def _trained(job: TrainingJob, watcher: TrainingWatcher) -> Measurement:
    from paretocaps.execution.attempt import attempt, failure_of
    from paretocaps.search.interrupts import Interrupts

    interrupts, epochs, waits = Interrupts(), EpochsFile(RunFolder(job.folder).epochs), set[str]()

    def on_epoch(record: EpochRecord) -> bool:
        epochs.add(record)
        watcher.epoch(job, record)
        interrupts.check()
        return True

    def on_progress(what: str, done: int, total: int) -> None:
        interrupts.check()
        watcher.progress(job, what, done, total)
        if what.startswith(WAITS) and what not in waits:
            waits.add(what)
            watcher.notice(what)

    try:
        with interrupts.watching():
            measurement = attempt(job, WithProgress(on_epoch, on_progress))
    except KeyboardInterrupt:
        raise Interrupted(_how_to_go_on(job, len(epochs.records))) from None
    except ParetocapsError:
        raise
    except Exception as error:
        raise TrainingError(failure_of(error, job.device).reason) from error
    epochs.settle(measurement.epochs)
    RunFolder(job.folder).earlier_checkpoint.unlink(missing_ok=True)
    return measurement


def _how_to_go_on(job: TrainingJob, epochs: int) -> str:
    if not RunFolder(job.folder).checkpoints:
        return "interrupted before the first checkpoint: nothing was kept"
    return (
        f"interrupted in epoch {min(epochs + 1, job.epochs)} of {job.epochs}: {job.folder} has a checkpoint;"
        " continue with the same command and --resume"
    )
