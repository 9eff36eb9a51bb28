"""A training in progress, kept on disk so that a later process can continue from there."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from paretocaps.data.images import DataSplits
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import ENERGY, Device
from paretocaps.domain.objective import is_device_bound
from paretocaps.errors import DataError, UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.training.weights import UNREADABLE, save_whole, why_unreadable

_FORMAT = 3  # 1 had whole epochs only, and 2 neither tunings nor CPU seconds
_ANEW = "remove it to train from the beginning (`paretocaps train --force`)"

State = Mapping[str, Any]
"""All that a later process needs to continue a training: plain values and tensors."""


class Found(NamedTuple):
    """What a folder has to continue from.

    Attributes:
        state: the state of the last checkpoint that is whole, on the CPU; None where there is none.
        remarks: a line per checkpoint that is damaged.
    """

    state: State | None = None
    remarks: tuple[str, ...] = ()


NO_CHECKPOINT = Found()
"""A training begins anew."""


def save_checkpoint(job: TrainingJob, splits: DataSplits, state: State) -> None:
    """Write a training's state to the job's folder, whole or not at all; it is on the disk on return.

    The checkpoint before it stays beside it, and the one before that goes.

    Args:
        job: the job that is trained; it is written too, so that no other job continues from this state.
        splits: its images.
        state: the training's state.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = RunFolder(job.folder)
    content = {"format": _FORMAT, "job": job.model_dump_json(), "images": fingerprint(splits)}
    save_whole(folder.checkpoint, {**content, "state": dict(state)}, folder.earlier_checkpoint)


def load_checkpoint(job: TrainingJob, splits: DataSplits, device: Device) -> Found:
    """Return the last state that `save_checkpoint` wrote to the job's folder.

    Where the last checkpoint is damaged, it is the one before it, or none. There is none either where a time,
    memory or energy is measured to be compared, and `device`, the one here, or its version of torch is not
    the checkpoint's, or where an energy is measured that was not before.

    Raises:
        DataError: a checkpoint is of a newer version.
        UsageError: it belongs to another training (choices, seed, data or epochs) than the job, and than the
            shorter one that the job may continue; the differences are named.
    """
    remarks: tuple[str, ...] = ()
    for path in RunFolder(job.folder).checkpoints:
        try:
            content = _read(path)
        except UNREADABLE as error:
            remarks += (f"checkpoint {str(path)!r} cannot be read ({why_unreadable(error)})",)
            continue
        _check(path, content, job, splits)
        there, here = content["state"]["device"], device.name
        if tunings := content["state"].get("tunings"):  # versions before 0.2 kept no version of torch
            there, here = tunings["machine"], device.machine
        if there != here and any(map(is_device_bound, job.measure)):
            left = f"what was trained on {there} was left, because what two devices measure does not add up"
            return Found(None, _ended((*remarks, left), "the training began anew"))
        if ENERGY in job.measure and ENERGY not in content["then"].measure:
            left = "what was trained before was left, because its energy was not measured"
            return Found(None, _ended((*remarks, left), "the training began anew"))
        return Found(
            content["state"],
            (*_ended(remarks, "the training went on from the one before it"), *_continued(content, job)),
        )
    return Found(None, _ended(remarks, "the training began anew"))


def fingerprint(splits: DataSplits) -> str:
    """Return a text that differs for other images, as far as number, shape, labels or reading differ."""
    parts = splits.train, splits.validation, splits.test
    told = [
        f"{'x'.join(map(str, (len(part), *part.shape)))} {zlib.crc32(part.labels.numpy().tobytes()):08x}"
        for part in parts
    ]
    levels = [] if splits.levels is None else ["levels {} to {}".format(*splits.levels)]
    return ", ".join((*told, *levels, *splits.anew))


def random_states(device: torch.device) -> dict[str, torch.Tensor]:
    """Return torch's random states, of the CPU and of `device`."""
    states = {"cpu": torch.get_rng_state()}
    return states | ({"cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {})


def restore_random_states(states: Mapping[str, Any], device: torch.device) -> None:
    """Set what `random_states` returned; a checkpoint of format 1 has a list for all CUDA devices."""
    torch.set_rng_state(states["cpu"])
    there = states.get("cuda")
    if isinstance(there, list):
        there = there[device.index or 0] if len(there) > (device.index or 0) else None
    if there is not None and device.type == "cuda":
        torch.cuda.set_rng_state(there, device)


def _read(path: Path) -> dict[str, Any]:
    """Return the content of a checkpoint, whose every byte is checked, which torch does not do."""
    try:
        with zipfile.ZipFile(path) as file:
            damaged = file.testzip()
    except zipfile.BadZipFile:
        raise ValueError("it is cut off or holds something else") from None
    if damaged:
        raise ValueError("it is damaged")
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    if content["format"] > _FORMAT:
        return content
    content["then"] = TrainingJob.model_validate_json(content["job"])
    content["state"].setdefault("random", content.get("random"))
    return content


def _check(path: Path, content: Mapping[str, Any], job: TrainingJob, splits: DataSplits) -> None:
    if content["format"] > _FORMAT:
        written = f"format {content['format']}, where this version writes {_FORMAT}"
        raise DataError(f"checkpoint {str(path)!r} is of a newer version ({written}): {_ANEW}")
    same_images = content["images"] == fingerprint(splits)
    if content["then"].epochs == job.continued_from:
        job = job.model_copy(update={"epochs": job.continued_from})
    if differences := content["then"].differences(job, same_images=same_images):
        raise UsageError(
            f"checkpoint {str(path)!r} is of another training, {'; '.join(differences)}: {_ANEW}"
        )
    if not same_images:
        raise UsageError(f"checkpoint {str(path)!r} was trained on other images of {job.data}: {_ANEW}")


def _continued(content: Mapping[str, Any], job: TrainingJob) -> tuple[str, ...]:
    """Return a remark on a checkpoint that a shorter training wrote."""
    shorter, done = content["then"].epochs, len(content["state"]["records"])
    return () if shorter == job.epochs else (f"its first {done} epochs are of a training of {shorter}",)


def _ended(remarks: tuple[str, ...], how: str) -> tuple[str, ...]:
    """Return the remarks with the last one saying how the training went on."""
    return (*remarks[:-1], f"{remarks[-1]}: {how}") if remarks else ()
