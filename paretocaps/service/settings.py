"""Choices and images as the command line has them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from paretocaps.domain.job import DataSpec
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


def data_spec(given: Mapping[str, Any]) -> DataSpec:
    """Return which images are meant by the fields of a `DataSpec`.

    Raises:
        UsageError: a value that a field does not take.
    """
    try:
        return DataSpec.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].replace("Input should", "it should")
        raise UsageError(f"{first['loc'][0]}={first['input']!r} is not allowed: {message}") from None
