"""Has a range test find the learning rates that a new study searches."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from paretocaps.domain.progress import OnProgress, unheard
from paretocaps.domain.space import Space
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import StudyMismatchError, UsageError
from paretocaps.execution.devices import devices
from paretocaps.service.leasing import device_leased
from paretocaps.service.range_testing import NO_PART, rates_around

_DATA = ("dataset", "data", "limit_train", "corrupt", "channels", "parts")
_ASKED = "--lr-from-range (lr_range=true)"


def with_tested_rates(
    spec: StudySpec,
    stored: Mapping[str, Any] | None,
    notice: Callable[[str], None],
    on_progress: OnProgress = unheard,
) -> StudySpec:
    """Return a spec whose `lr_max` has the range that a test of its fixed choices suggests.

    The test runs in a process of its own, as `paretocaps lr-range` does. A stored study keeps its range.

    Args:
        spec: a spec with `lr_range`.
        stored: the stored spec of the study, if it has one.
        notice: receives a line on the range.
        on_progress: receives this step, or what it waits for.

    Raises:
        UsageError: the trainer has no range test, the space does not sample `lr_max`, or the loss never fell.
        StudyMismatchError: the stored study was begun without a range test.
    """
    if spec.trainer != "capsnet":
        raise UsageError(f"{_ASKED}: trainer {spec.trainer!r} has no range test: give lr_max a range")
    table = TRAINERS.get(spec.trainer).sampled(spec.space).table()
    if "lr_max" in spec.fix:
        raise UsageError(f"{_ASKED}, but lr_max={spec.fix['lr_max']} is fixed: leave one of them out")
    if "lr_max" not in table:
        raise UsageError(f"{_ASKED}, but the study does not search lr_max: choose another --space")
    if stored is not None and not stored.get("lr_range"):
        raise StudyMismatchError(
            f"study {spec.study!r} was begun with a range of lr_max, and keeps it",
            "leave --lr-from-range out",
        )
    kept = ((stored or {}).get("space") or {}).get("lr_max")
    table["lr_max"] = kept or _tested(spec, table["lr_max"], notice, on_progress)
    return spec.model_copy(update={"space": Space.parse(table).table()})


def _tested(
    spec: StudySpec, entry: Mapping[str, Any], notice: Callable[[str], None], on_progress: OnProgress
) -> dict[str, Any]:
    device = devices(spec.device)[0].partition(",")[0]
    options = _options(spec, device)
    command = [sys.executable, "-P", "-m", "paretocaps", "lr-range", "--format", "json", *options]
    with device_leased(spec, device, "testing learning rates", notice, on_progress):
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        why = answer.stderr.strip().splitlines()[-1:] or [f"exit code {answer.returncode}"]
        raise UsageError(f"lr_range=true: the range test failed: {why[0].removeprefix('error: ')}")
    suggested = json.loads(answer.stdout)["lr_max"]
    if suggested is None:
        raise UsageError("lr_range=true: the loss never fell in the range test: give lr_max a range")
    low, high = rates_around(suggested)
    notice(f"lr_max is searched from {low:g} to {high:g}")
    prior = entry.get("prior")
    guided = {"prior": prior} if prior is not None and low <= prior <= high else {}
    when = {"when": entry["when"]} if "when" in entry else {}
    return {"low": low, "high": high, "log": True, **when, **guided}


def _options(spec: StudySpec, device: str) -> Iterator[str]:
    given = {name: value for name in _DATA if (value := getattr(spec, name)) is not None}
    given |= {"device": device, "seed": spec.seed}
    for name, value in given.items():
        yield from (f"--{name.replace('_', '-')}", str(value))
    for flag in ("classes_are_folders", "transpose", "pairs"):
        if getattr(spec, flag):
            yield f"--{flag.replace('_', '-')}"
    for name, value in spec.fix.items():
        if name not in NO_PART:
            yield from ("--set", f"{name}={str(value).lower() if isinstance(value, bool) else value}")
