"""The notes that people wrote in the dashboard, as it keeps them with a study."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

_PART = re.compile(r"dashboard:(?:(\d+):)?note_str:(\d+)")
_VERSION = re.compile(r"dashboard:(?:(\d+):)?note_ver")


class PersonNotes:
    """The texts and versions of notes by trial, or of the study itself by None.

    Args:
        attributes: those that the dashboard keeps with a study; a text is in parts of 2,045 characters.
    """

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        self._versions: dict[int | None, int] = {}
        parts: dict[int | None, dict[int, str]] = defaultdict(dict)
        for name, value in attributes.items():
            if match := _PART.fullmatch(name):
                parts[_key(match)][int(match[2])] = value
            elif match := _VERSION.fullmatch(name):
                self._versions[_key(match)] = int(value)
        self._bodies = {key: "".join(own[at] for at in sorted(own)) for key, own in parts.items()}

    def body(self, trial: int | None) -> str:
        """Return the text of a trial's note, by its key, or of the study's."""
        return self._bodies.get(trial, "")

    def version(self, trial: int | None) -> int:
        """Return how often the note was changed, which the dashboard counts."""
        return self._versions.get(trial, 0)


def _key(match: re.Match[str]) -> int | None:
    return int(match[1]) if match[1] else None
