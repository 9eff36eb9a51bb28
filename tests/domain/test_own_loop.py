import pytest

from paretocaps.domain.own_loop import NAME, own_loop, refuse_loop
from paretocaps.errors import TrainingError, UsageError


def test_it_stands_for_a_trainer_and_trains_nothing():
    assert NAME == "paretocaps.domain.own_loop:own_loop@1"
    with pytest.raises(TrainingError, match="trained by a program that asks it"):
        own_loop({}, None)
    refuse_loop("s", "capsnet")
    with pytest.raises(UsageError, match="study 's' is trained by a program that asks it"):
        refuse_loop("s", NAME)
