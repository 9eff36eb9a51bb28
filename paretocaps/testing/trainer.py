"""The contract of every trainer, as a pytest class to subclass."""

import contextlib
import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement, best_epoch
from paretocaps.domain.progress import unheard
from paretocaps.domain.quantities.quantities import value_of
from paretocaps.domain.space import Parameter, Scalar, Space, holds
from paretocaps.domain.trainer import Calibrate, TrainerSpec, TypicalStep
from paretocaps.errors import UsageError
from paretocaps.registry import resolve
from paretocaps.run_folder import RunFolder
from paretocaps.testing.writes import recorded_writes

_FINITE = 300  # a finite space with at most so many points is tried completely
_READ_SPEC = """
import sys
from paretocaps.domain.trainer import TRAINERS
TRAINERS.get(sys.argv[1])
sys.exit("resolving the spec imports torch" if "torch" in sys.modules else 0)
"""


@dataclass(frozen=True)
class Training:
    """An observed training: its job, the reported records, the result, and stray files that it wrote."""

    job: TrainingJob
    records: tuple[EpochRecord, ...]
    measurement: Measurement
    strays: tuple[str, ...]


class TrainerContract:
    """Tests that hold for every trainer; a subclass whose name starts with Test sets `spec`.

    Attributes:
        spec: the trainer, which is installed with an entry point in `paretocaps.trainers`.
        choices: the choices that differ from the trainer's defaults.
        data: the images, few enough that a training takes seconds.
        epochs: how many epochs to train, 2 or more.
        deterministic: whether the same seed gives the same accuracies.
        samples: how many random points of the default space are tried.
    """

    spec: ClassVar[TrainerSpec]
    choices: ClassVar[Mapping[str, Any]] = {}
    data: ClassVar[DataSpec] = DataSpec()
    epochs: ClassVar[int] = 3
    deterministic: ClassVar[bool] = True
    samples: ClassVar[int] = 100

    @classmethod
    def job(cls, folder: Path) -> TrainingJob:
        """Return the job to train in `folder`."""
        return TrainingJob(
            study="contract",
            trial=0,
            trainer=cls.spec.name,
            choices=cls.spec.canonical(cls.choices),
            seed=1,
            data=cls.data,
            epochs=cls.epochs,
            folder=folder,
        )

    @classmethod
    def observe(cls, root: Path, stop_after: int | None = None, *, test: bool = True) -> Training:
        """Train `job` below `root`, from an empty working directory, and return the observed training."""
        elsewhere, folder = root / "elsewhere", root / "job"
        elsewhere.mkdir()
        folder.mkdir()
        job, records = cls.job(folder).model_copy(update={"test": test}), list[EpochRecord]()

        def on_epoch(record: EpochRecord) -> bool:
            records.append(record)
            return stop_after is None or len(records) < stop_after

        with contextlib.chdir(elsewhere), recorded_writes() as written:
            measurement = cls.spec.load()(job, on_epoch)
        return Training(job, tuple(records), measurement, tuple(_strays(root, folder, written)))

    @pytest.fixture(scope="class")
    @classmethod
    def training(cls, tmp_path_factory: pytest.TempPathFactory) -> Training:
        """Return one complete training, which most tests use."""
        return cls.observe(tmp_path_factory.mktemp("training"))

    def test_spec_is_read_without_torch(self) -> None:
        """The driver finds the spec by its entry point, and reads it without importing torch."""
        command = [sys.executable, "-c", _READ_SPEC, self.spec.name]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr.strip().splitlines()[-1:]

    def test_choices_are_frozen(self) -> None:
        """Choices do not change once they are parsed."""
        choices = self.spec.parse(self.choices)
        for name in type(choices).model_fields:
            with pytest.raises(ValidationError, match="frozen"):
                setattr(choices, name, getattr(choices, name))

    def test_unknown_choices_are_refused(self) -> None:
        """An unknown choice is an error that names it."""
        with pytest.raises(UsageError, match="no_such_choice"):
            self.spec.parse({**self.choices, "no_such_choice": 1})

    def test_space_is_accepted(self) -> None:
        """The trainer accepts every point of a small space, and random points of any of its spaces."""
        for space in (self.spec.space, *self.spec.spaces.values()):
            self.spec.check_space(space)
            for sampled in _samples(space, self.samples):
                canonical = self.spec.canonical(sampled)
                assert self.spec.canonical(canonical) == canonical, (
                    f"the canonical form of {sampled} is not stable"
                )

    def test_designs_are_accepted(self) -> None:
        """The trainer accepts every one of its designs."""
        for design in self.spec.designs.values():
            self.spec.canonical(design)

    def test_effects_are_of_its_choices(self) -> None:
        """Effects name choices of the trainer, and the same choices come to the same hashable values."""
        if not self.spec.effects:
            pytest.skip(f"trainer {self.spec.name!r} tells no effects")
        for facts in ({}, {"training images": 60, "ranks": 1}):
            first, again = (self.spec.effects_of(self.epochs, facts) for _ in range(2))
            for effect, other in zip(first, again, strict=True):
                assert set(effect.choices) <= set(self.spec.choices.model_fields), effect.choices
                for sampled in _samples(self.spec.space, 10):
                    canonical = self.spec.canonical(sampled)
                    given = {name: canonical[name] for name in effect.choices if name in canonical}
                    assert hash(effect.of(given)) == hash(other.of(given)), given

    def test_reference_step_is_timed(self) -> None:
        """A reference step, if there is one, returns its time and keeps the global random states."""
        if not self.spec.calibrate:
            pytest.skip(f"trainer {self.spec.name!r} has no reference step")
        calibrate: Calibrate = resolve(self.spec.calibrate)
        calibrate("cpu", None)  # modules that it imports may seed themselves
        before = _random_states()
        seconds = calibrate("cpu", None)
        assert math.isfinite(seconds), f"{self.spec.calibrate} returned {seconds}"
        assert seconds > 0.0, f"{self.spec.calibrate} returned {seconds}"
        assert _random_states() == before, f"{self.spec.calibrate} changed a global random state"

    def test_typical_step_is_timed(self, training: Training) -> None:
        """A typical step, if there is one, returns its seconds for any threads and share of a batch."""
        if not self.spec.typical_step:
            pytest.skip(f"trainer {self.spec.name!r} has no typical step")
        prepare: TypicalStep = resolve(self.spec.typical_step)
        step = prepare(training.job, self.spec.check_data(training.job.data))
        for share in (0.1, 1.0):
            seconds = step(1, share)
            assert math.isfinite(seconds), f"{self.spec.typical_step} returned {seconds}"
            assert seconds > 0.0, f"{self.spec.typical_step} returned {seconds}"

    def test_forecast_is_what_is_measured(self, training: Training) -> None:
        """A forecast, if there is one, has the exact quantities and the steps of the training."""
        forecast = self.spec.forecaster(self.spec.check_data(training.job.data), self.epochs, 1)
        if forecast is None:
            pytest.skip(f"trainer {self.spec.name!r} tells nothing before a training")
        told, measured = forecast(training.job.choices), training.measurement
        for name, value in told.exact.items():
            assert value_of(measured, name) == value, name
        assert [one.steps for one in told.epochs] == [record.steps for record in measured.epochs]
        assert all(amount >= 0 for one in told.epochs for amount in one.work.values())

    def test_reports_every_epoch(self, training: Training) -> None:
        """`on_epoch` is called once per epoch, in order, with the records of the measurement.

        Seconds may change later, because steps that warm something up count as the median of later steps.
        """
        assert isinstance(training.measurement, Measurement)
        expected = list(range(1, training.job.epochs + 1))
        assert [record.epoch for record in training.records] == expected
        measured = [_unsettled(record) for record in training.measurement.epochs]
        assert measured == [_unsettled(record) for record in training.records]

    def test_time_adds_up(self, training: Training) -> None:
        """`time` is the sum of the epochs' seconds so far, never more than `wall`, which never decreases."""
        total, wall = 0.0, 0.0
        for record in training.measurement.epochs:
            total += record.seconds
            assert math.isclose(record.time, total, rel_tol=1e-6, abs_tol=1e-9), f"epoch {record.epoch}"
            assert wall <= record.wall, f"epoch {record.epoch}: wall shrinks"
            assert record.time <= record.wall + 1e-9, f"epoch {record.epoch}: time is above wall"
            wall = record.wall
        assert wall <= training.measurement.wall

    def test_values_belong_to_the_best_epoch(self, training: Training) -> None:
        """Accuracy, time and size are those of the best epoch's network; ties go to the earliest epoch."""
        measurement, best = training.measurement, best_epoch(training.measurement.epochs)
        assert measurement.best_epoch == best.epoch
        assert measurement.acc == best.acc
        assert measurement.time == best.time
        assert measurement.params == (best.params or measurement.params)
        assert measurement.macs in (None, best.macs or measurement.macs)

    def test_predictions_are_the_accuracy(self, training: Training) -> None:
        """Predictions, if there are any, are right for the share `acc` of the images."""
        predictions = training.measurement.predictions
        if predictions is not None:
            assert math.isclose(predictions.acc, training.measurement.acc, abs_tol=1e-9)

    def test_survives_json(self, training: Training) -> None:
        """A measurement does not change when it is written and read."""
        text = training.measurement.model_dump_json()
        assert Measurement.model_validate_json(text).model_dump_json() == text

    def test_weights_are_in_the_folder(self, training: Training) -> None:
        """If a measurement names weights, they are a file in the job's folder."""
        name = training.measurement.weights
        assert name is None or (training.job.folder / name).is_file(), f"weights={name!r} is not there"

    def test_judges_what_it_has_trained(self, training: Training, tmp_path: Path) -> None:
        """A trainer that judges networks measures `test_acc` only where it is told, and judges the same."""
        judge, measured = self.spec.load_judge(), training.measurement
        if judge is None:
            pytest.skip(f"trainer {self.spec.name!r} does not judge trained networks")
        assert measured.weights is not None, "without weights nothing can be judged"
        judged = judge(training.job, training.job.folder / measured.weights, unheard)
        assert (judged.acc, judged.images) == (measured.test_acc, measured.test_images)
        untested = self.observe(tmp_path, stop_after=1, test=False).measurement
        assert (untested.test_acc, untested.test_images) == (None, None)

    def test_writes_in_its_folder_only(self, training: Training) -> None:
        """Nothing is written outside the job's folder, except for temporary files."""
        assert not training.strays

    def test_stops_when_told(self, tmp_path: Path) -> None:
        """If `on_epoch` returns False, the training ends there, with a measurement of the epochs so far."""
        stopped = self.observe(tmp_path, stop_after=1)
        assert len(stopped.records) == len(stopped.measurement.epochs) == 1
        assert stopped.measurement.best_epoch == 1

    def test_seed_decides(self, training: Training, tmp_path: Path) -> None:
        """The same seed gives the same accuracies, if the trainer is declared deterministic."""
        if not self.deterministic:
            pytest.skip(f"trainer {self.spec.name!r} is declared not deterministic")
        again = self.observe(tmp_path)
        assert [record.acc for record in again.records] == [record.acc for record in training.records]

    def test_goes_on_from_a_shorter_training(self, training: Training, tmp_path: Path) -> None:
        """A trainer that continues shorter trainings gets the same accuracies from their checkpoints."""
        if not self.spec.continuing:
            pytest.skip(f"trainer {self.spec.name!r} does not continue shorter trainings")
        job, shorter, train = training.job, self.epochs - 1, self.spec.load()
        facts = self.spec.check_data(job.data).facts
        if why := self.spec.why_not_continued(job.choices, shorter, self.epochs, facts):
            pytest.skip(why)
        changes = {"epochs": shorter, "checkpoints": True, "keep_checkpoint": True, "folder": tmp_path / "1"}
        train(job.model_copy(update=changes), lambda _: True)
        assert RunFolder(tmp_path / "2").copy_checkpoint(RunFolder(tmp_path / "1")), "it left no checkpoint"
        changes = {"checkpoints": True, "continued_from": shorter, "folder": tmp_path / "2"}
        longer = train(job.model_copy(update=changes), lambda _: True)
        assert [record.acc for record in longer.epochs] == [record.acc for record in training.records]


