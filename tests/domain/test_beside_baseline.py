"""Only what differs from the baseline of a study, and does not follow from what differs."""

import pytest

from paretocaps.domain.beside_baseline import Baseline
from paretocaps.domain.trainer import TRAINERS

CAPSNET = TRAINERS.get("capsnet")


@pytest.mark.parametrize(
    ("fix", "given", "differences"),
    [
        ({}, {}, {}),
        ({}, {"lr_max": 3e-3}, {"lr_max": 3e-3}),
        ({}, {"lr_policy": "exponential", "batch_size": 64}, {"lr_policy": "exponential", "batch_size": 64}),
        ({}, {"batch_schedule": "adabatch"}, {"batch_schedule": "adabatch"}),  # all its choices by default
        (
            {},
            {"batch_schedule": "adabatch", "first_batch": 2},
            {"batch_schedule": "adabatch", "first_batch": 2},
        ),
        ({}, {"family": "resnet_caps"}, {"family": "resnet_caps"}),  # whose decoder is none by default
        ({"family": "lenet5", "batch_size": 64}, {}, {}),
        ({"family": "lenet5"}, {"batch_size": 64}, {"batch_size": 64}),
        ({"batch_size": "64"}, {"batch_size": 128}, {"batch_size": 128}),
    ],
)
def test_only_what_differs_is_left(fix, given, differences) -> None:
    trial = CAPSNET.complete(given, CAPSNET.parse_fix(fix))
    assert Baseline.of("capsnet", fix).differences(trial) == differences


def test_choices_of_a_trainer_that_is_not_installed_all_differ() -> None:
    assert Baseline.of("elsewhere", {}).differences({"floors": 3, "roof": None}) == {"floors": 3}


def test_a_trial_of_an_older_version_that_lacks_newer_choices_is_read() -> None:
    trial = {name: value for name, value in CAPSNET.complete({}, {}).items() if name != "augment"}
    assert Baseline.of("capsnet", {}).differences({**trial, "lr_max": 0.01}) == {"lr_max": 0.01}
