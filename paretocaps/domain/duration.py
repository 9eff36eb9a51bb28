"""Durations as people write them (90, 90s, 10m, 2h, 1.5d, or off for no limit), and as they are shown.

A limit is shown as it would be written, what passes as on a clock, and what took or will take some time in
the units in which one thinks of it; what several things cost is shown in one unit, to be compared.
"""

import math
import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo

OFF = "off"
"""The duration that never ends, as text; as a number it is infinite."""

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WRITTEN = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([smhd]?)", re.ASCII)


def parse_duration(value: object) -> float:
    """Return a duration in seconds: a number of seconds, or a number with s, m, h or d, such as "10m".

    "off" is infinite: a limit of it is none.

    Raises:
        ValueError: `value` is anything else, or not above 0.
    """
    seconds = 0.0
    if isinstance(value, str):
        seconds = _read(value.strip().lower())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    if not seconds > 0:
        raise ValueError(
            f"{value!r} is not a duration above 0: write seconds, or a number with s, m, h or d such as 90s,"
            " 10m, 2h; off for no limit"
        )
    return seconds


def duration_text(seconds: float) -> str:
    """Return a duration as `parse_duration` reads it, in the largest unit that divides it: 600 is "10m"."""
    if math.isinf(seconds):
        return OFF
    whole = round(seconds)
    if whole < 1 or abs(seconds - whole) > 1e-9 * whole:
        return f"{seconds:.3g}s" if seconds < 60 else f"{whole}s"
    unit = next(unit for unit, size in reversed(_UNITS.items()) if whole % size == 0)
    return f"{whole // int(_UNITS[unit])}{unit}"


def clock_text(seconds: float) -> str:
    """Return a duration as on a clock: 0:42, 12:05, 3:07:30 (`timedelta` and rich write 0:00:42)."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def lasting_text(seconds: float | None) -> str:
    """Return about how long something takes: "0.5 s", "40 s", "12 min", "3 h 20 min"; "-" where unknown."""
    if seconds is None:
        return "-"
    if 0 < seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < 100:
        return f"{max(seconds, 0):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def cost_text(seconds: float | None) -> str:
    """Return a rough cost, large ones in hours: "40 s", "12 min", "1.4 h", "300 h"; "-" where unknown."""
    if seconds is None:
        return "-"
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 10 else f"{float(f'{hours:.2g}'):,.0f} h"


def _read(text: str) -> float:
    written = _WRITTEN.fullmatch(text)
    if written:
        return float(written[1]) * _UNITS[written[2] or "s"]
    return math.inf if text == OFF else 0.0


def _named(value: object, info: ValidationInfo) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        name = f"{info.field_name}=" if info.field_name else ""
        raise ValueError(f"{name}{error}") from None


def _plain(seconds: float) -> float | str:
    return OFF if math.isinf(seconds) else seconds


Duration = Annotated[
    float, BeforeValidator(_named), PlainSerializer(_plain, return_type=float | str, when_used="json")
]
"""The type of a pydantic field that is a duration in seconds; JSON, which has no infinity, holds "off"."""
