from datetime import UTC, datetime, timedelta

import pytest

from paretocaps.domain.measurement import EpochRecord
from paretocaps.service.current import current
from paretocaps.storage.store import Store


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/new.db", create=True) as opened:
        opened.create_study("s", {"objectives": ["acc", "time"], "trials": 4, "epochs": 5})
        yield opened


def epoch(number, acc, wall):
    sizes = {"steps": 1, "batch_size": 1, "params": 1, "macs": 1, "train_loss": 1.0, "learning_rate": 1e-3}
    return EpochRecord(epoch=number, acc=acc, seconds=1.0, time=float(number), wall=wall, **sizes)


def test_nothing_runs_in_a_study_that_rests(store):
    found = current(store, "s", 4, datetime.now(UTC))
    assert found.trainings == ()
    assert found.seconds_left is None


def test_a_training_goes_on_at_the_pace_of_its_epochs(store):
    store.start_trial("s", 0, {"batch_size": 4}, "baseline")
    key = store.start_attempt("s", 0, 0)
    for number, acc in ((1, 0.5), (2, 0.7)):
        store.record_epochs([(key, epoch(number, acc, wall=10.0 * number))])
    began = store.trial("s", 0).attempts[0].started
    (one,) = current(store, "s", 0, began + timedelta(seconds=20)).trainings
    assert (one.trial, one.seed, one.design, one.epoch, one.epochs) == (0, 0, "baseline", 2, 5)
    assert one.curve == (0.5, 0.7)
    assert one.seconds_left == pytest.approx(30.0)
    slower = current(store, "s", 0, began + timedelta(seconds=90))  # in the third epoch, for 70 s
    assert slower.seconds_left == pytest.approx(2 * 90 / 3)
    for number in (3, 4, 5):
        store.record_epochs([(key, epoch(number, 0.8, wall=30.0 * number))])
    assert current(store, "s", 0, began + timedelta(seconds=155)).seconds_left == 0.0


def test_a_resumed_training_goes_on_where_it_was_cut_off(store):
    store.start_trial("s", 0, {})
    key = store.start_attempt("s", 0, 0)
    for number in (1, 2):  # of the earlier attempt
        store.record_epochs([(key, epoch(number, 0.5, wall=60.0 * number))])
    began = store.trial("s", 0).attempts[0].started
    assert current(store, "s", 0, began + timedelta(seconds=5)).seconds_left == pytest.approx(180.0)


def test_the_seeds_that_a_running_trial_lacks_are_still_to_come(store, monkeypatch):
    monkeypatch.setattr(Store, "durations", lambda self, study: [60.0])
    store.set_spec("s", {"objectives": ["acc", "time"], "trials": 1, "epochs": 5, "repeats": 3})
    store.start_trial("s", 0, {})
    store.start_attempt("s", 0, 0)
    began = store.trial("s", 0).attempts[0].started
    assert current(store, "s", 0, began).seconds_left == pytest.approx(180.0)


def test_before_an_epoch_and_a_finished_training_nothing_is_known(store):
    store.start_trial("s", 0, {})
    store.start_attempt("s", 0, 0)
    found = current(store, "s", 3, datetime.now(UTC))
    assert found.trainings[0].seconds_left is None
    assert found.seconds_left is None


def test_trainings_that_have_not_begun_take_as_long_as_the_last_ones(store, monkeypatch):
    monkeypatch.setattr(Store, "durations", lambda self, study: [50.0, 70.0])
    for number in (0, 1):
        store.start_trial("s", number, {})
        store.start_attempt("s", number, 0)
    began = store.trial("s", 1).attempts[0].started
    found = current(store, "s", 4, began)
    assert [one.seconds_left for one in found.trainings] == pytest.approx([60.0, 60.0], abs=5.0)
    assert found.seconds_left == pytest.approx(180.0, abs=5.0)
    late = current(store, "s", 4, began + timedelta(seconds=61))
    assert [one.seconds_left for one in late.trainings] == [None, None]
    assert late.seconds_left is None
