from functools import partial
from itertools import pairwise

import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.domain.tuning import ConvolutionTuning, Tuning
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.models.tuned import convolutions_seen, using
from paretocaps.training import loss_graph as module
from paretocaps.training.learner import Learner
from paretocaps.training.loss_graph import compiled_loss, why_not_compiled

CPU = torch.device("cpu")
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*should not be instantiated:DeprecationWarning"
)  # torch's own


@pytest.fixture
def traced(monkeypatch):
    """Compile to the graph that torch's compiler traces, forward and backward, without making code of it."""
    monkeypatch.setattr(module, "compiled_loss", compiled_loss)
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    compiled_loss.cache_clear()
    yield
    compiled_loss.cache_clear()
    torch.compiler.reset()


def step_of(**choices):
    chosen = Choices(primary_capsules=4, precision="bf16", **choices)
    loader = DeviceLoader(load(DataSpec(limit_train=30)).train, CPU)
    made = Learner(build_network(architecture(chosen, 8, 8, 1, 10), 0), loader, chosen, CPU)
    made.enter_phase(8)
    return made._step, loader.first(8)


def gradients(step, batch, tuning):
    step.tuning = tuning
    step.optimizer.zero_grad(set_to_none=True)
    with using(tuning):
        loss = step.loss(*batch)
    torch.autograd.backward(loss)
    return float(loss.detach()), [parameter.grad.clone() for parameter in step.network.parameters()]


@pytest.mark.parametrize(
    "choices", [{}, {"weight_sharing": True, "decoder": "reduced", "routing_gradient": "all"}], ids=str
)
def test_a_compiled_step_is_one_graph_with_the_gradients_of_the_other(traced, choices):
    step, batch = step_of(**choices)
    loss, expected = gradients(step, batch, Tuning(precision="bf16"))
    compiled, found = gradients(step, batch, Tuning(precision="bf16", compiled=True))
    assert compiled == pytest.approx(loss, rel=1e-3)
    for one, other in zip(expected, found, strict=True):
        assert float(one.norm()) > 0
        torch.testing.assert_close(other, one, rtol=0, atol=0.02 * float(one.norm()))


def test_a_smaller_batch_is_not_compiled_for_itself(traced, monkeypatch):
    step, (images, labels) = step_of()
    monkeypatch.setattr("paretocaps.training.step.compiled_loss", lambda: pytest.fail("compiled"))
    step.tuning = Tuning(precision="bf16", compiled=True)
    step.loss(images[:5], labels[:5])
    with pytest.raises(pytest.fail.Exception):
        step.loss(images, labels)


def test_code_is_compiled_anew_for_other_forms(traced):
    step, batch = step_of()
    with convolutions_seen() as seen, torch.no_grad():
        step.loss(*batch)
    forms = ConvolutionTuning(shape=seen[0].shape, outputs="torch")
    tunings = [Tuning(precision="bf16", compiled=True, convolutions=made) for made in ((), (forms,))]
    stats = torch._dynamo.utils.counters["stats"]
    graphs = [stats["unique_graphs"]]
    for tuning in (*tunings, tunings[0]):  # the last one is there already
        gradients(step, batch, tuning)
        graphs.append(stats["unique_graphs"])
    assert [after - before for before, after in pairwise(graphs)] == [1, 1, 0]


def test_what_the_compiler_lacks_is_told(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert why_not_compiled() == "torch cannot compile here: triton is not installed"
    monkeypatch.setattr(module, "find_spec", lambda name: object())
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    assert why_not_compiled() == "torch cannot compile here: there is no C compiler"
    monkeypatch.setattr(module.shutil, "which", lambda name: name if name == "gcc" else None)
    assert why_not_compiled() == ""
