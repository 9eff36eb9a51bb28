"""Weights on disk: a state dict with the architecture that rebuilds its network."""

import os
from pathlib import Path
from pickle import UnpicklingError

import torch

from paretocaps.errors import DataError, UsageError
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import bare_network
from paretocaps.models.network import Network

_UNREADABLE = (
    OSError, RuntimeError, LookupError, TypeError, ValueError, EOFError, UnpicklingError, UsageError
)  # fmt: skip


def save_weights(path: Path, network: Network) -> None:
    """Write the network's weights and architecture to `path`, whole or not at all."""
    content = {
        "architecture": network.architecture.model_dump_json(),
        "state": {name: tensor.cpu() for name, tensor in network.state_dict().items()},
    }
    part = path.with_name(path.name + ".part")
    with part.open("wb") as stream:
        torch.save(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def load_weights(path: Path) -> Network:
    """Return the network that `save_weights` wrote, on the CPU, in evaluation mode.

    Raises:
        DataError: the file is missing, truncated or something else.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        network = bare_network(Architecture.model_validate_json(content["architecture"]))
        network.load_state_dict(content["state"])
    except _UNREADABLE as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"weights {str(path)!r} cannot be read ({reason}): train the trial again") from None
    return network.eval()
