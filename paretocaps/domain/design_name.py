"""The names that designs have in a study: what was fixed besides, and which of them are one training."""

from collections.abc import Mapping, Sequence
from typing import Any

_LONGEST = 200
"""The most characters that the database keeps."""
_MORE = "..."


def name_in_study(designs: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return the name of a training that is all these designs, such as "adabatch = wab (family=lenet5)".

    A name that the database cannot keep names as many whole designs as fit, at least the first.

    Args:
        designs: the name of each design, and the fixed choices that supplement it.
    """
    fixed = [_in_brackets(choices) for _, choices in designs]
    if len(set(fixed)) == 1:
        text = " = ".join(name for name, _ in designs) + fixed[0]
    else:
        text = " = ".join(name + end for (name, _), end in zip(designs, fixed, strict=True))
    if len(text) <= _LONGEST:
        return text
    whole, joint, _ = text[: _LONGEST - len(_MORE)].rpartition(" = ")
    return f"{whole}{joint}{_MORE}" if whole else f"{text[: _LONGEST - len(_MORE)]}{_MORE}"


def designs_in(text: str) -> tuple[str, ...]:
    """Return the names of the designs in the name of a training, without what was fixed besides."""
    return tuple(part.split(" (", 1)[0] for part in text.split(" = ") if part != _MORE)


def _in_brackets(choices: Mapping[str, Any]) -> str:
    listed = (
        f"{name}={str(value).lower() if isinstance(value, bool) else value}"
        for name, value in choices.items()
    )
    return f" ({', '.join(listed)})" if choices else ""
