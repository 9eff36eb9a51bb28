import pytest

from paretocaps.errors import DivergedError


@pytest.fixture
def key(store):
    store.start_trial("s", 0, {"batch_size": 1})
    return store.start_attempt("s", 0, 7)


def test_a_stopped_attempt_has_the_measurement_of_its_epochs_so_far(store, key, measure):
    measured = measure(epochs=2, quantities={"robust": 0.5})
    for _ in range(2):  # the answer to the first try was lost
        store.stop_attempt(key, measured, "at epoch 2 of 5: beaten")
    store.stop_trial("s", 0, "at epoch 2 of 5: beaten")
    trial = store.trial("s", 0)
    assert (trial.state, trial.reason) == ("stopped", "at epoch 2 of 5: beaten")
    assert (trial.attempts[0].state, trial.attempts[0].measurement) == ("stopped", measured)
    assert store.counts("s")["stopped"] == 1
    assert len(store.table("s", ["acc"])) == 0
    assert store.table("s", ["acc", "robust"], stopped=True).values.tolist() == [[measured.acc, 0.5]]


def test_the_measurement_of_a_whole_training_replaces_that_of_a_stopped_one(store, key, measure):
    store.stop_attempt(key, measure(epochs=2, quantities={"robust": 0.5}), "beaten")
    whole = measure(epochs=3, quantities={"robust": 0.6})
    store.finish_attempt(key, whole)
    attempt = store.trial("s", 0).attempts[0]
    assert (attempt.state, attempt.reason, attempt.measurement) == ("finished", None, whole)


def test_what_diverged_is_not_stored(store, key, measure):
    with pytest.raises(DivergedError):
        store.stop_attempt(key, measure(acc=0.5, quantities={"robust": float("inf")}), "beaten")
    assert store.trial("s", 0).attempts[0].state == "running"


def test_stopping_a_trial_ends_its_other_seeds_and_never_a_finished_trial(store, key, finish):
    store.start_attempt("s", 0, 8)
    store.stop_trial("s", 0, "beaten")
    assert [attempt.state for attempt in store.trial("s", 0).attempts] == ["interrupted"] * 2
    finish(1)
    store.stop_trial("s", 1, "beaten")
    assert store.trial("s", 1).state == "finished"


def test_one_driver_continues_a_stopped_trial(store, key):
    for token in "ab":
        store.register_driver("s", token, "host", 7)
    store.stop_trial("s", 0, "beaten")
    a, b = store.as_driver("a"), store.as_driver("b")
    assert [a.claim_stopped("s", 0), b.claim_stopped("s", 0)] == [True, False]
    assert (store.trial("s", 0).state, store.trial("s", 0).reason) == ("running", None)


def test_a_curve_has_the_last_record_of_each_epoch(store, key, measure):
    for record in measure(epochs=3).epochs:
        store.record_epochs([(key, record)])
    store.interrupt_trial("s", 0)
    again = store.start_attempt("s", 0, 7)
    other = measure(epochs=2).epochs[1].model_copy(update={"acc": 0.5})
    store.record_epochs([(again, other)])
    assert [record.acc for record in store.curves("s", 7)[0]] == [0.01, 0.5, 0.03]
    assert store.curves("s", 8) == store.curves("s", 7, [1]) == {}
