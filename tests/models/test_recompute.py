import torch

from paretocaps.models.recompute import recompute


def function(a, b):
    return (a * b).sin(), (a @ b.t()).exp()


def inputs():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(3, 3, dtype=torch.float64, generator=generator, requires_grad=True) for _ in range(2)]


def test_results_and_gradients_are_the_functions():
    assert torch.autograd.gradcheck(lambda *x: recompute(function, *x), inputs())
    for found, expected in zip(recompute(function, *inputs()), function(*inputs()), strict=True):
        assert torch.equal(found, expected)


def test_only_the_inputs_are_kept():
    a, b = inputs()
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x.data_ptr()) or x, lambda x: x):
        recompute(function, a, b)
    assert sorted(kept) == sorted([a.data_ptr(), b.data_ptr()])


def test_inputs_without_gradients_get_none_and_it_nests():
    a, b = inputs()

    def outer(x, y):
        return (recompute(function, x, y)[0] * x,)

    b = b.detach()
    recompute(outer, a, b)[0].sum().backward()
    found, a.grad = a.grad, None
    outer(a, b)[0].sum().backward()
    torch.testing.assert_close(found, a.grad)
    assert b.grad is None


def test_it_runs_without_autocast_both_times():
    seen = []

    def watched(x):
        seen.append(torch.is_autocast_enabled("cpu"))
        return (x @ x,)

    x = torch.randn(4, 4, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = recompute(watched, x)[0]
        result.sum().backward()
    assert seen == [False, False]
    assert result.dtype == x.grad.dtype == torch.float32


def test_without_gradients_the_mode_stays_off():
    with torch.no_grad():
        assert not recompute(function, *inputs())[0].requires_grad
        assert not torch.is_grad_enabled()


def test_a_result_that_needs_no_gradient_may_stand_beside_one_that_does():
    a, b = inputs()
    b = b.detach()

    def halves(x, y):
        return x * y, y.exp()

    first, second = recompute(halves, a, b)
    (first * second).sum().backward()
    torch.testing.assert_close(a.grad, b * b.exp())
