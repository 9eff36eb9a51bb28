"""Tells whether images are still divided as they were when a network was trained on them."""

from pathlib import Path

from paretocaps.data.images import DataSplits
from paretocaps.domain.measurement import Measurement
from paretocaps.run_folder import RunFolder


def held_out(folder: Path) -> str:
    """Return the name of the images that a training in `folder` validated on; empty if it is unknown."""
    found = RunFolder(folder).recover()
    predictions = found.predictions if isinstance(found, Measurement) else None
    return "" if predictions is None else predictions.images


def other_images(held_out: str, splits: DataSplits) -> str:
    """Return that a training held out other images than these; empty if not, or if it is unknown.

    A folder of images that got another one holds out others, of which some may have been trained on: neither
    its test part nor its validation part may judge the network then.

    Args:
        held_out: the name of the images that it validated on.
        splits: the images as they are divided now.
    """
    if held_out in ("", splits.validation.digest):
        return ""
    return f"the images of {splits.name} changed since the training, which may have had some held out now"
