import pytest

from paretocaps.errors import FencedError
from paretocaps.storage.drivers import Sighting


@pytest.fixture
def drivers(store):
    store.create_study("other", {})
    for token, study in (("a", "s"), ("b", "s"), ("c", "other")):
        store.register_driver(study, token, f"host-{token}", 7)
    return store


def test_a_beat_counts_and_shows_the_other_drivers_of_the_study(drivers):
    assert drivers.beat("b") == [Sighting("a", "host-a", 7, 0)]
    assert drivers.beat("b")
    assert drivers.beat("a") == [Sighting("b", "host-b", 7, 2)]
    assert drivers.beat("a")[0].process == "process 7 on host-b"
    assert drivers.beat("c") == []


def test_a_driver_is_ended_once(drivers):
    assert drivers.end_driver("a", "process 7 on host-b heard nothing from it for 30 s")
    assert not drivers.end_driver("a", "again")
    assert drivers.beat("b") == []


def test_one_that_was_ended_is_told_by_whom_and_what_to_do(drivers):
    drivers.end_driver("a", "process 7 on host-b heard nothing from it for 30 s")
    with pytest.raises(FencedError) as caught:
        drivers.beat("a")
    assert str(caught.value) == (
        "another driver has taken over from this one (process 7 on host-b heard nothing from it for 30 s):"
        " its trainings were ended; run the same command again to join in"
    )
    assert caught.value.exit_code == 1
    with pytest.raises(FencedError, match="no record that it runs"):
        drivers.beat("unknown")


def test_every_write_of_a_driver_that_was_ended_is_refused_and_stores_nothing(drivers, measure):
    fenced = drivers.as_driver("a")
    fenced.start_trial("s", 0, {"a": 1})
    key = fenced.start_attempt("s", 0, 0)
    drivers.end_driver("a")
    for write in (
        lambda: fenced.start_trial("s", 1, {"a": 2}),
        lambda: fenced.start_attempt("s", 0, 1),
        lambda: fenced.record_epochs([(key, measure().epochs[0])]),
        lambda: fenced.finish_attempt(key, measure()),
        lambda: fenced.interrupt_trial("s", 0),
        lambda: fenced.fix_corners("s", (1, 2, 3), (1, 0, 0)),
    ):
        with pytest.raises(FencedError):
            write()
    (trial,) = drivers.trials("s")
    assert (trial.state, [one.state for one in trial.attempts]) == ("running", ["running"])
    assert fenced.counts("s")["running"] == 1  # reading is allowed
