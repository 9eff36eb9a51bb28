"""Finds the tuning of a training's steps: one that the user fixed, or the fastest on this machine."""

import os
import re
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import torch

from paretocaps.data.cache import cache_folder
from paretocaps.domain.tuning import (
    VARIABLE,
    Tuning,
    Tunings,
    fixed_tunings,
    parse_tunings,
    tuning_key,
    tunings_json,
)
from paretocaps.errors import UsageError
from paretocaps.lock_file import LockTakenError, locked
from paretocaps.models.products import has_onednn
from paretocaps.models.tuned import using
from paretocaps.training.device import describe_device
from paretocaps.training.disturbance import MOST_TAKEN
from paretocaps.training.graph_rehearsal import COMPILING, GraphRehearsal
from paretocaps.training.loss_graph import why_not_compiled
from paretocaps.training.precision import default_tuning
from paretocaps.training.rehearsal import BUDGET, Rehearsal, Rehearsed
from paretocaps.training.taken_time import TakenTime
from paretocaps.writing import whole_file

_MEASURING = 7  # the version of how tunings are measured: what an earlier one found is measured again
_PATIENCE = 5.0  # s


class Tuner:
    """Finds the tuning of one network on one device with one number of images per pass (a `Tunable`).

    What was measured is kept in the cache folder, in a file per device, its threads and version of torch.

    Args:
        rehearsed: what the tuning is for.

    Attributes:
        key: the key of the tuning.
        default: the tuning where none is measured.
        longest: the fewest seconds in which something can be measured.
    """

    longest = BUDGET

    def __init__(self, rehearsed: Rehearsed) -> None:
        step, choices = rehearsed.step, rehearsed.choices
        self._rehearsed, self._on_cpu = rehearsed, step.device.type == "cpu"
        self.key = _key(rehearsed)
        self.default = default_tuning(choices.precision, step.device)
        self._file = tunings_file(describe_device(step.device).machine)

    @cached_property
    def _rehearsal(self) -> Rehearsal:
        return Rehearsal(self._rehearsed)

    @cached_property
    def _graphs(self) -> GraphRehearsal:
        return GraphRehearsal(self._rehearsed)

    def known(self) -> Tuning | None:
        """Return the tuning that the user fixed or that this machine measured before; None without one.

        Raises:
            UsageError: the user's file of tunings cannot be read, or what it fixes cannot be used here.
        """
        fixed = fixed_tunings(os.environ)
        if fixed is None:
            return self._measured_before(self.key)
        tuning = fixed.get(self.key, self.default)
        if why := self.refusal(tuning):
            where = f"{VARIABLE}={os.environ[VARIABLE]}"
            raise UsageError(
                f"{where}: the tuning ({tuning}) of {self.key} cannot be used here: {why}; change it, or"
                " leave it out for the defaults"
            )
        return tuning

    def refusal(self, tuning: Tuning) -> str:
        """Return why a tuning cannot be used here; empty if it can."""
        if tuning.compiled and (why := self._why_not_compiled()):
            return why
        libraries = {tuning.products, *(form for forms in tuning.convolutions for form in forms.each)}
        if "onednn" in libraries and not has_onednn():
            return "torch has no matrix product of oneDNN here"
        if (tuning.threads or 1) > (here := torch.get_num_threads()):
            return f"the training has {here} thread{'s' if here > 1 else ''}"
        asked = self._rehearsed.choices.precision
        if tuning.precision not in (("fp32", "bf16") if asked == "auto" else (asked,)):
            return f"precision={asked} is asked for"
        return ""

    def step_seconds(self) -> float:
        """Return about how many seconds a training step by `default` takes."""
        return (self._rehearsal if self._on_cpu else self._graphs).step_seconds()

    def measure(self, seconds: float) -> Tuning:
        """Return the fastest tuning, and keep it in the cache folder where that can be written to.

        On a CUDA device steps are compiled only where that may take `COMPILING` seconds and is possible;
        without that, the tuning is kept under a key of its own.

        On a CPU, what was disturbed by other programs is measured again, once; if they go on, the cache
        folder does not keep it, and the next study measures anew. Where threads then wait for each other,
        their seconds tell little: the tuning of one thread is measured, by the processor's seconds, and
        several threads take it where they are well worth it.
        """
        if not self._on_cpu:
            return self._measured_as_graphs(compiles=seconds >= COMPILING and not self._why_not_compiled())
        tuning, quiet = _measured(self._rehearsal)
        if not quiet:
            tuning, quiet = _measured(Rehearsal(self._rehearsed))
        if quiet:
            keep_measured(self._file, {self.key: tuning})
        elif torch.get_num_threads() > 1:
            with using(Tuning(threads=1)):
                tuning = Rehearsal(self._rehearsed).fastest().model_copy(update={"threads": 1})
            tuning = Rehearsal(self._rehearsed).on_all_threads(tuning)
        return tuning

    def _measured_before(self, key: str) -> Tuning | None:
        """Return what was measured before, unless it cannot be used here any more, as without a compiler."""
        tuning = measured_before(self._file).get(key)
        return None if tuning is None or self.refusal(tuning) else tuning

    def _why_not_compiled(self) -> str:
        several = self._rehearsed.step.ranks.size > 1
        return "steps of several ranks are not compiled" if several else why_not_compiled()

    def _measured_as_graphs(self, *, compiles: bool) -> Tuning:
        key = self.key if compiles else f"{self.key}, not compiled"
        tuning = self._measured_before(key)
        if tuning is None:
            tuning = self._graphs.fastest(compiles=compiles)
            keep_measured(self._file, {key: tuning})
        return tuning


def tunings_file(machine: str) -> Path:
    """Return the file of the tunings that were measured on a device (`Device.machine`)."""
    name = re.sub(r"[^A-Za-z0-9.+]+", "-", machine)
    return cache_folder() / "tunings" / f"{name}-{_MEASURING}.json"


def measured_before(file: Path) -> dict[str, Tuning]:
    """Return the tunings in a file; none where it is missing or not such a file."""
    try:
        return parse_tunings(file.read_text())
    except (OSError, ValueError):
        return {}


def keep_measured(file: Path, tunings: Tunings) -> None:
    """Add tunings to a file; where it cannot be written, they are measured again another time."""
    with suppress(OSError, LockTakenError), locked(file.with_suffix(".lock"), _PATIENCE):
        kept = measured_before(file) | dict(tunings)
        with whole_file(file) as stream:
            stream.write(tunings_json(kept).encode())


def _measured(rehearsal: Rehearsal) -> tuple[Tuning, bool]:
    """Return the fastest tuning, and whether other programs left the device alone meanwhile.

    Waiting does not lengthen the seconds of one thread, which are the processor's.
    """
    taken = TakenTime()
    taken.start()
    tuning = rehearsal.fastest()
    taken.stop()
    waited = torch.get_num_threads() > 1 and sum(taken.shares or ()) > MOST_TAKEN
    return tuning, rehearsal.steady and not waited


def _key(rehearsed: Rehearsed) -> str:
    network, choices = rehearsed.step.network, rehearsed.choices
    a = network.architecture
    name = f"{a.family} {a.height}x{a.width}x{a.channels}"
    trained = f" frozen={network.trunk_frozen} features={rehearsed.step.head is not None}"
    described = a.model_dump_json(exclude={"levels", "transposed"}) + trained
    return tuning_key(name, described, rehearsed.images, choices.precision)
