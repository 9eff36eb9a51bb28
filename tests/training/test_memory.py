import gc
import weakref

import torch
from torch import nn

from paretocaps.training import memory
from paretocaps.training.memory import free_bytes, saved_bytes, state_bytes


def test_what_a_forward_pass_keeps_is_counted_once_and_without_parameters() -> None:
    network = nn.Sequential(nn.Linear(10, 20), nn.Sigmoid())
    images = torch.ones(5, 10)
    # the linear layer keeps its input [5, 10], the sigmoid its output [5, 20]; float32
    assert saved_bytes(network, lambda: network(images).sum()) == 4 * (5 * 10 + 5 * 20)


def counted() -> weakref.ref[nn.Parameter]:
    """Return a weight of a network whose bytes were counted, and whose sigmoid keeps its own output."""
    network = nn.Sequential(nn.Linear(10, 20), nn.Sigmoid())
    saved_bytes(network, lambda: network(torch.ones(5, 10)).sum())
    return weakref.ref(network[0].weight)


def test_a_network_whose_bytes_were_counted_is_freed() -> None:
    weight = counted()
    gc.collect()
    assert weight() is None


def test_bytes_saved_grow_with_the_batch() -> None:
    network = nn.Linear(10, 20)
    one, two = (saved_bytes(network, lambda n=n: network(torch.ones(n, 10)).square().sum()) for n in (8, 16))
    assert two == 2 * one


def test_state_is_parameters_gradients_and_both_moments_of_adam() -> None:
    network = nn.Linear(10, 20)
    adam = torch.optim.Adam(network.parameters())
    size = 4 * (10 * 20 + 20)
    assert state_bytes(network, adam) == 2 * size
    network(torch.ones(1, 10)).sum().backward()
    adam.step()
    steps = 2 * 4  # a float32 step count each of weight and bias
    assert state_bytes(network, adam) == 4 * size + steps


def test_statistics_of_normalisation_are_as_before() -> None:
    network = nn.BatchNorm1d(3)
    before = {name: buffer.clone() for name, buffer in network.named_buffers()}
    saved_bytes(network, lambda: network(torch.rand(5, 3)).sum())
    assert all(torch.equal(before[name], buffer) for name, buffer in network.named_buffers())


def test_free_bytes_are_the_least_of_machine_and_group(monkeypatch, tmp_path) -> None:
    cpu = torch.device("cpu")
    monkeypatch.setattr(memory, "_MACHINE", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    assert free_bytes(cpu) > 2**20  # neither can be read: a share of the machine's memory
    (tmp_path / "meminfo").write_text("MemTotal: 900 kB\nMemAvailable:   500 kB\n")
    assert free_bytes(cpu) == 500 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert free_bytes(cpu) == 500 * 1024
    (tmp_path / "memory.max").write_text("5000\n")
    assert free_bytes(cpu) == 4000
    (tmp_path / "memory.stat").write_text("anon 300\nactive_file 200\ninactive_file 450\n")  # may be given up
    assert free_bytes(cpu) == 4650


def test_what_a_process_holds_on_a_gpu_without_using_it_is_free(monkeypatch) -> None:
    for name, count in (("memory_reserved", 70), ("memory_allocated", 20)):
        monkeypatch.setattr(torch.cuda, name, lambda device, count=count: count)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (8, 80))
    assert free_bytes(torch.device("cuda")) == 58
