"""Runs our ONNX graphs with onnxruntime; this file needs no torch."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paretocaps.errors import DataError, first_line
from paretocaps.extras import require

IMAGES, SCORES = "images", "scores"
"""The names of a graph's only input, float32 [N, C, H, W] in [0, 1], and only output, float32 [N, O]."""
Floats = NDArray[np.float32]
_FATAL = 4


def open_graph(path: Path, threads: int = 0) -> Any:
    """Return an onnxruntime session, on the CPU, of an ONNX file that `graph.write_graph` wrote.

    It computes in so many threads, or with 0 in one per core.

    Raises:
        DataError: the file is missing, damaged or another graph.
        UsageError: onnxruntime is not installed.
    """
    require("onnx", "the ONNX graph of an export", "onnxruntime", instead="choose the engine torch")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _FATAL  # errors are raised anyway
    # threads that spin while they wait would take the cores from threads that decode images
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has error classes of its own
        reason = first_line(error)
        raise DataError(f"{str(path)!r} cannot be read as ONNX ({reason}): export again") from None
    names = [one.name for one in (*session.get_inputs(), *session.get_outputs())]
    if names != [IMAGES, SCORES]:
        raise DataError(f"{str(path)!r} has inputs and outputs {', '.join(names)}, not images and scores")
    return session


def check_graph(path: Path, session: Any, size: tuple[int, int, int], classes: int) -> None:
    """Check that a graph belongs to the network of its export.

    Args:
        path: the graph's file.
        session: the graph's session.
        size: channels, height and width of the network's images.
        classes: how many classes the network has.

    Raises:
        DataError: the graph takes other images, or has another number of classes.
    """
    found = [*session.get_inputs()[0].shape[1:], *session.get_outputs()[0].shape[1:]]
    if found != [*size, classes]:
        shapes = ["x".join(map(str, one)) for one in (found[:-1], size)]
        raise DataError(
            f"{str(path)!r} takes images of {shapes[0]} in {found[-1]} classes, but the network takes"
            f" {shapes[1]} in {classes}: export again"
        )


def run_graph(session: Any, images: Floats) -> Floats:
    """Return the scores [N, O] of images [N, C, H, W] in [0, 1]."""
    found: Floats = session.run([SCORES], {IMAGES: images})[0]
    return found
