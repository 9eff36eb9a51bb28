"""Tells, before a study goes on, that it trains on another device than its last trial was measured on."""

import re
from collections.abc import Collection

from paretocaps.domain.measurement import Device
from paretocaps.domain.requirement import with_bounded
from paretocaps.execution.devices import gpu_names
from paretocaps.host import processor_name
from paretocaps.search.results import Results

_SIZE = re.compile(r" \((?:[^()]* )?(?:threads?|ranks)\)$")
"""What follows the name of a processor or a GPU in that of a device, such as " (2 of 8 threads)"."""


def moved(results: Results, kind: str, *, elsewhere: bool = False) -> str:
    """Return a notice if values of the trials to come will not compare with the last one's; else empty.

    It tells what is certain before the first training: another number of threads or version of torch is told
    once a trial was measured there.

    Args:
        results: the study.
        kind: what trains now, "cpu" or "cuda".
        elsewhere: whether that is on other machines, of which only the kind is known.
    """
    deciding = with_bounded(results.objectives, results.spec.requirements)
    bound = list(dict.fromkeys(one.name for one in deciding if one.device_bound))
    before = _last_device(results) if bound else None
    if before is None:
        return ""
    here = () if elsewhere else (processor_name(),) if kind == "cpu" else gpu_names()
    if not differs(before, kind, here):
        return ""
    named = kind if kind != before.kind or not here else f"{kind}, {', '.join(sorted(here))}"
    return (
        f"this run trains on {named}, and the last trial was measured on {before.name}:"
        f" {' and '.join(bound)} will not compare, and the front will have the new trials alone; to have one"
        " front, go on there, or begin a study here with another --storage"
    )


def differs(before: Device, kind: str, here: Collection[str]) -> bool:
    """Return whether a device is certainly none of those `here`.

    Args:
        before: a device, as a measurement has it.
        kind: "cpu" or "cuda".
        here: the names of the processor or the GPUs; empty where they are not known.
    """
    name = _SIZE.sub("", before.name)
    own = name == before.name if before.kind == "cpu" else before.kind != "cuda"
    if own:  # an outside trainer names its devices in its own way
        return False
    return before.kind != kind or (bool(here) and name not in here)


def _last_device(results: Results) -> Device | None:
    """Return the device of the finished trial with the highest number; None if there is none."""
    trials = results.standing.table.trials
    if not len(trials):
        return None
    measured = results.store.trial(results.spec.study, int(trials[-1])).measured.values()
    found = [kept.measurement.device for kept in measured if kept.measurement is not None]
    return found[0] if found else None
