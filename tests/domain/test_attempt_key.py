import dataclasses

import pytest

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.job import DataSpec, TrainingJob


def test_a_key_is_frozen_and_says_which_training():
    key = AttemptKey("s", 3, 7, 2)
    assert str(key) == "attempt 2 with seed 7 of trial 3 of study 's'"
    with pytest.raises(dataclasses.FrozenInstanceError):
        key.attempt = 3


def test_keys_sort_by_trial_seed_and_attempt():
    keys = [AttemptKey("s", *rest) for rest in ((1, 0, 1), (0, 9, 1), (0, 2, 3), (0, 2, 1))]
    assert sorted(keys) == keys[::-1]


def test_a_job_has_its_key_which_its_json_does_not_repeat(tmp_path):
    job = TrainingJob(
        study="s",
        trial=3,
        attempt=2,
        trainer="t",
        choices={},
        seed=7,
        data=DataSpec(),
        epochs=1,
        folder=tmp_path,
    )
    assert job.key == AttemptKey("s", 3, 7, 2)
    assert "key" not in job.model_dump()
