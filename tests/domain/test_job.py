from pathlib import Path

import pytest
from pydantic import ValidationError

from paretocaps.domain.job import DataSpec, TrainingJob

JOB = TrainingJob(
    study="s",
    trial=3,
    trainer="capsnet",
    choices={"lr_max": 1e-3},
    seed=1,
    data=DataSpec(),
    epochs=2,
    folder=Path("x"),
)


def test_a_job_goes_to_another_process_and_is_the_same_there() -> None:
    assert TrainingJob.model_validate_json(JOB.model_dump_json()) == JOB


@pytest.mark.parametrize(("field", "value"), [("epochs", 0), ("attempt", 0), ("trial", -1), ("threads", 0)])
def test_numbers_that_cannot_be(field: str, value: int) -> None:
    with pytest.raises(ValidationError, match=field):
        TrainingJob.model_validate({**JOB.model_dump(), field: value})


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (DataSpec(), "digits"),
        (DataSpec(name=None, path="/a/b"), "/a/b"),
        (DataSpec(limit_train=9), "digits (9 training images)"),
    ],
)
def test_data_in_words(spec: DataSpec, text: str) -> None:
    assert str(spec) == text


def test_only_what_is_trained_makes_a_difference() -> None:
    moved = {"device": "cuda", "threads": 3, "ranks": 2, "attempt": 2, "folder": Path("y"), "study": "t"}
    assert JOB.differences(JOB.model_copy(update=moved)) == []
    other = {"choices": {"lr_max": 1e-3, "blocks": 1}, "seed": 5, "data": DataSpec(limit_train=9)}
    assert JOB.differences(JOB.model_copy(update=other)) == [
        "blocks=None (now 1)",
        "seed=1 (now 5)",
        "limit_train=None (now 9)",
    ]