def _random_states() -> list[str]:
    """Return Python's random state, and those of numpy and torch if they are imported."""
    states = [repr(random.getstate())]
    if numpy := sys.modules.get("numpy"):
        states.append(str(numpy.random.get_state()[1].tolist()))
    if torch := sys.modules.get("torch"):
        states.append(str(torch.get_rng_state().tolist()))
    return states


def _unsettled(record: EpochRecord) -> str:
    # text: NaN does not equal itself
    return record.model_dump_json(exclude={"seconds", "time", "cpu_seconds"})


def _strays(root: Path, folder: Path, written: list[Path]) -> Iterator[str]:
    temporary = Path(tempfile.gettempdir())
    for path in dict.fromkeys(written):
        if not path.is_relative_to(folder) and (
            path.is_relative_to(root) or not path.is_relative_to(temporary)
        ):
            yield str(path)
    for found in root.rglob("*"):  # files that libraries write without Python
        if not found.is_relative_to(folder) and found != root / "elsewhere":
            yield os.fspath(found)


def _samples(space: Space, count: int) -> Iterator[dict[str, Scalar]]:
    points = [parameter.points() for parameter in space]
    if math.prod(len(values) if values else _FINITE + 1 for values in points) <= _FINITE:
        yield from space.listed({})
    generator = random.Random(0)
    for _ in range(count):
        sampled: dict[str, Scalar] = {}
        for parameter in space:
            if holds(parameter.when, sampled):
                sampled[parameter.name] = _draw(parameter, generator)
        yield sampled


def _draw(parameter: Parameter, generator: random.Random) -> Scalar:
    if points := parameter.points():
        return generator.choice(points)
    assert parameter.low is not None
    assert parameter.high is not None
    if parameter.log:
        return math.exp(generator.uniform(math.log(parameter.low), math.log(parameter.high)))
    return generator.uniform(parameter.low, parameter.high)
