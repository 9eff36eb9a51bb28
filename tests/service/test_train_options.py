import pytest

from paretocaps import service
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.errors import UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.service.train_options import TrainOptions, data_to_train


def test_what_is_done_to_the_images_is_the_study_s_unless_it_is_said(storage, folder):
    picked = service.pick_trial(storage, "s", best="acc")
    own = data_to_train(TrainOptions(limit_train=50), picked, folder)
    assert (own.name, own.limit_train) == (picked.data.name, 50)
    other = data_to_train(TrainOptions(dataset="digits", channels=1), picked, folder)
    assert (other.limit_train, other.channels) == (None, 1)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, None),
        ({"limit_train": 50}, "proportional"),
        ({"limit_train": 50, "limit_validation": "all"}, None),
        ({"limit_train": 50, "limit_validation": "40"}, 40),
    ],
)
def test_validation_images_follow_the_training_images(folder, given, kept):
    assert data_to_train(TrainOptions(**given), None, folder).limit_validation == kept


def test_a_training_that_goes_on_keeps_its_validation_images(folder):
    """Version 0.1 validated on all images."""
    then = TrainingJob(
        study="train",
        trial=0,
        trainer="capsnet",
        choices={},
        seed=0,
        data=DataSpec(limit_train=50),
        epochs=1,
        folder=folder,
    )
    RunFolder(folder).write_job(then)
    options = TrainOptions(limit_train=50, resume=True)
    assert data_to_train(options, None, folder) == then.data
    other = TrainOptions(limit_train=50, limit_validation=20, resume=True)
    assert data_to_train(other, None, folder).limit_validation == 20


def test_a_limit_that_is_none_is_refused(folder):
    with pytest.raises(UsageError, match="limit_validation='few' is not allowed"):
        data_to_train(TrainOptions(limit_validation="few"), None, folder)
