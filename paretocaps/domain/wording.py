"""Plain words: counts with their nouns, and what a value should have been, from an error of pydantic."""

import math
import reprlib
from collections.abc import Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_PLAIN = {
    "int_parsing": "it should be a whole number",
    "int_type": "it should be a whole number",
    "int_from_float": "it should be a whole number",
    "float_parsing": "it should be a number",
    "float_type": "it should be a number",
    "bool_parsing": "it should be true or false",
    "bool_type": "it should be true or false",
    "string_type": "it should be text",
}


def counted(count: int, what: str) -> str:
    """Return a count with its noun: "1 trial", "24 trials"."""
    return f"{count} {what}" if count == 1 else f"{count:,} {what}s"


def listed(names: Sequence[object], most: int = 10) -> str:
    """Return the first `most` names, and how many more there are: "a, b and 4 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more


def trials_text(numbers: Sequence[object], most: int | None = None) -> str:
    """Return trials by their numbers, all or the first `most`: "trial 3", "trials 3, 7 and 2 more"."""
    return f"trial{'s' * (len(numbers) > 1)} {listed(numbers, len(numbers) if most is None else most)}"


def be(count: int) -> str:
    """Return the verb of so many things: "is" or "are"."""
    return "is" if count == 1 else "are"


def wording(error: ErrorDetails) -> str:
    """Return what the refused value should have been, e.g. "it should be a whole number"."""
    if plain := _PLAIN.get(error["type"]):
        return plain
    return error["msg"].replace("Input should", "it should").replace("String should", "it should")


def refused(error: ErrorDetails, name: str) -> str:
    """Return why the value of `name` is refused: in its check's own words, or by what it should have been."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return f"{name}={error['input']!r} is not allowed: {wording(error)}"


def invalid(error: ValidationError) -> str:
    """Return which value of a training's was refused, and what it should have been."""
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"])) or error.title
    value = first["input"]
    if isinstance(value, float) and not math.isfinite(value):
        return diverged(name, value)
    return f"{error.title}: {name}={reprlib.repr(value)}: {wording(first)}"


def diverged(name: str, value: float) -> str:
    """Return what is said of a measured number that is NaN or infinite."""
    return f"{name}={value} is not a finite number: the training diverged; try a lower learning rate"


def bytes_text(count: float) -> str:
    """Return a number of bytes as text, such as "1.5 GB"."""
    return f"{count / 1e9:.3g} GB" if count >= 1e9 else f"{count / 1e6:.3g} MB"
