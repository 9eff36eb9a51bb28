"""Writes and reads exports: folders with a network's weights, document and ONNX graph."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from paretocaps.errors import DataError, ParetocapsError, UsageError, first_line, why_not_written
from paretocaps.exporting.document import (
    DOCUMENT,
    GRAPH,
    WEIGHTS,
    Document,
    ExportInfo,
    GraphRecord,
    check_file,
    read_document,
    sha256,
)
from paretocaps.exporting.graph import LIBRARIES, largest_difference, random_images, write_graph
from paretocaps.extras import require
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import bare_network
from paretocaps.models.network import Network
from paretocaps.writing import whole_folder

CHECKED = 256
"""On how many images ONNX and torch are compared by default."""


def write_export(
    folder: Path,
    network: Network,
    *,
    about: ExportInfo,
    onnx: bool = True,
    images: Tensor | None = None,
    force: bool = False,
) -> Document:
    """Write a network to a folder, whole or not at all, and return the folder's document.

    `network.safetensors` holds the weights, `network.json` the architecture and the origin of the network,
    and `network.onnx` the graph of its scores, which is compared with torch's before the folder appears.

    Args:
        folder: the folder to create, with its parents.
        network: a network on the CPU.
        about: where it comes from.
        onnx: whether to write the graph, too.
        images: the images to compare on, float32 [N, C, H, W] in [0, 1]; None for 256 random ones.
        force: replace an export that exists.

    Raises:
        UsageError: the folder must not be written to (see `check_target`), or the number of class names
            differs from the network's classes.
        ParetocapsError: the graph cannot be made or differs by more than 1e-4, or the folder cannot be
            written.
    """
    check_target(folder, onnx=onnx, force=force)
    classes = network.architecture.labels
    if len(about.classes) != classes:
        raise UsageError(
            f"{len(about.classes)} class names do not fit a network of {classes} classes: give {classes}"
        )
    was_training = network.training
    network.eval()
    try:
        with whole_folder(folder) as part:
            document = _fill(part, network, about, onnx, images)
    except OSError as error:
        why = why_not_written(error, "name another folder")
        raise ParetocapsError(f"cannot export to {str(folder)!r}: {why}") from None
    finally:
        network.train(was_training)
    return document


def check_target(folder: Path, *, onnx: bool, force: bool) -> None:
    """Check that an export may be written to `folder`: it is missing or empty, or an export with `force`.

    With `onnx`, the libraries that write its graph must be installed.

    Raises:
        UsageError: it may not, or a library is missing.
    """
    if onnx:
        require("onnx", "an ONNX graph", *LIBRARIES, instead="export without it (--no-onnx)")
    if folder.name in ("", ".."):
        raise UsageError(f"{str(folder)!r} is a folder that is in use: name a new one in it")
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / DOCUMENT).is_file():
        raise UsageError(f"{str(folder)!r} exists and is no export: choose another folder")
    if not force:
        raise UsageError(f"{str(folder)!r} has an export already: choose another folder, or give --force")


def load_export(folder: Path) -> tuple[Network, ExportInfo]:
    """Return the network of an export, on the CPU in evaluation mode, and where it comes from.

    Raises:
        DataError: there is no export, or one of its files is missing, truncated or belongs to another export.
    """
    document = read_document(folder)
    path = folder / WEIGHTS
    if not path.is_file():
        raise DataError(f"export {str(folder)!r} has no {WEIGHTS}: export the network again")
    try:
        network = bare_network(Architecture.model_validate(document.architecture))
    except (ValidationError, UsageError) as error:
        raise DataError(f"{str(folder / DOCUMENT)!r} describes no valid network ({_first(error)})") from None
    try:
        state = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise DataError(
            f"weights {str(path)!r} are truncated or no safetensors ({_first(error)}): export again"
        ) from None
    _check_fit(path, state, network.state_dict())
    check_file(path, document.weights_sha256)
    network.load_state_dict(state)
    return network.eval(), document.about


def _fill(part: Path, network: Network, about: ExportInfo, onnx: bool, images: Tensor | None) -> Document:
    """Write an export's files into the folder `part`."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    (part / WEIGHTS).write_bytes(save(state, metadata={"format": "pt"}))
    a = network.architecture
    document = Document(
        architecture=a.model_dump(mode="json"),
        height=a.height,
        width=a.width,
        channels=a.channels,
        levels=a.levels,
        transposed=a.transposed,
        about=about,
        weights_sha256=sha256(part / WEIGHTS),
        graph=_graph(part / GRAPH, network, about, images) if onnx else None,
        paretocaps=version("paretocaps"),
        torch=str(torch.__version__),
    )
    text = json.dumps(document.model_dump(mode="json"), indent=2, ensure_ascii=False)
    (part / DOCUMENT).write_text(text + "\n", encoding="utf-8")
    return document


def _graph(path: Path, network: Network, about: ExportInfo, images: Tensor | None) -> GraphRecord:
    seen = images if images is not None and len(images) else random_images(network, CHECKED)
    opset = write_graph(path, network, about.classes)
    apart = largest_difference(path, network, seen)
    return GraphRecord(sha256=sha256(path), opset=opset, images=len(seen), largest_difference=apart)


def _check_fit(path: Path, state: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    """Refuse weights that do not fit the network; the error names the first that does not."""
    for name, tensor in wanted.items():
        if name not in state:
            raise DataError(f"weights {str(path)!r} have no {name!r}: they are not of this network")
        found = state[name]
        if found.shape != tensor.shape or found.dtype != tensor.dtype:
            raise DataError(
                f"weights {str(path)!r} do not fit: {name!r} is {_kind(found)}, but the network has"
                f" {_kind(tensor)}: export again"
            )
    for name in state:
        if name not in wanted:
            raise DataError(f"weights {str(path)!r} have {name!r}, which this network lacks: export again")


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"


def _first(error: Any) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'architecture'}: {first['msg']}"
    return first_line(error)
