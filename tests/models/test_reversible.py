import contextlib
import gc
import weakref

import pytest
import torch
from torch import nn

from paretocaps.domain.routings.em import POSE_STATE
from paretocaps.domain.routings.routing import LayerShape
from paretocaps.domain.routings.routings import ROUTINGS
from paretocaps.models.reversible import momentum
from paretocaps.models.routings.base import layer_class
from paretocaps.training.memory import saved_bytes

EACH_ROUTING = pytest.mark.parametrize("routing", list(ROUTINGS))
GRADIENTS = pytest.mark.parametrize("gradient", ["last", "all"])


def layers(count, routing="rba", width=6, dtype=torch.float64, gradient="last", std=0.3):
    found = ROUTINGS.get(routing)
    dim = found.state_dim(4)
    generator = torch.Generator().manual_seed(0)
    made = []
    for _ in range(count):
        layer = layer_class(found)(LayerShape(width, width, dim, dim, width), 3, gradient=gradient)
        layer.initialise(generator, std)
        made.append(layer.to(dtype))
    return made, dim


def state(batch, width, dim, seed=1):
    """x and w = v / (1 - gamma)."""
    generator = torch.Generator().manual_seed(seed)
    return [
        (0.3 * torch.randn(batch, width, dim, generator=generator, dtype=torch.float64)).requires_grad_()
        for _ in range(2)
    ]


def reversible(made, gamma, x, w):
    return momentum(made, gamma, x, w, made[0].weight.dtype)


def ordinary(made, gamma, x, w):
    """Algorithm 1 in the layers' own precision."""
    dtype = made[0].weight.dtype
    x, v = x.to(dtype), (1 - gamma) * w.to(dtype)
    for layer in made:
        v = gamma * v + (1 - gamma) * layer(x)
        x = x + v
    return x, v / (1 - gamma)


def gradients(run, made, gamma, inputs):
    """Both tensors of the last state, and the gradients of a loss that looks at both."""
    leaves = [*inputs, *(p for layer in made for p in layer.parameters())]
    x, v = run(made, gamma, *inputs)
    return [x.detach(), v.detach(), *torch.autograd.grad(loss(x, v), leaves)]


def loss(x, v):
    weight = torch.linspace(-1, 1, x.numel(), dtype=x.dtype).view_as(x)
    return (x * weight).sum() + v.square().sum()


def worst(found, expected):
    pairs = zip(found, expected, strict=True)
    return max(((a - b).norm() / b.norm().clamp_min(1e-30)).item() for a, b in pairs)


@EACH_ROUTING
@GRADIENTS
@pytest.mark.parametrize("gamma", [0.3, 0.9])
def test_states_and_gradients_are_those_of_ordinary_back_propagation(routing, gradient, gamma):
    made, dim = layers(3, routing, gradient=gradient)
    inputs = state(5, 6, dim)
    both = [gradients(run, made, gamma, inputs) for run in (reversible, ordinary)]
    assert worst(*both) < 1e-11


@EACH_ROUTING
def test_gradcheck(routing):
    # all iterations are differentiated: what the other mode leaves out a numerical gradient has in it
    made, dim = layers(2, routing, width=2, gradient="all")
    inputs = state(2, 2, dim)
    parameters = [p for layer in made for p in layer.parameters()]

    def run(x, v, *_):
        return reversible(made, 0.8, x, v)

    assert torch.autograd.gradcheck(run, (*inputs, *parameters), fast_mode=True)


@pytest.mark.slow
@EACH_ROUTING
@GRADIENTS
def test_8_blocks_in_float32_differ_by_rounding_alone(routing, gradient):
    dim = ROUTINGS.get(routing).state_dim(8)
    made, _ = layers(16, routing, width=32, dtype=torch.float32, std=0.1)
    made = [resized(layer, dim, gradient) for layer in made]
    inputs = state(8, 32, dim)
    both = [gradients(run, made, 0.9, inputs) for run in (reversible, ordinary)]
    assert worst(*both) < 1e-5


def resized(layer, dim, gradient):
    shape = LayerShape(32, 32, dim, dim, 32)
    made = type(layer)(shape, 3, gradient=gradient)
    made.initialise(torch.Generator().manual_seed(int(layer.weight.abs().sum() * 1e3)), 0.1)
    if dim == POSE_STATE:  # as networks initialise layers with a skip
        with torch.no_grad():
            made.weight.mul_(0.1)
    return made


@EACH_ROUTING
@GRADIENTS
def test_nothing_is_kept_for_a_layer_more(routing, gradient):
    kept = []
    for depth in (2, 8):
        made, dim = layers(depth, routing, dtype=torch.float32, gradient=gradient)
        inputs = state(4, 6, dim)
        chain = nn.ModuleList(made)
        kept.append(saved_bytes(chain, lambda m=made, i=inputs: reversible(m, 0.9, *i)[0].sum()))
    assert kept[0] == kept[1] == 2 * 4 * 6 * dim * 8


