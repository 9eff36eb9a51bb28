"""The contract of every routing, as a pytest class to subclass."""

from collections.abc import Callable
from typing import ClassVar

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.domain.routings.routing import LayerShape, Routing
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import UsageError
from paretocaps.models.routings.base import CapsuleLayer, RoutingGradient, layer_class, scores

BATCH, INPUTS, OUTPUTS = 3, 6, 4

Plain = Callable[[CapsuleLayer, Tensor], tuple[Tensor, Tensor]]
"""The plain implementation of a routing: a function from a layer and states [B, I, E] to states [B, O, D] and
couplings [B, I, O]. It forms every vote, and the sums that count as multiply-adds are einsums."""


class RoutingContract:
    """Tests that hold for every routing; a subclass whose name starts with Test sets `name`.

    Attributes:
        name: the routing's name in `ROUTINGS`.
    """

    name: ClassVar[str]

    @pytest.fixture
    def routing(self) -> Routing:
        """Return the routing that is tested."""
        return ROUTINGS.get(self.name)

    @pytest.fixture
    def plainly(self, routing: Routing) -> Plain:
        """Return the plain implementation, which a subclass defines to check the layer and the counts."""
        pytest.skip(f"routing {routing.name!r} has no plain implementation")

    def test_it_says_what_it_is(self, routing: Routing) -> None:
        """The routing has the name under which it is registered, a description, losses and a layer."""
        assert ROUTINGS.get(routing.name) is routing
        assert routing.description
        assert routing.losses
        assert issubclass(layer_class(routing), CapsuleLayer)

    @pytest.mark.parametrize("matrices", [6, 2])
    @pytest.mark.parametrize("iterations", [1, 2, 3, 4, 5])
    def test_couplings_sum_to_one_over_the_outputs(
        self, routing: Routing, matrices: int, iterations: int
    ) -> None:
        """Couplings of an input capsule sum to 1; after the first iteration they depend on its state."""
        layer = made(routing, matrices=matrices, iterations=iterations)
        inputs = states(layer).requires_grad_()
        coupling = layer.couplings(inputs)
        assert coupling.shape == (BATCH, INPUTS, OUTPUTS)
        assert not coupling.requires_grad
        assert coupling.min() >= 0
        torch.testing.assert_close(coupling.sum(2), torch.ones(BATCH, INPUTS, dtype=torch.float64))
        assert iterations == 1 or coupling.std() > 0.01

    @pytest.mark.parametrize("matrices", [6, 2])
    def test_a_sample_is_routed_on_its_own(self, routing: Routing, matrices: int) -> None:
        """The other samples of a batch change nothing."""
        layer = made(routing, matrices=matrices)
        inputs = states(layer)
        together, coupling = layer(inputs), layer.couplings(inputs)
        assert together.shape == (BATCH, OUTPUTS, layer.shape.out_dim)
        for sample in range(BATCH):
            alone = inputs[sample : sample + 1]
            torch.testing.assert_close(layer(alone)[0], together[sample], rtol=1e-11, atol=1e-13)
            torch.testing.assert_close(layer.couplings(alone)[0], coupling[sample], rtol=1e-11, atol=1e-13)

    @pytest.mark.parametrize("gradient", ["last", "all"])
    @pytest.mark.parametrize("norm", [0.0, 1e-30, 1e-12, 1.0, 1e4])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    def test_results_and_gradients_are_finite_at_any_norm(
        self, routing: Routing, gradient: RoutingGradient, norm: float, dtype: torch.dtype
    ) -> None:
        """Capsules of zero length and very long ones give finite results and gradients."""
        layer = made(routing, gradient=gradient).float()
        inputs = states(layer, dtype=torch.float32)
        inputs = inputs / inputs.norm(dim=2, keepdim=True) * norm
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            results = [layer(inputs), layer.couplings(inputs), *gradients(layer, inputs)]
        assert all(result.isfinite().all() for result in results)

    @pytest.mark.parametrize("iterations", [1, 3])
    @pytest.mark.parametrize("matrices", [6, 2])
    def test_full_gradients_are_those_of_the_function(
        self, routing: Routing, matrices: int, iterations: int
    ) -> None:
        """With gradient "all", they agree with finite differences."""
        layer = made(routing, matrices=matrices, iterations=iterations, gradient="all", outputs=3)
        parameters = dict(layer.named_parameters())

        def function(inputs: Tensor, *values: Tensor) -> Tensor:
            found = dict(zip(parameters, values, strict=True))
            result: Tensor = torch.func.functional_call(layer, found, (inputs,))
            return result

        inputs = states(layer, batch=2).requires_grad_()
        checked = (inputs, *parameters.values())
        assert torch.autograd.gradcheck(function, checked, fast_mode=True)

    def test_the_gradients_agree_for_one_iteration_and_differ_for_more(self, routing: Routing) -> None:
        """With "last", the couplings are constants; in the first iteration they are constant in any case."""
        for iterations in (1, 3):
            last, full = (
                gradients(layer, states(layer))
                for layer in (
                    made(routing, iterations=iterations, gradient="last"),
                    made(routing, iterations=iterations, gradient="all"),
                )
            )
            same = [torch.allclose(a, b, rtol=1e-10, atol=1e-13) for a, b in zip(last, full, strict=True)]
            assert all(same) if iterations == 1 else not any(same[:2])

    @pytest.mark.parametrize("enabled", [False, True])
    def test_the_gradient_mode_stays_as_it_is(self, routing: Routing, enabled: bool) -> None:
        """The routing does not change whether gradients are enabled."""
        layer = made(routing, gradient="all")
        inputs = states(layer)
        gradients(layer, inputs)
        with torch.set_grad_enabled(enabled):
            output = layer(inputs)
            assert torch.is_grad_enabled() == enabled
            layer.couplings(inputs)
            assert torch.is_grad_enabled() == enabled
        assert output.requires_grad == enabled
        assert torch.is_grad_enabled()

    def test_no_random_state_moves(self, routing: Routing) -> None:
        """Weights are initialised from the given generator, and no other random numbers are drawn."""
        before = torch.get_rng_state()
        layer = made(routing, gradient="all")
        gradients(layer, states(layer))
        assert torch.equal(torch.get_rng_state(), before)

    @pytest.mark.parametrize("gradient", ["last", "all"])
    def test_bfloat16_is_near_float32(self, routing: Routing, gradient: RoutingGradient) -> None:
        """Under autocast, products are computed in bfloat16 and results are float32."""
        layer = made(routing, gradient=gradient).float()
        inputs = states(layer, dtype=torch.float32) * 0.5
        exact = layer(inputs)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            near, coupling = layer(inputs), layer.couplings(inputs)
        assert near.dtype == coupling.dtype == torch.float32
        torch.testing.assert_close(near, exact, rtol=0.05, atol=0.05)
        assert not torch.equal(near, exact)
        torch.testing.assert_close(coupling, layer.couplings(inputs), rtol=0.1, atol=0.05)

    @pytest.mark.parametrize("gradient", ["last", "all"])
    def test_shared_matrices_act_as_copies(self, routing: Routing, gradient: RoutingGradient) -> None:
        """Capsules that share a matrix are routed as if each had an equal matrix of its own."""
        shared, copied = made(routing, matrices=2, gradient=gradient), made(routing, gradient=gradient)
        dim = shared.INPUT_DIM
        assert shared.weight.shape[dim] == 2
        with torch.no_grad():
            copied.weight.copy_(shared.weight.repeat_interleave(3, dim=dim))
        inputs = states(shared)
        torch.testing.assert_close(shared(inputs), copied(inputs), rtol=1e-10, atol=1e-13)
        (poses, weight, *_), (same, copies, *_) = gradients(shared, inputs), gradients(copied, inputs)
        torch.testing.assert_close(poses, same, rtol=1e-9, atol=1e-12)
        summed = copies.unflatten(dim, (2, 3)).sum(dim + 1)  # type: ignore[no-untyped-call]
        torch.testing.assert_close(weight, summed, rtol=1e-9, atol=1e-12)

    def test_inputs_can_be_cut_along_their_dimension(self, routing: Routing) -> None:
        """Pruning removes matrices along `INPUT_DIM`, and the rest is a working layer."""
        layer = made(routing)
        kept = torch.tensor([0, 2, 5])
        shape = LayerShape(3, OUTPUTS, layer.shape.in_dim, layer.shape.out_dim, 3)
        smaller = type(layer)(shape, 3).double()
        values: dict[str, Tensor] = dict(layer.named_parameters())
        values["weight"] = values["weight"].index_select(layer.INPUT_DIM, kept)
        smaller.load_state_dict(values)
        assert smaller(states(layer)[:, kept]).shape == (BATCH, OUTPUTS, layer.shape.out_dim)

    @pytest.mark.parametrize("matrices", [6, 2])
    def test_parameters_are_counted_as_they_are(self, routing: Routing, matrices: int) -> None:
        """The descriptor's count is equal to the layer's."""
        layer = made(routing, matrices=matrices)
        counted = routing.parameters(layer.shape)
        assert counted == sum(parameter.numel() for parameter in layer.parameters())

    @pytest.mark.parametrize("iterations", [1, 2, 5])
    def test_multiply_adds_are_those_of_the_plain_algorithm(
        self, routing: Routing, plainly: Plain, iterations: int
    ) -> None:
        """The descriptor's count is half of the flops that torch counts."""
        layer = made(routing, iterations=iterations)
        with FlopCounterMode(display=False) as counter:
            plainly(layer, states(layer, batch=1))
        assert routing.multiply_adds(layer.shape, iterations) * 2 == counter.get_total_flops()

    @pytest.mark.parametrize("matrices", [6, 2])
    @pytest.mark.parametrize("iterations", [1, 2, 5])
    @pytest.mark.parametrize("gradient", ["last", "all"])
    def test_the_layer_is_the_plain_algorithm(
        self, routing: Routing, plainly: Plain, iterations: int, matrices: int, gradient: RoutingGradient
    ) -> None:
        """Results and gradients are those of the plain implementation."""
        layer = made(routing, iterations=iterations, matrices=matrices, gradient=gradient)
        inputs = states(layer)
        expected, coupling = plainly(layer, inputs)
        torch.testing.assert_close(layer(inputs), expected, rtol=1e-9, atol=1e-11)
        torch.testing.assert_close(layer.couplings(inputs), coupling, rtol=1e-9, atol=1e-11)
        right = gradients(layer, inputs, lambda capsules: plainly(layer, capsules)[0])
        for found, expected in zip(gradients(layer, inputs), right, strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)

    def test_all_parameters_are_drawn_from_the_generator(self, routing: Routing) -> None:
        """The same seed gives the same initial weights, and another seed gives other weights."""
        one, same, other = (list(made(routing, bias=True, seed=seed).parameters()) for seed in (3, 3, 4))
        assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
        assert not torch.equal(one[0], other[0])
        assert all(parameter.isfinite().all() for parameter in one)

    def test_scores_are_between_zero_and_one(self, routing: Routing) -> None:
        """The score of a class capsule is a confidence in [0, 1]."""
        layer = made(routing)
        found = scores(layer(states(layer)), routing)
        assert found.shape == (BATCH, OUTPUTS)
        assert found.min() >= 0
        assert found.max() <= 1

    def test_one_output_capsule_gets_all(self, routing: Routing) -> None:
        """If there is only one output capsule, every coupling is 1."""
        layer = made(routing, outputs=1)
        inputs = states(layer)
        ones = torch.ones(BATCH, INPUTS, 1, dtype=torch.float64)
        torch.testing.assert_close(layer.couplings(inputs), ones)
        assert all(gradient.isfinite().all() for gradient in gradients(layer, inputs))

    @pytest.mark.parametrize("iterations", [0, 6])
    def test_other_iterations_are_refused(self, routing: Routing, iterations: int) -> None:
        """The number of iterations must be 1 to 5."""
        with pytest.raises(UsageError, match=f"{iterations} iterations of routing: choose 1 to 5"):
            made(routing, iterations=iterations)

    def test_an_unknown_gradient_is_refused(self, routing: Routing) -> None:
        """The gradient must be "last" or "all"."""
        with pytest.raises(UsageError, match="routing gradient 'some' is unknown: choose 'last' or 'all'"):
            made(routing, gradient="some")  # type: ignore[arg-type]


