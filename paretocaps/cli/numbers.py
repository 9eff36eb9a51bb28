"""Texts of numbers other than objectives: counts, cells of a list."""

from typing import Any


def number_text(value: float) -> str:
    """Return a count in full (6,782,128), any other number to four figures (0.0003162)."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def is_number(value: Any) -> bool:
    """Return whether `value` is a number and not a bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)
