"""Values as JSON has them, which is how studies store choices."""

import json
from typing import Any


def plain(value: Any) -> Any:
    """Return a value as it comes back from the database: tuples as lists, numbers of numpy as Python's.

    Raises:
        ValueError: JSON has no form of it, or of a part of it.
    """
    try:
        return json.loads(json.dumps(value, default=_scalar))
    except TypeError as error:
        raise ValueError(str(error)) from None


def is_plain(value: Any) -> bool:
    """Return whether a value can be stored."""
    try:
        plain(value)
    except ValueError:
        return False
    return True


def _scalar(value: Any) -> Any:
    if not hasattr(value, "item"):
        raise ValueError(f"{value!r:.80} cannot be stored: give texts, numbers, or lists of them")
    return value.item()
