"""What every routing keeps to, whatever it is: this suite runs over the registry."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from paretocaps.domain.routings.routing import LayerShape
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.errors import UsageError
from paretocaps.models.routings.base import CapsuleLayer, layer_class, scores

BATCH, INPUTS, OUTPUTS = 3, 6, 4


def made(name, *, matrices=INPUTS, iterations=3, gradient="last", bias=False, outputs=OUTPUTS, seed=0):
    routing = ROUTINGS.get(name)
    shape = LayerShape(INPUTS, outputs, routing.state_dim(3), routing.state_dim(5), matrices)
    layer = layer_class(routing)(shape, iterations, gradient=gradient, bias=bias)
    layer.draw(torch.Generator().manual_seed(seed), 0.5)
    return layer.double()


def states(layer, *, batch=BATCH, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, INPUTS, layer.shape.in_dim, dtype=torch.float64, generator=generator).to(dtype)


def gradients(layer, inputs):
    inputs = inputs.detach().requires_grad_()
    output = layer(inputs)
    weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
    return torch.autograd.grad((output * weights).sum(), [inputs, *layer.parameters()])


@pytest.fixture(params=list(ROUTINGS))
def name(request):
    return request.param


def test_the_names_are_the_three():
    assert list(ROUTINGS) == ["rba", "sda", "em"]
    assert all(ROUTINGS.get(name).name == name for name in ROUTINGS)


@pytest.mark.parametrize("matrices", [6, 2])
@pytest.mark.parametrize("iterations", [1, 2, 3, 4, 5])
def test_couplings_sum_to_one_over_the_outputs(name, matrices, iterations):
    layer = made(name, matrices=matrices, iterations=iterations)
    inputs = states(layer).requires_grad_()
    coupling = layer.couplings(inputs)
    assert coupling.shape == (BATCH, INPUTS, OUTPUTS)
    assert not coupling.requires_grad
    assert coupling.min() >= 0
    torch.testing.assert_close(coupling.sum(2), torch.ones(BATCH, INPUTS, dtype=torch.float64))
    assert (coupling.std() > 0.01) == (iterations > 1)


@pytest.mark.parametrize("matrices", [6, 2])
def test_a_sample_is_routed_on_its_own(name, matrices):
    layer = made(name, matrices=matrices)
    inputs = states(layer)
    together, coupling = layer(inputs), layer.couplings(inputs)
    for sample in range(BATCH):
        alone = inputs[sample : sample + 1]
        torch.testing.assert_close(layer(alone)[0], together[sample], rtol=1e-11, atol=1e-13)
        torch.testing.assert_close(layer.couplings(alone)[0], coupling[sample], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("gradient", ["last", "all"])
@pytest.mark.parametrize("norm", [0.0, 1e-30, 1e-12, 1.0, 1e4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_results_and_gradients_are_finite_at_any_norm(name, gradient, norm, dtype):
    layer = made(name, gradient=gradient).float()
    inputs = states(layer, dtype=torch.float32)
    inputs = inputs / inputs.norm(dim=2, keepdim=True) * norm
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        results = [layer(inputs), layer.couplings(inputs), *gradients(layer, inputs)]
    assert all(result.isfinite().all() for result in results)


@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize("matrices", [6, 2])
def test_full_gradients_are_those_of_the_function(name, matrices, iterations):
    layer = made(name, matrices=matrices, iterations=iterations, gradient="all", outputs=3)
    parameters = dict(layer.named_parameters())

    def function(inputs, *values):
        return torch.func.functional_call(layer, dict(zip(parameters, values, strict=True)), (inputs,))

    inputs = states(layer, batch=2).requires_grad_()
    assert torch.autograd.gradcheck(function, (inputs, *parameters.values()), fast_mode=True)


def test_the_gradients_agree_for_one_iteration_and_differ_for_more(name):
    for iterations in (1, 3):
        last, full = (
            gradients(layer, states(layer))
            for layer in (made(name, iterations=iterations, gradient=g) for g in ("last", "all"))
        )
        same = [torch.allclose(a, b, rtol=1e-10, atol=1e-13) for a, b in zip(last, full, strict=True)]
        assert all(same) if iterations == 1 else not any(same[:2])


@pytest.mark.parametrize("enabled", [False, True])
def test_the_gradient_mode_stays_as_it_is(name, enabled):
    layer = made(name, gradient="all")
    inputs = states(layer)
    gradients(layer, inputs)
    with torch.set_grad_enabled(enabled):
        output = layer(inputs)
        assert torch.is_grad_enabled() == enabled
        layer.couplings(inputs)
        assert torch.is_grad_enabled() == enabled
    assert output.requires_grad == enabled
    assert torch.is_grad_enabled()


def test_no_random_state_moves(name):
    before = torch.get_rng_state()
    layer = made(name, gradient="all")
    gradients(layer, states(layer))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("gradient", ["last", "all"])
def test_bfloat16_is_near_float32(name, gradient):
    layer = made(name, gradient=gradient).float()
    inputs = states(layer, dtype=torch.float32) * 0.5
    exact = layer(inputs)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        near, coupling = layer(inputs), layer.couplings(inputs)
    assert near.dtype == coupling.dtype == torch.float32
    torch.testing.assert_close(near, exact, rtol=0.05, atol=0.05)
    assert not torch.equal(near, exact)
    torch.testing.assert_close(coupling, layer.couplings(inputs), rtol=0.1, atol=0.05)


@pytest.mark.parametrize("gradient", ["last", "all"])
def test_shared_matrices_act_as_copies(name, gradient):
    shared, copied = made(name, matrices=2, gradient=gradient), made(name, gradient=gradient)
    dim = shared.INPUT_DIM
    assert shared.weight.shape[dim] == 2
    with torch.no_grad():
        copied.weight.copy_(shared.weight.repeat_interleave(3, dim=dim))
    inputs = states(shared)
    torch.testing.assert_close(shared(inputs), copied(inputs), rtol=1e-10, atol=1e-13)
    (poses, weight, *_), (same, copies, *_) = gradients(shared, inputs), gradients(copied, inputs)
    torch.testing.assert_close(poses, same, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(weight, copies.unflatten(dim, (2, 3)).sum(dim + 1), rtol=1e-9, atol=1e-12)


def test_inputs_can_be_cut_along_their_dimension(name):
    layer = made(name)
    kept = torch.tensor([0, 2, 5])
    shape = LayerShape(3, OUTPUTS, layer.shape.in_dim, layer.shape.out_dim, 3)
    smaller = type(layer)(shape, 3).double()
    values = dict(layer.named_parameters())
    values["weight"] = values["weight"].index_select(layer.INPUT_DIM, kept)
    smaller.load_state_dict(values)
    assert smaller(states(layer)[:, kept]).shape == (BATCH, OUTPUTS, layer.shape.out_dim)


@pytest.mark.parametrize("matrices", [6, 2])
def test_parameters_are_counted_as_they_are(name, matrices):
    layer = made(name, matrices=matrices)
    counted = ROUTINGS.get(name).parameters(layer.shape)
    assert counted == sum(parameter.numel() for parameter in layer.parameters())


@pytest.mark.parametrize("iterations", [1, 2, 5])
def test_multiply_adds_are_those_of_the_plain_algorithm(plain, name, iterations):
    layer = made(name, iterations=iterations)
    with FlopCounterMode(display=False) as counter:
        getattr(plain, name)(layer, states(layer, batch=1))
    assert ROUTINGS.get(name).multiply_adds(layer.shape, iterations) * 2 == counter.get_total_flops()


@pytest.mark.parametrize("matrices", [6, 2])
@pytest.mark.parametrize("iterations", [1, 2, 5])
@pytest.mark.parametrize("gradient", ["last", "all"])
def test_the_layer_is_the_plain_algorithm(plain, name, iterations, matrices, gradient):
    layer = made(name, iterations=iterations, matrices=matrices, gradient=gradient)
    inputs = states(layer)
    expected, coupling = getattr(plain, name)(layer, inputs)
    torch.testing.assert_close(layer(inputs), expected, rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(layer.couplings(inputs), coupling, rtol=1e-9, atol=1e-11)

    class Plain:
        parameters = layer.parameters

        def __call__(self, capsules):
            return getattr(plain, name)(layer, capsules)[0]

    for found, right in zip(gradients(layer, inputs), gradients(Plain(), inputs), strict=True):
        torch.testing.assert_close(found, right, rtol=1e-6, atol=1e-9)


def test_all_parameters_are_drawn_from_the_generator(name):
    one, same, other = (list(made(name, bias=True, seed=seed).parameters()) for seed in (3, 3, 4))
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[0], other[0])
    assert all(parameter.isfinite().all() for parameter in one)


def test_scores_are_between_zero_and_one(name):
    layer = made(name)
    found = scores(layer(states(layer)), ROUTINGS.get(name))
    assert found.shape == (BATCH, OUTPUTS)
    assert found.min() >= 0
    assert found.max() <= 1


def test_one_output_capsule_gets_all(name):
    layer = made(name, outputs=1)
    inputs = states(layer)
    torch.testing.assert_close(layer.couplings(inputs), torch.ones(BATCH, INPUTS, 1, dtype=torch.float64))
    assert all(gradient.isfinite().all() for gradient in gradients(layer, inputs))


@pytest.mark.parametrize("iterations", [0, 6])
def test_other_iterations_are_refused(name, iterations):
    with pytest.raises(UsageError, match=f"{iterations} iterations of routing: choose 1 to 5"):
        made(name, iterations=iterations)


def test_an_unknown_gradient_is_refused(name):
    with pytest.raises(UsageError, match="routing gradient 'some' is unknown: choose 'last' or 'all'"):
        made(name, gradient="some")


def test_layers_are_capsule_layers(name):
    assert issubclass(layer_class(ROUTINGS.get(name)), CapsuleLayer)
