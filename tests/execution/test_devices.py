import os
import subprocess
import sys

import pytest

from paretocaps.errors import UsageError
from paretocaps.execution import devices as module
from paretocaps.execution.devices import cuda_count, devices, each_of, gpu_names, physical_name


@pytest.fixture
def found(monkeypatch):
    """Pretend that torch finds so many CUDA devices."""
    return lambda count: monkeypatch.setattr(module, "cuda_count", lambda: count)


@pytest.mark.parametrize(
    ("count", "device", "workers", "expected"),
    [
        (0, "cpu", 1, ["cpu"]),
        (2, "cpu", 3, ["cpu", "cpu", "cpu"]),
        (0, "auto", 2, ["cpu", "cpu"]),
        (2, "auto", 1, ["cuda:0", "cuda:1"]),
        (2, "auto", 5, ["cuda:0", "cuda:1"]),
        (2, "cuda", 1, ["cuda:0", "cuda:1"]),
        (2, "cuda:1", 1, ["cuda:1"]),
        (3, "cuda:2,cuda:0", 1, ["cuda:2", "cuda:0"]),
    ],
)
def test_devices(found, count, device, workers, expected):
    found(count)
    assert devices(device, workers) == expected


@pytest.mark.parametrize(
    ("count", "device", "workers", "expected"),
    [
        (2, "auto", 1, ["cuda:0", "cuda:1"]),
        (2, "cuda", 5, ["cuda:0", "cuda:1", "cuda:0", "cuda:1", "cuda:0"]),
        (2, "cuda:1", 2, ["cuda:1", "cuda:1"]),
        (0, "auto", 2, ["cpu", "cpu"]),
    ],
)
def test_shared_cuda_devices_take_jobs_in_turn(found, count, device, workers, expected):
    found(count)
    assert devices(device, workers, share=True) == expected


@pytest.mark.parametrize(
    ("count", "device", "workers", "message"),
    [
        (0, "cuda", 1, "device='cuda': torch finds no CUDA device here; use cpu or auto"),
        (0, "cuda:0", 1, "device='cuda:0': torch finds no CUDA device here"),
        (2, "cuda:2", 1, "device='cuda:2' does not exist: choose from cuda:0, cuda:1"),
        (2, "tpu", 1, "device='tpu' is not understood: write auto, cpu, cuda, cuda:0 or a list"),
        (2, "cuda:x", 1, "is not understood"),
        (
            2,
            "cpu,cuda:0",
            1,
            "device='cpu,cuda:0' is not understood: write auto, cpu, cuda,",
        ),
        (2, "cuda:0,cuda:2", 1, "device='cuda:2' does not exist: choose from cuda:0, cuda:1"),
        (2, "cuda:0,cuda:0", 1, "names cuda:0 twice: name each device once"),
        (0, "cpu", 0, "workers=0 is too few"),
    ],
)
def test_what_is_not_there_is_refused(found, count, device, workers, message):
    found(count)
    with pytest.raises(UsageError, match=message):
        devices(device, workers)


@pytest.fixture
def hinted(tmp_path, monkeypatch):
    """Hint at a CUDA device."""
    (tmp_path / "nvidia-smi").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)


def test_without_a_hint_nobody_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "_DRIVER", tmp_path / "nvidia")
    monkeypatch.setattr(sys, "executable", "/no/such/python")  # asking would fail
    assert cuda_count() == 0


@pytest.mark.slow
def test_with_a_hint_torch_is_asked(hinted):
    import torch

    assert cuda_count() == torch.cuda.device_count()


def test_a_torch_that_cannot_answer_finds_none(hinted, monkeypatch):
    monkeypatch.setattr(module, "_COUNT", "raise ImportError('no torch')")
    assert cuda_count() == 0


def test_the_answer_is_the_count(hinted, monkeypatch):
    monkeypatch.setattr(module, "_COUNT", "print(3)")
    assert devices("auto") == ["cuda:0", "cuda:1", "cuda:2"]


def test_ranks_have_a_cuda_device_each(found):
    found(5)
    assert devices("auto", ranks=2) == ["cuda:0,cuda:1", "cuda:2,cuda:3"]
    assert devices("cuda", ranks=5) == ["cuda:0,cuda:1,cuda:2,cuda:3,cuda:4"]
    assert devices("cpu", workers=2, ranks=2) == ["cpu", "cpu"]
    assert each_of(devices("auto", ranks=2)) == ["cuda:0", "cuda:1", "cuda:2", "cuda:3"]
    with pytest.raises(UsageError, match="ranks=6: each rank needs a CUDA device, and there is only cuda:0"):
        devices("auto", ranks=6)
    with pytest.raises(UsageError, match="ranks=2: each rank needs"):
        devices("cuda:1", ranks=2)
    found(0)
    assert devices("auto", ranks=2) == ["cpu"]


@pytest.mark.parametrize(
    ("visible", "device", "name"),
    [
        ("", "cpu", "cpu"),
        ("", "cuda:1", "cuda-GPU-b"),
        ("1,0", "cuda:0", "cuda-GPU-b"),
        ("GPU-b", "cuda:0", "cuda-GPU-b"),
        ("MIG-1/2", "cuda:0", "cuda-MIG-1_2"),
        ("", "cuda:7", "cuda-7"),
    ],
)
def test_a_card_has_one_name_in_all_processes(monkeypatch, visible, device, name):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(module, "_cards", lambda: [("0", "GPU-a", "T4"), ("1", "GPU-b", "T4")])
    assert physical_name(device) == name


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("0, GPU-a, NVIDIA H100 80GB HBM3\n1, GPU-b, NVIDIA T4\n", {"NVIDIA H100 80GB HBM3", "NVIDIA T4"}),
        ("0, GPU-a\n", set()),
        ("No devices were found\n", set()),
    ],
)
def test_cards_are_named_as_the_driver_names_them(monkeypatch, said, names):
    def answer(command, **options):
        return subprocess.CompletedProcess(command, 0, stdout=said)

    module._cards.cache_clear()
    monkeypatch.setattr(module.subprocess, "run", answer)
    assert gpu_names() == names
    module._cards.cache_clear()
