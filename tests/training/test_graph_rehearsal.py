import pytest
import torch

from paretocaps.data.device_loader import DeviceLoader
from paretocaps.data.tensor_splits import load
from paretocaps.domain.choices import Choices
from paretocaps.domain.job import DataSpec
from paretocaps.domain.tuning import Tuning
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.training import graph_rehearsal as module
from paretocaps.training.graph_rehearsal import GraphRehearsal
from paretocaps.training.learner import Learner
from paretocaps.training.rehearsal import Rehearsed

CPU = torch.device("cpu")
CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def rehearsal(device=CPU, **choices):
    chosen = Choices(primary_capsules=2, **choices)
    loader = DeviceLoader(load(DataSpec(limit_train=60)).train, device)
    learner = Learner(build_network(architecture(chosen, 8, 8, 1, 10), 0), loader, chosen, device)
    learner._set_batch(8)
    return GraphRehearsal(Rehearsed(learner._step, chosen, 8, loader.first))


@pytest.fixture
def steps(monkeypatch):
    """Seconds of a step by the places of the convolutions with patches, and by whether it is compiled."""
    monkeypatch.setattr(module, "why_not_compiled", lambda: "")
    agrees = [True]

    def taken(found, first=1.0, second=1.0, compiled=1.0):
        shapes = [forms.shape for forms in found._with_patches()]

        def seconds(tuning):
            for forms in tuning.convolutions:
                factor = (first, second)[shapes.index(forms.shape)]
                if factor is None:
                    raise torch.OutOfMemoryError("CUDA out of memory")
            factors = [(first, second)[shapes.index(forms.shape)] for forms in tuning.convolutions]
            if tuning.compiled:
                if compiled is None:
                    raise RuntimeError("backend='inductor' raised")
                factors.append(compiled)
            return torch.tensor([0.001, *factors]).prod().item()

        monkeypatch.setattr(found, "_seconds", seconds)
        monkeypatch.setattr(found, "_agree", lambda one, other: agrees[0])
        return agrees

    return taken


def told(tuning):
    return len(tuning.convolutions), tuning.compiled


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        ({}, (0, False)),
        ({"second": 0.8}, (1, False)),
        ({"first": 0.98, "second": 0.98}, (0, False)),
        ({"first": 0.9, "second": 0.9, "compiled": 0.5}, (2, True)),
        ({"compiled": 0.98}, (0, False)),
        ({"first": None, "second": 0.5, "compiled": None}, (1, False)),
    ],
    ids=str,
)
def test_what_is_clearly_faster_is_chosen_and_what_fails_is_not(steps, factors, expected):
    found = rehearsal()
    steps(found, **factors)
    assert told(found.fastest(compiles=True)) == expected
    assert told(found.fastest(compiles=False)) == (expected[0], False)


def test_compiled_steps_with_other_gradients_are_not_used(steps):
    found = rehearsal()
    agrees = steps(found, compiled=0.5)
    agrees[0] = False
    assert told(found.fastest(compiles=True)) == (0, False)


def test_gradients_agree_where_they_differ_by_rounding(monkeypatch):
    found = rehearsal()
    assert found._agree(Tuning(), Tuning(precision="bf16"))
    parameters = list(found._step.network.parameters())
    no_gradients = [torch.zeros_like(parameter) for parameter in parameters]
    own = [found._gradients(Tuning()), no_gradients]
    monkeypatch.setattr(found, "_gradients", lambda tuning: own[tuning.compiled])
    assert not found._agree(Tuning(), Tuning(compiled=True))


def test_without_a_compiler_nothing_is_compiled(steps, monkeypatch):
    found = rehearsal()
    steps(found, compiled=0.5)
    monkeypatch.setattr(module, "why_not_compiled", lambda: "there is no C compiler")
    assert told(found.fastest(compiles=True)) == (0, False)


def test_steps_that_cannot_be_captured_keep_the_default(steps):
    found = rehearsal(precision="fp16")
    assert found.fastest(compiles=True) == Tuning(precision="fp16")
    assert found.step_seconds() == 0.0


@CUDA
@pytest.mark.gpu
def test_steps_are_rehearsed_on_a_device_and_the_training_stays_as_it_is():
    found = rehearsal(torch.device("cuda"))
    before = [parameter.detach().clone() for parameter in found._step.network.parameters()]
    assert 0 < found.step_seconds() < 1
    tuning = found.fastest(compiles=True)
    assert tuning.precision == "bf16"
    for one, other in zip(before, found._step.network.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_the_step_without_patches_is_compiled_too(steps, monkeypatch):
    found = rehearsal()
    steps(found, second=0.9)
    seconds = found._seconds
    monkeypatch.setattr(found, "_seconds", lambda one: 0.0001 if told(one) == (0, True) else seconds(one))
    assert told(found.fastest(compiles=True)) == (0, True)


@CUDA
@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # torch's own
@pytest.mark.filterwarnings(
    "ignore:`torch.jit.script_method` is deprecated:DeprecationWarning"
)  # torch 2.11's
def test_compiled_steps_train_as_others_do():
    losses = []
    for compiled in (False, True):
        chosen = Choices(primary_capsules=4)
        loader = DeviceLoader(load(DataSpec(limit_train=210)).train, torch.device("cuda"), seed=3)
        network = build_network(architecture(chosen, 8, 8, 1, 10), 0)
        made = Learner(network, loader, chosen, torch.device("cuda"))
        made.enter_phase(16)
        made._step.tuning = made.tuning.model_copy(update={"compiled": compiled})
        losses.append([made.train_epoch(epoch, 16, [1e-3] * 14) for epoch in (1, 2, 3)])
        assert made.remarks == []
        assert made._captured is not None
    assert losses[1] == pytest.approx(losses[0], rel=2e-2)


def test_steps_that_cannot_be_captured_are_taken_one_by_one(monkeypatch):
    found = rehearsal()
    found._captures = True

    def fails(tuning):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(found, "_seconds", fails)
    assert found.step_seconds() == 0.0
    assert found.fastest(compiles=True) == found._plain
