"""Logs to TensorBoard: a folder per run, with its curves, its choices as hyperparameters, and its values."""

from collections.abc import Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

from paretocaps.loggers.logger import Run


class TensorBoardLogger:
    """Writes event files, which `tensorboard --logdir FOLDER` shows; it keeps no files of a run.

    Args:
        study: name of the study.
        folder: where its folder of runs is made.
    """

    def __init__(self, study: str, folder: Path) -> None:
        import tensorboard.summary.writer.event_file_writer  # noqa: F401

        self._folder = folder / study

    def log(self, run: Run) -> None:
        """Write one run as an event file."""
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.hparams import summary_v2
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        writer, at = EventFileWriter(str(self._new(run.name))), run.ended.timestamp()
        try:
            hparams = summary_v2.hparams_pb(dict(run.choices), trial_id=run.name, start_time_secs=at)
            writer.add_event(_event(at, 0, hparams))
            for epoch, values in run.curves:
                writer.add_event(_event(at, epoch, Summary(value=_scalars(values, "epoch/"))))
            last = run.curves[-1][0] if run.curves else 0
            writer.add_event(_event(at, last, Summary(value=_scalars(run.values, ""))))
            for name, text in run.tags.items():
                writer.add_event(_event(at, 0, Summary(value=[_text(name, text)])))
        finally:
            writer.close()

    def _new(self, name: str) -> Path:
        """Return a folder for a run; a deleted study of the same name may have left one of that name."""
        others = (self._folder / f"{name}-{number}" for number in count(2))
        return next(one for one in chain([self._folder / name], others) if not one.exists())

    def close(self) -> None:
        """Do nothing: every run is written whole."""


def _event(at: float, step: int, summary: Any) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(wall_time=at, step=step, summary=summary)


def _scalars(values: Mapping[str, float], before: str) -> list[Any]:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [Summary.Value(tag=before + name, simple_value=value) for name, value in values.items()]


def _text(name: str, text: str) -> Any:
    """Return a text, as TensorBoard's text plug-in reads it."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.plugins.text.metadata import create_summary_metadata

    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    tensor = TensorProto(dtype="DT_STRING", string_val=[text.encode()], tensor_shape=shape)
    metadata = create_summary_metadata(display_name=name, description="")
    return Summary.Value(tag=f"{name}/text_summary", tensor=tensor, metadata=metadata)
