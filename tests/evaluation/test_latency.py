import time
from contextlib import contextmanager

import pytest
import torch

from paretocaps.domain.objective import OBJECTIVES
from paretocaps.evaluation import latency as module
from paretocaps.evaluation.latency import BATCHES, latency
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network

CPU = torch.device("cpu")
SMALL = Architecture(height=9, width=8, channels=3, classes=3, conv_channels=4, capsule_types=2)


class Clock:
    """Passes take 5 s each, but the first, which takes 100, and every fourth, which takes 20."""

    def __init__(self):
        self.now, self.passes = 0.0, 0

    def passed(self):
        self.passes += 1
        self.now += 100 if self.passes == 1 else 20 if self.passes % 4 == 0 else 5


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module.time, "perf_counter", lambda: clock.now)
    return clock


def watched(clock):
    network = build_network(SMALL, 0)
    seen = []

    def scores(images):
        seen.append((images.shape, network.training, torch.is_grad_enabled(), images.stride(1)))
        clock.passed()

    network.scores = scores
    return network, seen


@pytest.mark.parametrize("batch", [1, 4])
def test_it_is_the_median_of_passes_after_a_warm_up_by_the_image(clock, batch):
    network, seen = watched(clock)
    assert latency(network, CPU, batch) == 5 / batch
    assert len(seen) == 2 + 5  # a second is over at once
    assert set(seen) == {(torch.Size([batch, 3, 9, 8]), False, False, 1)}
    assert network.training


def test_fast_passes_are_taken_for_a_second_and_not_for_ever(clock):
    network, seen = watched(clock)
    clock.passed = lambda: setattr(clock, "now", clock.now + 0.02)
    assert latency(network, CPU) == pytest.approx(0.02)
    assert len(seen) == 2 + 50
    clock.passed = lambda: setattr(clock, "now", clock.now + 1e-6)
    seen.clear()
    latency(network, CPU)
    assert len(seen) == 2 + 200


def test_the_real_clock_and_the_precision_are_used():
    entered = []

    @contextmanager
    def precision():
        entered.append(True)
        yield

    began = time.perf_counter()
    found = latency(build_network(SMALL, 0), CPU, 2, precision())
    assert entered == [True]
    assert 0 < found < time.perf_counter() - began


def test_every_latency_is_an_objective_in_seconds():
    for name in BATCHES:
        objective = OBJECTIVES.get(name)
        assert (objective.quantity, objective.unit, objective.direction) == (name, "s", "minimize")
        assert objective.timed
        assert objective.device_bound
