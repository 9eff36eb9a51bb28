"""What a report says of a study at its end: what its figures rest on, its settings and the versions."""

import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

from paretocaps.domain.front_record import FrontRecord
from paretocaps.masking import masked
from paretocaps.report.hypervolume_text import hypervolume_text
from paretocaps.report.tables import choice_text, choices_text, value_text

_VERSIONS = ("paretocaps", "torch", "optuna", "pymoo", "plotly")


def facts(front: FrontRecord, devices: Sequence[str], seeds: Sequence[int]) -> dict[str, str]:
    """Return what a front rests on, by name: objectives, bounds, devices, seeds, reference point.

    Args:
        front: the front.
        devices: names of the devices that the trials were measured on.
        seeds: the seeds that were trained.
    """
    tunings = [
        f"{key}: {tuning}" if len(front.tunings) == 1 else f"{device}, {key}: {tuning}"
        for device, kept in front.tunings.items()
        for key, tuning in kept.items()
    ]
    found = {
        "objectives": "\n".join(f"{o.name}: {o.description}{_in(o.unit)}" for o in front.objectives),
        "bounds": front.within or "none",
        "device": "\n".join([*devices, *([front.measured_on] if front.measured_on else [])])
        or "not recorded",
        "tunings": "\n".join(tunings) or "not recorded",
        "seeds": ", ".join(map(str, seeds)) or "none",
    }
    if front.reference_point is not None:
        values = zip(front.objectives, front.reference_point, strict=True)
        found["reference point"] = ", ".join(f"{o.name} {value_text(o, v)}" for o, v in values)
        found |= _ideal(front)
        found["hypervolume"] = f"{front.hypervolume:.6g} ({' x '.join(o.name for o in front.objectives)})"
        if front.hypervolume_share is not None:
            own = f"{hypervolume_text(front).removeprefix('hypervolume ')} of all between these points"
            found["hypervolume"] = f"{own}; {found['hypervolume']}"
    if front.left_out:
        found["left out"] = "\n".join(front.left_out)
    return found


def versions() -> dict[str, str]:
    """Return when, and by which versions of what, a page was written."""
    written = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    by = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    return {"written": f"{written} by {by}, Python {platform.python_version()}"}


def settings_texts(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings of a study as texts, without passwords."""
    return {name: _setting_text(value) for name, value in settings.items() if name != "file_fix"}


def amount(settings: Mapping[str, Any], seeds: int) -> str:
    """Return how much was trained, in words, to be compared with a paper; empty where unknown.

    A second line has the choices that were fixed otherwise than in the study file.
    """
    known = (("epochs", "epoch{}"), ("limit_train", "training image{}"), ("seeds", "training{} per trial"))
    counts = {**settings, "seeds": seeds}
    found = ((counts[name], what) for name, what in known if counts.get(name))
    text = ", ".join(f"{count} {what.format('' if count == 1 else 's')}" for count, what in found)
    own, fix = settings.get("file_fix"), settings.get("fix") or {}
    besides = [] if own is None else [n for n in fix if choice_text(own.get(n)) != choice_text(fix[n])]
    return f"{text}\nfixed, unlike in the study file: {choices_text(fix, besides)}" if besides else text


def _ideal(front: FrontRecord) -> dict[str, str]:
    values = zip(front.objectives, front.ideal_point or (), strict=False)
    said = ", ".join(f"{o.name} {value_text(o, value)}" for o, value in values)
    return {"ideal point": said} if said else {}


def _setting_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            " ".join(
                f"{name} ({_setting_text(inner)})"
                if isinstance(inner, Mapping)
                else f"{name}={_setting_text(inner)}"
                for name, inner in value.items()
            )
            or "-"
        )
    if isinstance(value, list | tuple):
        return ", ".join(map(_setting_text, value)) or "-"
    return masked(choice_text(value))


def _in(unit: str) -> str:
    return f" [{unit}]" if unit else ""
