"""A training in progress, kept on disk so that a later process can continue after the last whole epoch."""

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from paretocaps.data.images import DataSplits
from paretocaps.domain.job import TrainingJob
from paretocaps.errors import DataError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.training.weights import UNREADABLE, save_whole, why_unreadable

_FORMAT = 1
_ANEW = "remove it to train from the beginning (`paretocaps train --force`)"


def save_checkpoint(job: TrainingJob, splits: DataSplits, state: Mapping[str, Any]) -> None:
    """Write a training's state to the job's folder, whole or not at all; it is on the disk on return.

    Args:
        job: the job that is trained; it is written too, so that no other job continues from this state.
        splits: its images.
        state: plain values and tensors.

    Raises:
        OSError: the folder cannot be written.
    """
    content = {"format": _FORMAT, "job": job.model_dump_json(), "images": fingerprint(splits), "state": state}
    save_whole(RunFolder(job.folder).checkpoint, {**content, "random": _random_states()})


def load_checkpoint(job: TrainingJob, splits: DataSplits) -> dict[str, Any] | None:
    """Return the state that `save_checkpoint` wrote to the job's folder, on the CPU; None without a file.

    torch's random states are restored as well.

    Raises:
        DataError: the file is truncated, of another version, or no checkpoint.
        UsageError: it belongs to another training (choices, seed, data or epochs); the differences are named.
    """
    path = RunFolder(job.folder).checkpoint
    if not path.exists():
        return None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != _FORMAT:
            raise ValueError(f"format {content['format']}, where this version writes {_FORMAT}")
        then = TrainingJob.model_validate_json(content["job"])
        images, random = content["images"], content["random"]
        state: dict[str, Any] = content["state"]
    except UNREADABLE as error:
        raise unreadable(path, error) from None
    if differences := then.differences(job):
        raise UsageError(
            f"checkpoint {str(path)!r} is of another training, {'; '.join(differences)}: {_ANEW}"
        )
    if images != fingerprint(splits):
        raise UsageError(f"checkpoint {str(path)!r} was trained on other images of {job.data}: {_ANEW}")
    _restore_random_states(random)
    return state


def unreadable(path: Path, error: Exception) -> DataError:
    """Return the error to raise for a damaged checkpoint whose reading failed with `error`."""
    return DataError(f"checkpoint {str(path)!r} cannot be read ({why_unreadable(error)}): {_ANEW}")


def fingerprint(splits: DataSplits) -> str:
    """Return a text that differs for other images, as far as number, shape, labels or reading differ."""
    parts = splits.train, splits.validation, splits.test
    told = [
        f"{'x'.join(map(str, (len(part), *part.shape)))} {zlib.crc32(part.labels.numpy().tobytes()):08x}"
        for part in parts
    ]
    levels = [] if splits.levels is None else ["levels {} to {}".format(*splits.levels)]
    return ", ".join((*told, *levels, *splits.anew))


def _random_states() -> dict[str, Any]:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def _restore_random_states(states: Mapping[str, Any]) -> None:
    torch.set_rng_state(states["cpu"])
    if states["cuda"] and len(states["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(states["cuda"])
