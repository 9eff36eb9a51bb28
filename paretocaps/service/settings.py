"""Choices as the command line has them."""

from collections.abc import Sequence
from typing import Any

from paretocaps.errors import UsageError


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Return choices given as "name=value"; the trainer's model reads the values.

    Raises:
        UsageError: one that is not of that form, or a name given twice.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = (part.strip() for part in setting.partition("="))
        if not name or not equals or not value:
            raise UsageError(f"{setting!r} is not understood: write NAME=VALUE, e.g. weight_sharing=true")
        if name in values:
            raise UsageError(f"{name} is given twice: {values[name]} and {value}")
        values[name] = value
    return values