def made(
    routing: Routing,
    *,
    matrices: int = INPUTS,
    iterations: int = 3,
    gradient: RoutingGradient = "last",
    bias: bool = False,
    outputs: int = OUTPUTS,
    seed: int = 0,
) -> CapsuleLayer:
    """Return a small layer of `routing` in float64, with initialised weights."""
    shape = LayerShape(INPUTS, outputs, routing.state_dim(3), routing.state_dim(5), matrices)
    layer = layer_class(routing)(shape, iterations, gradient=gradient, bias=bias)
    layer.initialise(torch.Generator().manual_seed(seed), 0.5)
    return layer.double()


def states(layer: CapsuleLayer, *, batch: int = BATCH, dtype: torch.dtype = torch.float64) -> Tensor:
    """Return states [B, I, E] of input capsules, which are the same at every call."""
    generator = torch.Generator().manual_seed(1)
    drawn = torch.randn(batch, INPUTS, layer.shape.in_dim, dtype=torch.float64, generator=generator)
    return drawn.to(dtype)


def gradients(
    layer: CapsuleLayer, inputs: Tensor, forward: Callable[[Tensor], Tensor] | None = None
) -> tuple[Tensor, ...]:
    """Return the gradients of a weighted sum of the outputs by the inputs, then by each parameter.

    Args:
        layer: the layer with the parameters.
        inputs: states [B, I, E].
        forward: the function that computes the outputs; by default the layer itself.
    """
    inputs = inputs.detach().requires_grad_()
    output = (forward or layer)(inputs)
    weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
    return torch.autograd.grad((output * weights).sum(), [inputs, *layer.parameters()])
