"""A trainer of another package, found by its entry point, keeps the contract and trains in a worker."""

import pytest

from paretocaps.domain.job import DataSpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.execution.executor import EXECUTORS
from paretocaps.run_folder import RunFolder
from paretocaps.testing.plugin import plug_in
from paretocaps.testing.trainer import TrainerContract


@pytest.mark.slow
class TestOutsideTrainer(TrainerContract):
    data = DataSpec(limit_train=500)
    epochs = 4

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def installed(cls, outside_folder):
        with pytest.MonkeyPatch.context() as patch:
            plug_in(patch, outside_folder)
            cls.spec = TRAINERS.get("softmax_digits")
            yield

    @pytest.fixture(scope="class")
    @classmethod
    def executor(cls, installed):
        with EXECUTORS.get("processes")(["cpu", "cpu"]) as executor:
            yield executor

    def test_is_listed(self):
        assert "softmax_digits" in list(TRAINERS)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("choices", "acc", "params", "zeros"),  # acc: about 0.05 below what 10 epochs reach
        [
            ({}, 0.92, 650, (0.0, 0.2)),
            ({"pooling": 4}, 0.4, 50, (0.0, 0.2)),
            ({"penalty": "l1", "strength": 1e-3}, 0.92, 650, (0.2, 1.0)),
        ],
    )
    def test_trains_in_a_worker(self, executor, tmp_path, choices, acc, params, zeros):
        changes = {"choices": self.spec.canonical(choices), "epochs": 10, "data": DataSpec()}
        job = self.job(tmp_path / "job").model_copy(update=changes)
        accuracies = []
        executor.submit(job)
        (outcome,) = executor.wait(lambda _, record: accuracies.append(record.acc) or True)
        measurement = outcome.measurement
        assert measurement is not None, outcome.failure
        assert [record.acc for record in measurement.epochs] == accuracies
        assert measurement.acc > acc
        assert measurement.params == params
        assert zeros[0] <= measurement.quantities["zero_weights"] <= zeros[1]
        assert measurement.device.shared
        assert RunFolder(job.folder).recover() == measurement

    @pytest.mark.slow
    def test_other_data_is_a_reason(self, executor, tmp_path):
        job = self.job(tmp_path / "job").model_copy(update={"data": DataSpec(name="mnist")})
        executor.submit(job)
        (outcome,) = executor.wait(lambda *_: True)
        assert outcome.failure.reason == "softmax_digits trains on the digits only, not on mnist"
