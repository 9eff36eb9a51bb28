"""Numbers as people read them; programs get them unrounded from JSON and CSV."""

from paretocaps.domain.objective import Objective

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB")


def value_text(value: float | None, unit: str = "") -> str:
    """Return a measured value without its unit: 0.9833, 3.21, 6,782,128; bytes with one (1.5 GiB)."""
    if value is None:
        return "-"
    if unit == "B":
        return bytes_text(value)
    if float(value).is_integer() and (abs(value) >= 10 or isinstance(value, int)):
        return f"{value:,.0f}"
    if unit == "s":
        return seconds_text(value)
    return f"{value:.4f}" if 0.1 <= abs(value) <= 1 else f"{value:.4g}"


def seconds_text(seconds: float) -> str:
    """Return seconds to three figures: 0.0123, 3.21, 45.6, 1,234."""
    if seconds >= 100:
        return f"{seconds:,.0f}"
    return f"{seconds:.1f}" if seconds >= 10 else f"{seconds:.2f}" if seconds >= 1 else f"{seconds:.3g}"


def bytes_text(count: float) -> str:
    """Return a number of bytes in its largest fitting binary unit: 1.5 GiB."""
    power = 0
    while count >= 1024 and power < len(_BINARY) - 1:
        count, power = count / 1024, power + 1
    return f"{count:.3g} {_BINARY[power]}" if power else f"{count:.0f} B"


def clock_text(seconds: float) -> str:
    """Return a duration as on a clock: 0:42, 12:05, 3:07:30."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def with_unit(objective: Objective, value: float | None) -> str:
    """Return a value named and with its unit, for a sentence: "acc 0.9833", "time 3.21 s"."""
    unit = f" {objective.unit}" if objective.unit not in ("", "B") and value is not None else ""
    return f"{objective.name} {value_text(value, objective.unit)}{unit}"


def heading(objective: Objective) -> str:
    """Return an objective as it heads a column: "acc", "time [s]"."""
    return objective.name if objective.unit in ("", "B") else f"{objective.name} [{objective.unit}]"
