"""An ONNX graph of ours, run by onnxruntime; nothing here needs torch."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paretocaps.errors import DataError

IMAGES, SCORES = "images", "scores"
"""Names of a graph's one input, float32 [N, C, H, W] in [0, 1], and its one output, float32 [N, O]."""
Floats = NDArray[np.float32]
_FATAL = 4


def open_graph(path: Path) -> Any:
    """Return an onnxruntime session, on the CPU, of an ONNX file that `graph.write_graph` wrote.

    Raises:
        DataError: the file is missing, damaged or another graph.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL  # what matters is raised
    # threads that spin while they wait would keep those that decode images from the cores
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of classes of its own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{str(path)!r} cannot be read as ONNX ({reason}): export again") from None
    names = [one.name for one in (*session.get_inputs(), *session.get_outputs())]
    if names != [IMAGES, SCORES]:
        raise DataError(f"{str(path)!r} has inputs and outputs {', '.join(names)}, not images and scores")
    return session


def check_graph(path: Path, session: Any, size: tuple[int, int, int], classes: int) -> None:
    """Refuse a graph of another network than the one that an export is said to be of.

    Args:
        path: of the graph.
        session: of the graph.
        size: channels, height and width of the network's images.
        classes: how many it has.

    Raises:
        DataError: it takes other images, or has other classes.
    """
    found = [*session.get_inputs()[0].shape[1:], *session.get_outputs()[0].shape[1:]]
    if found != [*size, classes]:
        shapes = ["x".join(map(str, one)) for one in (found[:-1], size)]
        raise DataError(
            f"{str(path)!r} takes images of {shapes[0]} in {found[-1]} classes, and the network those of"
            f" {shapes[1]} in {classes}: export again"
        )


def run_graph(session: Any, images: Floats) -> Floats:
    """Return the scores [N, O] of images [N, C, H, W] in [0, 1]."""
    found: Floats = session.run([SCORES], {IMAGES: images})[0]
    return found
