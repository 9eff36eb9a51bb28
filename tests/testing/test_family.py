"""The contract of families finds what breaks it."""

from dataclasses import replace
from functools import cached_property

import pytest
import torch

from paretocaps.domain.families.families import FAMILIES
from paretocaps.models.network import Output
from paretocaps.testing.family import FamilyContract

LENET5 = FAMILIES.get("lenet5")


class LeNet5(FamilyContract):
    name = "lenet5"


def described(**changes):
    """Return the contract of LeNet5 with a changed descriptor."""

    class Changed(LeNet5):
        @cached_property
        def family(self):
            return replace(LENET5, **changes)

    return Changed()


def with_outputs(change):
    """Return the contract of LeNet5 with changed outputs of its network."""

    class Changed(LeNet5):
        @cached_property
        def network(self):
            network = super().network
            scores = network.scores
            network.scores = lambda images: change(scores(images))
            return network

    return Changed()


@pytest.mark.parametrize(
    ("changes", "test"),
    [
        ({"name": "other"}, "test_it_says_what_it_is"),
        ({"description": ""}, "test_it_says_what_it_is"),
        ({"choices": ("no_such_choice",)}, "test_it_says_what_it_is"),
        ({"choices": ("pruning_ratio",)}, "test_it_says_what_it_is"),
        ({"loss": "margin"}, "test_it_learns"),
    ],
)
def test_a_wrong_descriptor_is_found(changes, test):
    getattr(LeNet5(), test)()
    with pytest.raises(AssertionError):
        getattr(described(**changes), test)()


@pytest.mark.parametrize("change", [lambda scores: scores + 1, lambda scores: scores[:, :2]])
def test_scores_of_another_range_or_shape_are_found(change):
    with_outputs(lambda scores: scores).test_it_builds()
    with pytest.raises(AssertionError):
        with_outputs(change).test_it_builds()


def test_a_parameter_without_gradient_is_found(monkeypatch):
    subject = LeNet5()
    kind = type(subject.network)
    forward = kind.forward

    def detached(self, images, labels=None):
        logits = forward(self, images, labels).logits.detach().requires_grad_()
        return Output(logits.softmax(1), logits=logits)

    monkeypatch.setattr(kind, "forward", detached)
    with pytest.raises(AssertionError):
        subject.test_it_learns()


def test_a_wrong_count_is_found(monkeypatch):
    monkeypatch.setattr("paretocaps.testing.family.parameters", lambda shape: 1)
    with pytest.raises(AssertionError):
        LeNet5().test_it_counts()


def test_pruning_that_is_not_refused_is_found(monkeypatch):
    monkeypatch.setattr("paretocaps.testing.family.pruned", lambda shape, ratio: shape)
    with pytest.raises(pytest.fail.Exception):
        LeNet5().test_it_prunes_or_refuses()


def test_weights_that_are_not_restored_are_found(monkeypatch, tmp_path):
    def other(path):
        network = type(subject.network)(subject.shape)
        network.initialise(torch.Generator().manual_seed(9))
        return network.eval()

    subject = LeNet5()
    subject.test_it_is_saved(tmp_path)
    monkeypatch.setattr("paretocaps.testing.family.load_weights", other)
    with pytest.raises(AssertionError):
        subject.test_it_is_saved(tmp_path)
