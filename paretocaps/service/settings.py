"""Reads choices, preferences and images as the command line gives them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from operator import index
from typing import Any

from pydantic import ValidationError

from paretocaps.domain.duration import parse_duration
from paretocaps.domain.job import DataSpec
from paretocaps.domain.objective import split_names
from paretocaps.domain.wording import refused
from paretocaps.errors import UsageError


def parse_settings(settings: Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    """Return the values, as text, of choices given as "name=value", or as they are in a mapping.

    Raises:
        UsageError: a setting has another form, or a name is given twice.
    """
    if isinstance(settings, Mapping):
        return dict(settings)
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = (part.strip() for part in str(setting).partition("="))
        if not name or not equals or not value:
            raise UsageError(f"{setting!r} is not understood: write NAME=VALUE, e.g. weight_sharing=true")
        if name in values:
            raise UsageError(f"{name} is given twice: as {values[name]} and as {value}; give it once")
        values[name] = value
    return values


def whole(name: str, value: Any) -> int | None:
    """Return a number that a caller gives, which may be numpy's, as of a data frame; None stays.

    Raises:
        UsageError: it is no whole number.
    """
    try:
        return None if value is None else index(value)
    except TypeError:
        raise UsageError(f"{name}={value!r:.80} is not allowed: give a whole number") from None


def seconds_of(name: str, value: str | float) -> float:
    """Return a duration that a caller gives, such as "30m", in seconds.

    Raises:
        UsageError: it is none.
    """
    try:
        return parse_duration(value)
    except ValueError as error:
        raise UsageError(f"{name}={error}") from None


def parse_preferences(text: str) -> dict[str, float]:
    """Read `acc=0.6,time=0.4` as preferences by objective: numbers from 0 up, at least one above 0.

    Raises:
        UsageError: `text` is anything else.
    """
    pairs = [part.rpartition("=") for part in split_names(text)]
    try:
        read = {name.strip(): float(number) for name, _, number in pairs}
    except ValueError:
        read = {}
    if not any(read.values()) or not all(0 <= number < math.inf for number in read.values()):
        raise UsageError(f"{text!r} is not understood: write it like acc=0.6,time=0.4")
    if len(read) < len(pairs):
        raise UsageError(f"{text!r} names an objective twice: name each once")
    return read


def data_spec(given: Mapping[str, Any]) -> DataSpec:
    """Return the `DataSpec` with the given fields.

    Raises:
        UsageError: a field does not allow its value, or fields contradict each other.
    """
    try:
        return DataSpec.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(refused(first, ".".join(map(str, first["loc"])))) from None


def given_options(options: object, names: Iterable[str]) -> dict[str, Any]:
    """Return the attributes of `options` with these names that are not None."""
    values = {name: getattr(options, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def images_with(known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options `known` of images with those `given`, which replace what would contradict them."""
    contradict = {"parts": "classes_are_folders", "classes_are_folders": "parts"}
    gone = {other for name, other in contradict.items() if given.get(name) and not given.get(other)}
    return {**{name: value for name, value in known.items() if name not in gone}, **given}
