import os

import pytest

from paretocaps.service.supervising.trainings import Trainings


class Turn:
    gives_way = False
    can_leave = None
    waited = None

    def waits(self, what):
        self.waited = what


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
    checkpoint(tmp_path / "a", 9e9)  # by a clock that is ahead
    turn.gives_way = True
    assert not turn.can_leave()
    checkpoint(tmp_path / "b", 50.0)  # by a clock that is behind
    assert not turn.can_leave()
    checkpoint(tmp_path / "a", 9e9 + 1)
    assert turn.can_leave()
    turn.gives_way = False
    assert not turn.can_leave()
    turn.gives_way = True
    assert not turn.can_leave(), "it is asked anew"


def test_a_turn_is_left_between_trainings(turn, trainings, tmp_path):
    trainings.leave_between()
    turn.gives_way = True
    for seed in (1, 2):
        trainings.began(0, seed, tmp_path / "a")
    trainings.ended(0, 1)
    trainings.leave_between()
    trainings.ended(0)
    with pytest.raises(KeyboardInterrupt):
        trainings.leave_between()


def test_a_turn_waits_while_none_of_its_trainings_trains(turn, trainings, tmp_path):
    for seed in (1, 2):
        trainings.began(0, seed, tmp_path / "a")
    trainings.told(0, 1, "waits for cpu")
    assert turn.waited == "waits for cpu"
    trainings.told(0, 2, "starting")
    assert turn.waited is None
    trainings.ended(0, 2)
    assert turn.waited == "waits for cpu"
    trainings.ended(0)
    assert turn.waited is None
    trainings.told(0, 1, "waits for cpu")  # a late word of one that has ended
    assert turn.waited is None


def test_what_is_being_prepared_is_not_left(turn, trainings, tmp_path):
    turn.gives_way = True
    trainings.prepares(waits=False)
    assert not turn.can_leave()
    trainings.prepares(waits=True)
    assert turn.can_leave()
    trainings.prepares(waits=False)
    trainings.began(0, 1, tmp_path / "a")
    assert not turn.can_leave()
    checkpoint(tmp_path / "a", 150.0)
    assert turn.can_leave()


def test_a_training_without_a_checkpoint_is_not_left_and_none_that_is_gone_counts(turn, trainings, tmp_path):
    checkpoint(tmp_path / "a", 50.0)
    trainings.began(0, 1, tmp_path / "a")
    turn.gives_way = True
    assert not turn.can_leave()
    (tmp_path / "a" / "checkpoint.pt").unlink()
    assert not turn.can_leave()
