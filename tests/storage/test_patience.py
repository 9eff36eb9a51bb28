import math

import pytest

from paretocaps.errors import StorageError, UnavailableError
from paretocaps.storage import patience as module
from paretocaps.storage.faults import AGAIN
from paretocaps.storage.patience import EVERYTHING, Patience


class Clock:
    """A clock that only pauses move."""

    def __init__(self, monkeypatch):
        self.now, self.pauses, self.notices = 0.0, [], []
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)

    def patience(self, seconds):
        return Patience(seconds, self.pause, self.notices.append)

    def pause(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def away(clock, until):
    def operation():
        if clock.now < until:
            raise UnavailableError(f"storage 's': it is away: start the server{AGAIN}", "away")
        return clock.now

    return operation


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def test_it_is_tried_again_later_and_later_until_it_can_be_done(clock):
    assert clock.patience(600).ride(away(clock, until=60)) < 66
    assert clock.pauses == sorted(clock.pauses)
    assert clock.pauses[0] == 0.05
    assert max(clock.pauses) == 5.0
    assert clock.notices == [
        "waiting up to 10m for storage 's': it is away: start the server",
        f"the storage can be used again, after {clock.now:.0f} s",
    ]


def test_the_error_is_raised_when_the_patience_is_over(clock):
    with pytest.raises(UnavailableError, match="it is away"):
        clock.patience(60).ride(away(clock, until=61))
    assert clock.now == pytest.approx(60)


def test_patience_without_a_limit_tells_of_none(clock):
    clock.patience(math.inf).ride(away(clock, until=60))
    assert clock.notices[0] == "waiting for storage 's': it is away: start the server"


def test_without_patience_it_is_tried_once(clock):
    with pytest.raises(UnavailableError):
        clock.patience(0).ride(away(clock, until=1))
    assert (clock.pauses, clock.notices) == ([], [])


def test_a_short_lock_is_not_told(clock):
    assert clock.patience(600).ride(away(clock, until=1)) < 2
    assert clock.notices == []


def test_other_errors_are_raised_at_once(clock):
    def refuse():
        raise StorageError("no")

    with pytest.raises(StorageError, match="no"):
        clock.patience(600).ride(refuse)
    assert clock.pauses == []


def test_a_full_disk_is_waited_for_where_that_is_asked(clock):
    def fill():
        raise UnavailableError("its disk is full", "full")

    with pytest.raises(UnavailableError):
        clock.patience(10).ride(fill)
    assert clock.pauses == []
    with pytest.raises(UnavailableError):
        Patience(10, clock.pause, waits_for=EVERYTHING).ride(fill)
    assert clock.now == pytest.approx(10)


def test_a_last_short_wait_is_not_told(clock):
    patience = clock.patience(600)
    with patience.of(10), pytest.raises(UnavailableError):
        patience.ride(away(clock, until=60))
    assert (clock.now, clock.notices) == (pytest.approx(10), [])
    patience.ride(away(clock, until=60))
    assert len(clock.notices) == 2
