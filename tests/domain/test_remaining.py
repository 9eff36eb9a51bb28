import dataclasses

import pytest

from paretocaps.domain.remaining import Remaining


def test_only_the_number_of_trials_is_always_known() -> None:
    remaining = Remaining(3)
    assert dataclasses.astuple(remaining) == (3, None, None, None, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        remaining.trials = 2  # type: ignore[misc]
