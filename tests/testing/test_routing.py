"""The contract of routings finds what breaks it."""

from dataclasses import replace

import pytest
import torch

from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.models.routings.rba import Agreement
from paretocaps.testing import routing as contract

RBA = ROUTINGS.get("rba")


class MixesSamples(Agreement):
    """Adds the mean of the batch."""

    def forward(self, capsules):
        return super().forward(capsules + capsules.mean(0))


class HalvesCouplings(Agreement):
    def couplings(self, capsules):
        return super().couplings(capsules) / 2


class DividesByNorm(Agreement):
    def forward(self, capsules):
        return super().forward(capsules / capsules.norm(dim=2, keepdim=True))


class MovesRandomState(Agreement):
    def initialise(self, generator, std):
        torch.rand(1)
        super().initialise(generator, std)


class IgnoresGenerator(Agreement):
    def initialise(self, generator, std):
        super().initialise(torch.Generator().manual_seed(0), std)


class TakesAnything(Agreement):
    def __init__(self, shape, iterations, *, gradient="last", bias=False):
        super().__init__(shape, 3, gradient="last", bias=bias)


LAYERS = [
    (MixesSamples, "test_a_sample_is_routed_on_its_own", {"matrices": 6}),
    (HalvesCouplings, "test_couplings_sum_to_one_over_the_outputs", {"matrices": 6, "iterations": 3}),
    (
        DividesByNorm,
        "test_results_and_gradients_are_finite_at_any_norm",
        {"gradient": "all", "norm": 0.0, "dtype": torch.float32},
    ),
    (MovesRandomState, "test_no_random_state_moves", {}),
    (IgnoresGenerator, "test_all_parameters_are_drawn_from_the_generator", {}),
    (TakesAnything, "test_other_iterations_are_refused", {"iterations": 6}),
    (TakesAnything, "test_an_unknown_gradient_is_refused", {}),
    (TakesAnything, "test_the_gradients_agree_for_one_iteration_and_differ_for_more", {}),
]


def check(test, routing=RBA, **arguments):
    getattr(contract.RoutingContract(), test)(routing, **arguments)


@pytest.mark.parametrize(("layer", "test", "arguments"), LAYERS)
def test_a_layer_that_breaks_the_contract_is_found(layer, test, arguments, monkeypatch):
    check(test, **arguments)
    monkeypatch.setattr(contract, "layer_class", lambda routing: layer)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(test, **arguments)


def test_a_wrong_count_is_found():
    wrong = replace(RBA, parameters=lambda shape: 1)
    with pytest.raises(AssertionError):
        check("test_parameters_are_counted_as_they_are", wrong, matrices=2)


def test_an_unregistered_descriptor_is_found():
    with pytest.raises(AssertionError):
        check("test_it_says_what_it_is", replace(RBA))


def test_states_are_the_same_at_every_call():
    layer = contract.made(RBA)
    assert contract.states(layer).shape == (contract.BATCH, contract.INPUTS, layer.shape.in_dim)
    assert torch.equal(contract.states(layer), contract.states(layer))
