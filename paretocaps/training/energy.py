"""Measures the joules that a device draws, by the device's own counters."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import torch

from paretocaps.domain.measurement import ENERGY
from paretocaps.errors import UsageError
from paretocaps.extras import require

POWERCAP = Path("/sys/class/powercap")
_PACKAGES = "intel-rapl:*"  # so called on AMD's processors too
_OFTEN = 10.0  # s; a range of 65 kJ is used up in two minutes at 500 W
_ESTIMATE = "rank by energy_estimate(watts=...) instead, which takes the device's watts from you"


class EnergyMeter(Protocol):
    """A counter of energy."""

    def joules(self) -> float:
        """Return the joules drawn since the meter was made; the value never falls."""


class NvmlMeter:
    """The counter of a CUDA card (NVML). It counts the whole card, whoever uses it.

    Raises:
        UsageError: the driver or the card has no such counter, or its library is not installed.
    """

    def __init__(self, device: torch.device) -> None:
        require("gpu", f"energy of {device}", "pynvml", instead=_ESTIMATE)
        import pynvml

        self._nvml = pynvml
        try:
            pynvml.nvmlInit()
            uuid = torch.cuda.get_device_properties(device).uuid
            self._handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
            self._first = self._read()
        except pynvml.NVMLError as error:
            raise UsageError(f"energy of {device} cannot be measured (NVML: {error}): {_ESTIMATE}") from None

    def joules(self) -> float:
        """Return the joules since the meter was made; the card counts in steps of about 0.1 s."""
        return (self._read() - self._first) / 1e3

    def _read(self) -> int:
        return int(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))


class RaplMeter:
    """The counters of all processor packages (RAPL). They count whole packages, whoever uses them.

    Args:
        root: a folder with one folder per package, each with `energy_uj` and `max_energy_range_uj`.

    Raises:
        UsageError: there are no counters, or they cannot be read.
    """

    def __init__(self, root: Path = POWERCAP) -> None:
        self._counters = [
            folder / "energy_uj"
            for folder in sorted(root.glob(_PACKAGES))
            if folder.name.count(":") == 1 and _is_package(folder)  # the others are parts of a package
        ]
        if not self._counters:
            raise UsageError(
                f"energy of this CPU cannot be measured (no RAPL counters in {root}): {_ESTIMATE}"
            )
        try:
            self._last = [_number(counter) for counter in self._counters]
            self._ranges = [_number(counter.with_name("max_energy_range_uj")) for counter in self._counters]
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise UsageError(
                f"energy of this CPU cannot be measured (RAPL: {reason}; only root may read it on most"
                f" systems): {_ESTIMATE}"
            ) from None
        self._sum = 0

    def joules(self) -> float:
        """Return the joules since the meter was made; call it before any counter can wrap around twice."""
        for place, counter in enumerate(self._counters):
            now = _number(counter)
            self._sum += (now - self._last[place]) % (self._ranges[place] + 1)
            self._last[place] = now
        return self._sum / 1e6


def _is_package(folder: Path) -> bool:
    """Return whether a counter is a package's, and not that of the whole machine, which has it again."""
    name = folder / "name"
    return not name.exists() or name.read_text().startswith("package")


class EpochEnergy:
    """Adds up the joules of training epochs.

    Args:
        meter: the meter of the device that trains; with None nothing is measured.
    """

    def __init__(self, meter: EnergyMeter | None) -> None:
        self._meter = meter
        self._joules: dict[int, float] = {}
        self._epoch, self._begin, self._looked = 0, 0.0, 0.0

    @contextmanager
    def epoch(self, number: int) -> Iterator[None]:
        """Count the energy drawn inside the context for epoch `number`, in addition to what it had."""
        self._epoch = number
        self._start()
        yield
        self._count()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within an epoch's context, count what it has drawn so far, and nothing inside this one."""
        self._count()
        yield
        self._start()

    def look(self) -> None:
        """Read the counter now and then while an epoch goes on, before it can wrap around twice."""
        if self._meter and time.monotonic() - self._looked > _OFTEN:
            self._looked = time.monotonic()
            self._meter.joules()

    def _start(self) -> None:
        self._begin = self._meter.joules() if self._meter else 0.0

    def _count(self) -> None:
        if self._meter:
            drawn = self._meter.joules() - self._begin
            self._joules[self._epoch] = self._joules.get(self._epoch, 0.0) + drawn

    def state(self) -> dict[int, float]:
        """Return the joules of each epoch so far."""
        return dict(self._joules)

    def restore(self, state: Mapping[int, float]) -> None:
        """Continue from what `state` returned."""
        self._joules = dict(state)

    def quantities(self, epoch: int) -> dict[str, float]:
        """Return the energy of the epochs up to and including `epoch`, where it was measured."""
        if self._meter is None:
            return {}
        return {ENERGY: sum(joules for number, joules in self._joules.items() if number <= epoch)}


def open_meter(device: torch.device) -> EnergyMeter:
    """Return the meter of `device`: NVML's for a CUDA card, RAPL's for the processors.

    Raises:
        UsageError: there is no meter that can be read; the message gives the reason.
    """
    return NvmlMeter(device) if device.type == "cuda" else RaplMeter()


def _number(file: Path) -> int:
    return int(file.read_text())
