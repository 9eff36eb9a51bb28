"""Real trainings on few of the digits."""

from pathlib import Path

import pytest
import torch

from paretocaps.domain.job import DataSpec, TrainingJob


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def job(tmp_path: Path):
    """Make a job of the built-in trainer on 100 digits."""

    def make(epochs=2, limit_train=100, seed=0, measure=(), **choices):
        return TrainingJob(
            study="s",
            trial=0,
            trainer="capsnet",
            choices={"primary_capsules": 4, "precision": "fp32", "batch_size": 50, **choices},
            seed=seed,
            data=DataSpec(limit_train=limit_train),
            epochs=epochs,
            threads=1,
            folder=tmp_path / "job",
            measure=measure,
        )

    return make
