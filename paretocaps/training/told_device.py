"""Says how this machine trains: on which device, and how steps are computed there."""

import os

import torch

from paretocaps.domain.tuning import VARIABLE
from paretocaps.training.device import describe_device, open_device
from paretocaps.training.kept_tunings import KeptTunings
from paretocaps.training.reference_step import reference_learner
from paretocaps.training.tuner import measured_before, tunings_file

_BATCH = 128


def told_device() -> dict[str, str]:
    """Return lines on the training device by what they tell: device, tuning and where tunings are.

    The tuning is that of the baseline, which is measured where the machine does not know it; others that it
    knows are counted.

    Raises:
        UsageError: the user's file of tunings cannot be read.
    """
    device = open_device("cuda" if torch.cuda.is_available() else "cpu")
    described = describe_device(device)
    tunings = KeptTunings.always_measured()
    learner, _ = reference_learner(device, tunings)
    learner.enter_phase(_BATCH)
    return {
        "training device": described.machine,
        "tuning": f"{learner.tuning} (baseline, {_BATCH} images of 28x28x1)",
        "tunings": _source(described.machine),
    }


def _source(machine: str) -> str:
    """Return where the tunings of this machine come from."""
    fixed = os.environ.get(VARIABLE)
    if fixed:
        return f"by {VARIABLE}={fixed}"
    file = tunings_file(machine)
    return f"{len(measured_before(file))} measured so far, in {file}"
