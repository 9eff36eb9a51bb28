import pytest

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.storage.store import Store


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'studies.db'}", create=True) as opened:
        opened.create_study("s", {"objectives": ["acc", "time"]})
        opened.start_trial("s", 0, {"lr": 0.1})
        yield opened


def train(store, time, loaded=False, taken=0.0, device="cpu", retuned=False, acc=0.5):
    key = store.start_attempt("s", 0, 0)
    measured = Measurement(
        acc=acc,
        best_epoch=1,
        time=time,
        cpu_time=time / 2,
        wall=time,
        params=1,
        device=Device(name=device, kind="cpu", loaded=loaded, taken=taken),
        retuned=retuned,
    )
    store.finish_attempt(key, measured, last=True)
    return key


def counted(store):
    """The attempts that count, by the trial and by the table; they are the same."""
    (attempt,) = store.trial("s", 0).measured.values()
    table = store.table("s", ["time", "cpu_time"])
    assert table.values.tolist() == [[attempt.measurement.time, attempt.measurement.cpu_time]]
    assert table.attempts.tolist() == [attempt.key.attempt]
    return attempt.key.attempt


def test_a_quieter_training_counts_in_the_place_of_a_loaded_one(store):
    train(store, 9.0, loaded=True, taken=0.5)
    train(store, 5.0, taken=0.01)
    assert counted(store) == 2
    assert [one.replaced for one in store.trial("s", 0).attempts] == [True, False]


def test_one_that_is_as_loaded_or_more_so_does_not(store):
    train(store, 6.0, loaded=True, taken=0.2)
    train(store, 5.0, loaded=True, taken=0.3)
    assert counted(store) == 1
    train(store, 5.5, loaded=True, taken=0.1)
    assert counted(store) == 3
    train(store, 5.9, loaded=True, taken=0.4)
    assert counted(store) == 3


def test_where_nothing_tells_what_was_taken_the_least_time_is_the_quietest(store):
    train(store, 6.0, loaded=True, taken=None)
    train(store, 5.0, loaded=True, taken=None)
    assert counted(store) == 2


@pytest.mark.parametrize("other", [{"device": "another"}, {"retuned": True}])
def test_times_that_do_not_compare_with_the_first_do_not_count(store, other):
    train(store, 9.0, loaded=True, taken=0.5)
    train(store, 1.0, **other)
    assert counted(store) == 1


def test_storing_the_same_again_changes_nothing(store):
    train(store, 9.0, loaded=True, taken=0.5)
    train(store, 5.0)
    store.finish_attempt(AttemptKey("s", 0, 0, 1), store.trial("s", 0).attempts[0].measurement)
    assert counted(store) == 2


def test_the_weights_of_what_does_not_count_can_be_deleted(store):
    keys = [train(store, 9.0, loaded=True), train(store, 5.0)]
    for key in keys:
        folder = store.attempt_folder(key)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "weights.pt").touch()
        measured = next(one for one in store.trial("s", 0).attempts if one.key == key).measurement
        store.finish_attempt(key, measured.model_copy(update={"weights": "weights.pt"}))
    assert [one.key for one in store.weights_unused("s", [0])] == keys[:1]
