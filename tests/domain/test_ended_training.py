from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.ended_training import EndedTraining
from paretocaps.domain.measurement import Device, Measurement


@pytest.fixture
def ended():
    device = Device(name="made up", kind="cpu")
    measured = Measurement(acc=0.5, best_epoch=1, time=1.0, wall=1.0, params=9, device=device)
    return EndedTraining(AttemptKey("s", 3, 0, 1), {"lr_max": 0.1}, "ws", measured, Path("runs/3"))


def test_it_was_not_stopped_early_unless_it_says_why(ended):
    assert not ended.stopped
    assert replace(ended, stopped="at epoch 2 of 5: beaten by trial 3").stopped


def test_observers_share_it_and_none_can_change_it(ended):
    with pytest.raises(FrozenInstanceError):
        ended.stopped = "no"
    assert ended == replace(ended)
    assert ended != replace(ended, key=AttemptKey("s", 3, 0, 2)), "another attempt is another training"
