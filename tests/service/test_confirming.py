"""What `confirm` refuses before anything is trained."""

import pytest

from paretocaps import service
from paretocaps.errors import StorageError, UsageError


@pytest.mark.parametrize(
    ("study", "options", "why"),
    [
        ("other", {}, r"no study 'other' \(known: s\)"),
        ("s", {"budget": "soon"}, "budget='soon' is not a duration"),
        ("s", {"budget": -1}, "budget=-1 is not a duration"),
        ("s", {"seeds": 1}, "seeds=1 is not allowed"),
    ],
)
def test_wrong_options_are_refused(storage, study, options, why):
    with pytest.raises((StorageError, UsageError), match=why):
        service.confirm({"study": study, "storage": storage}, **options)
