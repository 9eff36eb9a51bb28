"""A module's name says which one it is."""

from collections import Counter
from pathlib import Path

import paretocaps

PACKAGE = Path(paretocaps.__file__).parent
NAMED_AFTER_SOMETHING = ("cli/commands", "testing", "storage/migrations")
"""Folders whose modules are named after a command, after what keeps a contract, and by a tool."""


def test_no_name_is_that_of_three_modules():
    names = Counter(
        path.name
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py"
        and not path.relative_to(PACKAGE).as_posix().startswith(NAMED_AFTER_SOMETHING)
    )
    assert [name for name, count in names.items() if count > 2] == []
