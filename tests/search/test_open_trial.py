from collections import deque

import pytest

from paretocaps.search.open_trial import OpenTrial


def test_it_is_complete_when_its_last_training_has_ended():
    trial = OpenTrial(0, {}, None, deque([4, 5]))
    assert (trial.next_seed(), trial.next_seed()) == (4, 5)
    assert trial.running == {4, 5}
    trial.running.clear()
    assert trial.complete
    with pytest.raises(IndexError):
        trial.next_seed()
