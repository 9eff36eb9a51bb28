"""Families of networks in one study: each trial has the choices that its family understands."""

import pytest
import torch

from paretocaps import service
from paretocaps.domain.trainer import TRAINERS

FAMILIES = ["capsnet", "alexnet_caps", "resnet_caps", "lenet5", "backbone_caps"]
SPACE = {
    "family": FAMILIES,
    "weight_sharing": [False, True],
    "decoder": ["full", "reduced", "none"],
    "pruning_ratio": [0.0, 0.5],
    "lr_policy": ["fixed", "exponential", "one_cycle"],
    "image_size": {"values": [20], "when": {"family": "resnet_caps"}},  # 78x78 would take a minute
    "batch_size": [16, 32],
}


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
def test_one_study_samples_families_and_no_trial_fails(storage):
    flags = {
        "study": "families",
        "storage": storage,
        "executor": "inline",
        "device": "cpu",
        "objectives": "acc,params",  # a time would time the reference step first
        "sampler": "qmc",
        "space": SPACE,
        "fix": {"primary_capsules": 2, "backbone": "resnet18"},
        "designs": (),
        "require": (),
        "trials": 10,
        "epochs": 1,
        "limit_train": 32,
    }
    summary = service.optimize(flags)
    assert (summary.finished, summary.failed) == (10, 0)
    trials = service.finished_trials("families", storage)
    assert {trial.choices["family"] for trial in trials} == set(FAMILIES)
    for trial in trials:
        capsules = trial.choices["family"] != "lenet5"
        assert all((name in trial.choices) == capsules for name in ("decoder", "primary_capsules"))
        assert trial.values["params"] > 0
    assert len({str(trial.choices) for trial in trials}) == 10


def test_choices_that_mean_nothing_to_a_family_are_left_out():
    trainer = TRAINERS.get("capsnet")
    sampled = {"weight_sharing": True, "decoder": "reduced", "pruning_ratio": 0.5, "batch_size": 16}
    fix = {"primary_capsules": 2, "backbone": "resnet18"}
    for family in FAMILIES:
        found = trainer.complete({"family": family, **sampled}, fix)
        assert ("weight_sharing" in found) == (family != "lenet5")
        assert ("pruning_ratio" in found) == (family != "lenet5")
        assert found.get("backbone") == ("resnet18" if family == "backbone_caps" else None)
        assert found["batch_size"] == 16
