import pytest
import torch

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.trainer import CheckedData
from paretocaps.training import typical_step as module
from paretocaps.training.typical_step import typical_step

DATA = CheckedData(reading={"shape": [1, 8, 8], "classes": ["a", "b", "c"], "train_images": 20})


@pytest.fixture(autouse=True)
def _threads(monkeypatch):
    monkeypatch.setattr(module, "_LEAST_SECONDS", 0.0)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("choices", "sizes"),
    [
        ({"family": "lenet5", "batch_size": 16}, [1, 16]),
        ({"family": "lenet5", "batch_size": 128}, [1, 20]),
        ({"family": "lenet5", "batch_schedule": "adabatch", "first_batch": 4}, [1, 4]),
    ],
)
def test_a_step_takes_so_many_images_and_threads_as_it_is_asked_for(tmp_path, monkeypatch, choices, sizes):
    job = TrainingJob(
        study="s",
        trial=0,
        trainer="capsnet",
        choices=choices,
        seed=0,
        data=DataSpec(),
        epochs=5,
        folder=tmp_path,
    )
    seen, before = [], module.Learner.train_epoch

    def train_epoch(learner, epoch, batch_size, rates):
        seen.append((batch_size, len(rates), torch.get_num_threads()))
        return before(learner, epoch, batch_size, rates)

    monkeypatch.setattr(module.Learner, "train_epoch", train_epoch)
    step = typical_step(job, DATA)
    assert 0 < step(1, 1 / 16) < 60
    assert 0 < step(2, 1.0) < 60
    assert seen == [(sizes[0], 1, 1), (sizes[1], 1, 2)]
