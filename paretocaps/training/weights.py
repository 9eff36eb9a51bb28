"""Keeps weights on disk: a state dict with the architecture that rebuilds its network."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from paretocaps.errors import DataError, UnknownNameError, UsageError, first_line
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import bare_network
from paretocaps.models.network import Network
from paretocaps.writing import whole_file

UNREADABLE = (
    OSError, RuntimeError, LookupError, TypeError, ValueError, EOFError, UnpicklingError, UsageError
)  # fmt: skip


def save_weights(path: Path, network: Network) -> None:
    """Write the network's weights and architecture to `path`, whole or not at all."""
    save_whole(path, packed(network))


def packed(network: Network) -> dict[str, Any]:
    """Return the network's weights, on the CPU, and its architecture, as files hold them."""
    return {
        "architecture": network.architecture.model_dump_json(),
        "state": {name: tensor.cpu() for name, tensor in network.state_dict().items()},
    }


def unpacked(content: Mapping[str, Any]) -> Network:
    """Return the network that was `packed`, on the CPU; its tensors keep their memory format.

    Raises:
        LookupError, TypeError, ValueError, RuntimeError: `content` is not what `packed` returns.
    """
    network = bare_network(Architecture.model_validate_json(content["architecture"]))
    network.load_state_dict(content["state"], assign=True)
    return network


def save_whole(path: Path, content: Mapping[str, Any], earlier: Path | None = None) -> None:
    """Write `content` to `path` in torch's format, whole or not at all; it is on the disk on return.

    A file that it replaces becomes `earlier`, where that is given.

    Raises:
        OSError: the file cannot be written; `path` is unchanged.
    """
    with whole_file(path, earlier) as stream:
        try:
            torch.save(dict(content), stream)
        except RuntimeError as error:  # torch raises it for a file that it could not finish on a full disk
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise


def load_weights(path: Path) -> Network:
    """Return the network that `save_weights` wrote, on the CPU, in evaluation mode.

    Raises:
        DataError: the file is missing or truncated, or holds something else.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if isinstance(content, dict) and content.keys() == {"state"}:
            raise DataError(
                f"weights {str(path)!r} are of a network of your own: load them into it with"
                " network.load_state_dict(torch.load(path)['state'])"
            )
        network = unpacked(content)
    except DataError:
        raise
    except UNREADABLE as error:
        unknown = isinstance(error, UnknownNameError)
        remedy = "install the package that it comes from" if unknown else "train the trial again"
        raise DataError(f"weights {str(path)!r} cannot be read ({why_unreadable(error)}): {remedy}") from None
    return network.eval()


def why_unreadable(error: Exception) -> str:
    """Return in a few words why reading a file of `save_whole` failed with `error`."""
    if isinstance(error, UnpicklingError | LookupError | TypeError):
        return "it holds something else"  # torch's own message would advise to trust the file
    if isinstance(error, EOFError):
        return "it is cut off"
    return first_line(error).partition(". ")[0]  # torch's messages go on for lines