def test_the_inputs_are_rebuilt_after_40_layers():
    made, dim = layers(40, "rba", width=32, dtype=torch.float32, std=0.1)
    seen = []
    for layer in made:
        layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach().clone()))
    x, _ = reversible(made, 0.9, *state(4, 32, dim))
    x.sum().backward()
    forward, backward = seen[:40], seen[:39:-1]
    same = [(a == b).double().mean().item() for a, b in zip(forward, backward, strict=True)]
    assert min(same) > 0.999  # to the last bit


@EACH_ROUTING
def test_under_autocast_it_is_called_again_as_it_was_called(routing):
    made, dim = layers(4, routing, width=16, dtype=torch.float32)
    inputs = state(6, 16, dim)
    seen = []
    for layer in made:
        layer.register_forward_pre_hook(
            lambda *_: seen.append((torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")))
        )

    def half(made, gamma, x, v):
        with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
            return ordinary(made, gamma, x, v)

    def reversible_half(made, gamma, x, v):
        with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
            return reversible(made, gamma, x, v)

    found, expected = (gradients(run, made, 0.9, inputs) for run in (reversible_half, half))
    assert set(seen) == {(True, torch.bfloat16)}
    assert {tensor.dtype for tensor in found[4:]} == {torch.float32}
    assert worst(found, expected) < 0.05
    assert not torch.is_autocast_enabled("cpu")


def test_called_without_autocast_it_stays_without_in_a_backward_pass_under_one():
    made, dim = layers(3, dtype=torch.float32)
    inputs = state(4, 6, dim)
    expected = gradients(ordinary, made, 0.9, inputs)
    x, v = reversible(made, 0.9, *inputs)
    leaves = [*inputs, *(p for layer in made for p in layer.parameters())]
    total = loss(x, v)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = torch.autograd.grad(total, leaves)
    assert worst(found, expected[2:]) < 1e-5


def test_parameters_gradients_pass_hooks_once_and_add_up():
    made, dim = layers(2)
    inputs = state(3, 6, dim)
    expected = gradients(ordinary, made, 0.9, inputs)[4]
    calls = []
    made[0].weight.register_hook(lambda grad: calls.append(grad) or 2 * grad)
    made[0].weight.register_post_accumulate_grad_hook(lambda p: calls.append(p))
    for _ in range(2):
        loss(*reversible(made, 0.9, *inputs)).backward()
    assert len(calls) == 4
    torch.testing.assert_close(made[0].weight.grad, 4 * expected)


def test_frozen_parameters_get_no_gradient_and_the_others_theirs():
    made, dim = layers(3)
    inputs = [tensor.detach() for tensor in state(3, 6, dim)]
    made[1].weight.requires_grad_(False)
    leaves = [made[0].weight, made[2].weight]
    found, expected = (
        torch.autograd.grad(run(made, 0.9, *inputs)[0].square().sum(), leaves)
        for run in (reversible, ordinary)
    )
    assert worst(found, expected) < 1e-11
    assert made[1].weight.grad is None


def test_a_weight_changed_in_between_is_an_error_and_not_a_wrong_gradient():
    made, dim = layers(2)
    x, _ = reversible(made, 0.9, *state(3, 6, dim))
    with torch.no_grad():
        made[1].weight.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        x.sum().backward()


@pytest.mark.parametrize("grad", [True, False])
def test_the_given_state_is_left_alone(grad):
    made, dim = layers(3)
    inputs = state(3, 6, dim)
    before = [tensor.detach().clone() for tensor in inputs]
    with contextlib.nullcontext() if grad else torch.no_grad():
        x, _ = reversible(made, 0.9, *inputs)
    assert x.requires_grad == grad
    assert all(torch.equal(a, b) for a, b in zip(before, inputs, strict=True))


def test_a_kept_graph_can_be_gone_through_twice():
    made, dim = layers(3)
    inputs = state(3, 6, dim)
    x, _ = reversible(made, 0.9, *inputs)
    first, again = (torch.autograd.grad(x.sum(), inputs[0], retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, again)


@EACH_ROUTING
def test_no_layers_state_is_alive_before_the_backward_pass(routing):
    """Whatever keeps it: a tensor that autograd saved, or one that the function holds."""
    made, dim = layers(8, routing, dtype=torch.float32)
    states = []
    for layer in made:
        layer.register_forward_hook(lambda _, inputs, output: states.append(weakref.ref(output)))
    x, _ = reversible(made, 0.9, *state(4, 6, dim))
    gc.collect()
    assert len(states) == 8
    assert sum(one() is not None for one in states) <= 1
    assert x.requires_grad
