"""The group of `measure.py` about checkpoints."""

import copy
import time
from pathlib import Path

from figures import Figure, figure


def checkpoints(folder: Path) -> list[Figure]:
    """Time how long a checkpoint of the baseline for MNIST takes to write, and to check and read."""
    import torch

    from paretocaps.domain.choices import Choices
    from paretocaps.models.architecture import architecture
    from paretocaps.training.checkpoint import _read
    from paretocaps.training.first_network import first_network
    from paretocaps.training.optimizer import build_optimizer, rate_tensor
    from paretocaps.training.weights import packed, save_whole

    choices, path = Choices(), folder / "checkpoint.pt"
    network, _ = first_network(architecture(choices, 28, 28, 1, 10), choices, seed=0)
    optimizer = build_optimizer(network.parameters(), choices, rate_tensor(torch.device("cpu")))
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    best = copy.deepcopy(network)
    written, read = [], []
    for _ in range(10):
        began = time.perf_counter()
        state = {"network": packed(network), "best": packed(best), "optimizer": optimizer.state_dict()}
        save_whole(path, {"format": 99, "state": state}, path.with_name("checkpoint-earlier.pt"))
        written.append(time.perf_counter() - began)
        began = time.perf_counter()
        _read(path)
        read.append(time.perf_counter() - began)
    return [
        figure("a checkpoint of the baseline for MNIST: writing", written, "s", ""),
        figure("a checkpoint of the baseline for MNIST: checking and reading", read, "s", ""),
        figure("a checkpoint of the baseline for MNIST: size", path.stat().st_size / 1e6, "MB", ""),
    ]
