"""Every built-in routing keeps the contract, and is the plain algorithm."""

import pytest
import torch

from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.testing.routing import INPUTS, RoutingContract, made, states


@pytest.mark.slow
class TestRoutings(RoutingContract):
    @pytest.fixture(params=["rba", "sda", "em"])
    def routing(self, request):
        return ROUTINGS.get(request.param)

    @pytest.fixture
    def plainly(self, plain, routing):
        return getattr(plain, routing.name)

    def test_the_first_couplings_are_even(self, routing):
        layer = made(routing, iterations=1)
        coupling = layer.couplings(states(layer))
        torch.testing.assert_close(coupling, torch.full_like(coupling, 1 / coupling.shape[2]))
        assert coupling.shape[1] == INPUTS


def test_the_names_are_the_three():
    assert list(ROUTINGS) == ["rba", "sda", "em"]
