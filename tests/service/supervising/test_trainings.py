import os

import pytest

from paretocaps.service.supervising.trainings import Trainings


class Turn:
    gives_way = None
    can_leave = None


@pytest.fixture
def turn():
    return Turn()


@pytest.fixture
def trainings(turn):
    return Trainings(turn)


def checkpoint(folder, moment):
    folder.mkdir(exist_ok=True)
    (folder / "checkpoint.pt").touch()
    os.utime(folder / "checkpoint.pt", (moment, moment))


def test_trainings_are_left_when_each_has_a_new_checkpoint(turn, trainings, tmp_path):
    trainings.began(0, 1, tmp_path / "a")
    trainings.began(1, 1, tmp_path / "b")
    assert not turn.can_leave()
    turn.gives_way = 100.0
    checkpoint(tmp_path / "a", 150.0)
    checkpoint(tmp_path / "b", 50.0)
    assert not turn.can_leave()
    checkpoint(tmp_path / "b", 150.0)
    assert turn.can_leave()


def test_a_turn_is_left_between_trainings(turn, trainings, tmp_path):
    trainings.leave_between()
    turn.gives_way = 100.0
    for seed in (1, 2):
        trainings.began(0, seed, tmp_path / "a")
    trainings.ended(0, 1)
    trainings.leave_between()
    trainings.ended(0)
    with pytest.raises(KeyboardInterrupt):
        trainings.leave_between()
