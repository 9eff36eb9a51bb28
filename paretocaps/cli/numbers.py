"""Texts of numbers other than objectives: counts, durations, cells of a list."""

from typing import Any

from paretocaps.domain.wording import counted

__all__ = ["clock_text", "counted", "is_number", "number_text"]


def clock_text(seconds: float) -> str:
    """Return a duration as on a clock: 0:42, 12:05, 3:07:30 (`timedelta` and rich write 0:00:42)."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def number_text(value: float) -> str:
    """Return a count in full (6,782,128), any other number to four figures (0.0003162)."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def is_number(value: Any) -> bool:
    """Return whether `value` is a number and not a bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)
