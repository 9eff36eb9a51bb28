"""Trains by a function of one's own, and makes a measurement of what it reports and returns."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from paretocaps.data.raw_splits import read_splits
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import IMAGES, MEASURED, Device, EpochRecord, Measurement, best_epoch
from paretocaps.domain.own_function import called
from paretocaps.domain.progress import progress_of
from paretocaps.domain.trainer import OnEpoch
from paretocaps.domain.wording import diverged, invalid
from paretocaps.errors import DivergedError, TrainingError
from paretocaps.host import processor_name

T = TypeVar("T", bound=BaseModel)

_KNOWN = frozenset({*MEASURED, *IMAGES, "cpu_time", "collapsed"})
_REPORTED = tuple(name for name in EpochRecord.model_fields if name not in ("epoch", "time", "wall"))


@dataclass
class Report:
    """What a function of one's own is given to report by: it is called after every epoch.

    Attributes:
        seed: the seed of this training.
        epochs: how many epochs it shall have.
        device: "cpu" or "cuda:0".
        threads: CPU threads to use; None for all.
        folder: the folder for its files.
    """

    job: TrainingJob
    on_epoch: OnEpoch
    clock: Callable[[], float] = perf_counter
    records: list[EpochRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seed, self.epochs, self.device = self.job.seed, self.job.epochs, self.job.device
        self.threads, self.folder = self.job.threads, self.job.folder
        self.started = self._since = self.clock()

    def __call__(self, acc: float, seconds: float | None = None, **values: Any) -> bool:
        """Report an epoch, and return whether to go on.

        Args:
            acc: the validation accuracy after it, 0 to 1.
            seconds: its seconds of training; None for all since the epoch before.
            values: what else an `EpochRecord` has, such as `train_loss`, `val_loss` or `learning_rate`.

        Raises:
            DivergedError: a number is NaN or infinite.
            TrainingError: a value is no number or not allowed, or an epoch has none of its name.
        """
        record = self._record(acc, seconds, values)
        go_on = self.on_epoch(record)
        self._since = self.clock()
        return go_on

    def whole(self, acc: float, seconds: float) -> None:
        """Keep a training that reported no epoch as one; it has ended, so nobody is asked to go on."""
        self._record(acc, seconds, {})

    def _record(self, acc: float, seconds: float | None, values: Mapping[str, Any]) -> EpochRecord:
        now = self.clock()
        if unknown := [name for name in values if name not in _REPORTED]:
            raise TrainingError(
                f"report({unknown[0]}=...) is not understood: an epoch has {', '.join(_REPORTED)};"
                " return other numbers at the end"
            )
        spent = now - self._since if seconds is None else _number("report was given", "seconds", seconds)
        before = self.records[-1].time if self.records else 0.0
        record = _checked(
            EpochRecord,
            epoch=len(self.records) + 1,
            acc=_number("report was given", "acc", acc),
            seconds=spent,
            time=before + spent,
            wall=now - self.started,
            **values,
        )
        for name in values:
            if isinstance(number := getattr(record, name), float) and not math.isfinite(number):
                raise DivergedError(diverged(name, number))
        self.records.append(record)
        return record

    def prepared(self) -> None:
        """Say that the training begins here: what came before is preparation, and counts to `wall` alone."""
        self._since = self.clock()

    def progress(self, what: str, done: int, total: int) -> None:
        """Tell in between how far the training is, so that a long epoch does not pass for a stalled one."""
        progress_of(self.on_epoch)(what, int(done), int(total))

    def spent(self) -> float:
        """Return the seconds since the last epoch, or since the training began."""
        return self.clock() - self._since


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    """Call the function that the job's trainer names (see `Train`).

    Its time is that of the call, from `Report.prepared` on, or up to its best epoch where it reports epochs.

    Raises:
        TrainingError: it returned no dictionary with numbers, or lacks what the study needs.
        Exception: whatever the function raises.
    """
    own, report = called(job.trainer), Report(job, on_epoch)
    given: dict[str, Any] = {"choices": dict(job.choices), "report": report}
    if "data" in own.parameters:
        given["data"] = read_splits(job.data, report.progress)
        report.prepared()
    returned = own.function(**own.arguments({}, given))
    return measurement(own.called, job, report, returned)


def measurement(whose: str, job: TrainingJob, report: Report, returned: Any) -> Measurement:
    """Return the measurement of a training that has ended, from what it reported and what it returned.

    Args:
        whose: what the messages call the function or the loop that trained.
        job: the training.
        report: what it reported.
        returned: a mapping of names to numbers, or None.

    Raises:
        TrainingError: it is something else, or lacks what the study needs.
    """
    rest = report.spent()
    if returned is not None and not isinstance(returned, Mapping):
        raise TrainingError(
            f"{whose} returned {returned!r:.80}: return a dictionary such as {{'acc': 0.98, 'params': 1000}}"
        )
    values = {
        str(name): _number(f"{whose} returned", str(name), value) for name, value in (returned or {}).items()
    }
    if not report.records and "acc" not in values:
        raise TrainingError(
            f"{whose} reported no epoch and returned no 'acc': return it, or call report(acc=...)"
        )
    counted = "params" in values or (report.records and best_epoch(report.records).params)
    if "params" in job.measure and not counted:
        raise TrainingError(
            f"{whose} returned no 'params', which the study needs: return it, or name other objectives"
        )
    if not report.records:
        report.whole(values["acc"], values.get("time", rest))
    return _measurement(job, report, values)


def _measurement(job: TrainingJob, report: Report, values: Mapping[str, Any]) -> Measurement:
    best = best_epoch(report.records)
    known = {name: value for name, value in values.items() if name in _KNOWN}
    counts = {name: int(known[name]) for name in ("params", "macs", "memory", *IMAGES) if name in known}
    own = {"acc": best.acc, "time": best.time, "wall": report.clock() - report.started, "params": best.params}
    return _checked(
        Measurement,
        **{**own, **known, **counts},
        best_epoch=best.epoch,
        device=_device(job),
        epochs=tuple(report.records),
        quantities={name: value for name, value in values.items() if name not in known},
    )


def _number(what: str, name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TrainingError(f"{what} {name}={value!r:.80}: give a number") from None
    if not math.isfinite(number):
        raise DivergedError(diverged(name, number))
    return number


def _checked(model: type[T], **values: Any) -> T:
    """Return a record of values.

    Raises:
        TrainingError: a value is not allowed.
    """
    try:
        return model(**values)
    except ValidationError as error:
        raise TrainingError(invalid(error)) from None


def _device(job: TrainingJob) -> Device:
    if job.device.startswith("cuda"):
        from paretocaps.training.device import describe_device, open_device

        return describe_device(open_device(job.device), shared=job.shared)
    name = processor_name() + (f" ({job.threads} threads)" if job.threads else "")
    return Device(name=name, kind="cpu", threads=job.threads, shared=job.shared)
