import pytest

from paretocaps.domain.measurement import JudgedTest
from paretocaps.errors import StorageError
from paretocaps.search.views import front_of


def measured(store, number=0):
    return store.trial("s", number).attempts[-1].measurement


def test_a_test_accuracy_is_stored_once(store, finish):
    key = finish(0)
    before, _ = store.changes("s")
    assert store.record_judged(key, JudgedTest(acc=0.7, images=50))
    assert not store.record_judged(key, JudgedTest(acc=0.2, images=50))
    assert (measured(store).test_acc, measured(store).test_images) == (0.7, 50)
    change, changed = store.changes("s", before)
    assert (change, [trial.number for trial in changed]) == (before + 1, [0])


def test_what_the_trainer_measured_stays(store, finish):
    key = finish(0, test_acc=0.6, test_images=40)
    assert not store.record_judged(key, JudgedTest(acc=0.7, images=50))
    assert measured(store).test_acc == 0.6


def test_the_same_measurement_again_does_not_forget_it(store, finish, measure):
    key = finish(0)
    store.record_judged(key, JudgedTest(acc=0.7, images=50))
    store.finish_attempt(key, measure())
    assert (measured(store).test_acc, measured(store).test_images) == (0.7, 50)


def test_the_stored_front_has_it(store, finish):
    key, other = finish(0), finish(1, acc=0.1, time=9.0, params=2000)
    front = front_of(store, "s", requirements=())
    store.save_front(front, store.table("s", ("acc",)))
    for one in (key, other):
        store.record_judged(one, JudgedTest(acc=0.7, images=50))
    rows = store._database.read(
        lambda connection: connection.exec_driver_sql(
            "SELECT trial, value, n FROM paretocaps_front_values WHERE name = 'test_acc'"
        ).all()
    )
    assert rows == [(0, 0.7, 1)]
    (member,) = front_of(store, "s", requirements=())
    assert 0 < member.estimate("test_acc").low < 0.7 < member.estimate("test_acc").high < 1


def test_only_finished_trainings_are_judged(store):
    store.start_trial("s", 0, {"batch_size": 1})
    key = store.start_attempt("s", 0, 0)
    with pytest.raises(StorageError, match="is running: only a finished training is judged"):
        store.record_judged(key, JudgedTest(acc=0.7, images=50))
