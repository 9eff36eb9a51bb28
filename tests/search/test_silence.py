from dataclasses import replace

import pytest

from paretocaps.search.silence import Silence
from paretocaps.storage.drivers import Sighting

OTHER = Sighting("b", "host", 7, 3)


@pytest.fixture
def silence():
    return Silence(interval=5, lease=20)


def dead(silence, moments, others=None):
    """Return how many of the others are dead at each of several beats."""
    others = others or [OTHER] * len(moments)
    return [len(silence.dead([other], moment)) for other, moment in zip(others, moments, strict=True)]


def test_one_that_is_silent_for_a_lease_is_dead(silence):
    assert dead(silence, range(0, 30, 5)) == [0, 0, 0, 0, 1, 1]


def test_beats_in_between_make_no_lease_shorter(silence):
    assert dead(silence, range(21)) == [0] * 20 + [1]


def test_one_that_beats_is_alive_whatever_its_clock_says(silence):
    beating = [replace(OTHER, beat=count // 3) for count in range(30)]
    assert not any(dead(silence, range(0, 150, 5), beating))


def test_a_gap_in_its_own_beats_counts_little(silence):
    """Both machines were suspended, or the database was away from both."""
    assert dead(silence, [0, 5, 3600, 3605, 3610]) == [0, 0, 0, 1, 1]


def test_one_that_is_gone_is_forgotten(silence):
    dead(silence, range(0, 20, 5))
    assert silence.dead([], 20) == []
    assert silence.dead([OTHER], 25) == []
