import pytest
import torch
from torch import nn

from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.own_function import OwnFunction, keep
from paretocaps.errors import DataError, TrainingError
from paretocaps.training.own_network import check_data, train
from paretocaps.training.weights import load_weights


def mlp(hidden=16, classes=10):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(hidden), nn.ReLU(), nn.Linear(hidden, classes))


@pytest.fixture
def job(tmp_path):
    def job(function, **choices):
        return TrainingJob(
            study="s",
            trial=0,
            trainer=keep(OwnFunction(function)),
            choices=choices,
            seed=0,
            data=DataSpec(name="digits", limit_train=200, limit_validation=100),
            epochs=3,
            folder=tmp_path,
        )

    return job


def test_it_is_trained_measured_and_repeats_itself(job):
    made = job(mlp, hidden=8, lr_max=0.03, batch_size=20)
    first, again = (train(made, lambda record: True) for _ in range(2))
    assert first.params == 64 * 8 + 8 + 8 * 10 + 10
    assert first.macs == 64 * 8 + 8 * 10
    assert first.acc > 0.5
    assert [record.steps for record in first.epochs] == [10, 10, 10]
    assert [one.train_loss for one in first.epochs] == [one.train_loss for one in again.epochs]
    assert first.predictions is not None
    assert first.predictions.acc == first.acc
    assert first.test_acc == again.test_acc
    until = first.epochs[: first.best_epoch]
    assert first.time == pytest.approx(sum(one.seconds for one in until))
    assert first.cpu_time == pytest.approx(sum(one.cpu_seconds for one in until))


def test_its_weights_are_a_state_to_load(job):
    made = job(mlp)
    train(made, lambda record: False)
    network = mlp()
    network.load_state_dict(torch.load(made.folder / "weights.pt")["state"])
    with pytest.raises(DataError, match="are of a network of your own: load them into it with"):
        load_weights(made.folder / "weights.pt")


def test_what_is_no_network_or_does_not_fit_is_said(job):
    with pytest.raises(TrainingError, match=r"nothing returned None: return a torch\.nn\.Module"):
        train(job(nothing), lambda record: True)
    with pytest.raises(TrainingError, match=r"of narrow gives \[1, 3\] for 1 image: .* \[1, 10\]"):
        train(job(narrow), lambda record: True)
    with pytest.raises(TrainingError, match=r"of large does not take images, \[1, 1, 8, 8\] for 1: mat1 and"):
        train(job(large), lambda record: True)


def nothing():
    return None


def large():
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))


def narrow():
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(3))


def test_the_images_are_read_before_a_study_is_made():
    found = check_data(DataSpec(name="digits"))
    assert found.reading is not None
    assert found.remarks


def test_an_image_that_is_left_over_is_normalised_by_what_was_seen(job):
    def normalised(hidden=8):
        return nn.Sequential(
            nn.Flatten(), nn.Linear(64, hidden), nn.BatchNorm1d(hidden), nn.Linear(hidden, 10)
        )

    made = job(normalised, batch_size=32)
    made = made.model_copy(update={"data": DataSpec(name="digits", limit_train=193, limit_validation=100)})
    measured = train(made, lambda record: True)
    assert [record.steps for record in measured.epochs] == [7, 7, 7]


@pytest.mark.parametrize(
    ("policy", "most"),
    [("one_cycle", 0.5e-5), ("warm_restarts", 2e-5), ("explore_exploit", 0.5e-5), ("fixed", 2e-5)],
)
def test_a_low_learning_rate_falls_to_a_tenth(job, policy, most):
    measured = train(job(mlp, lr_policy=policy, lr_max=2e-5), lambda record: True)
    assert 1e-7 < measured.epochs[-1].learning_rate <= most
