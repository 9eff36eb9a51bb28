from paretocaps.storage.claims import NewTrial
from paretocaps.storage.rejections import RejectedTrial

REJECTED = RejectedTrial(3, {"a": 1}, "one", "params is 9, which breaks the bound params<=5", {"params": 9.0})


def new(number, training):
    return NewTrial(number, {"a": 1}, None, training, failed=0, seed=0, total=1)


def test_a_rejected_trial_has_its_reason_and_what_was_predicted_and_does_not_count(store):
    store.register_driver("s", "a", "host", 7)
    driver = store.as_driver("a")
    assert driver.reject_trial("s", REJECTED)
    assert driver.reject_trial("s", REJECTED)  # the answer to the first try was lost
    trial = store.trial("s", 3)
    assert (trial.state, trial.reason, trial.attempts) == ("rejected", REJECTED.reason, ())
    assert trial.ended is not None
    assert store.predicted("s", 3) == {"params": 9.0}
    assert store.counts("s")["rejected"] == 1
    assert driver.claim_new("s", new(4, "one")) not in ("full", "seen", "taken")
    assert store.predicted("s", 4) == {}


def test_the_number_of_another_driver_s_trial_is_not_taken(store):
    for token in "ab":
        store.register_driver("s", token, "host", 7)
    store.as_driver("b").claim_new("s", new(3, "other"))
    assert not store.as_driver("a").reject_trial("s", REJECTED)
    assert store.trial("s", 3).state == "running"


def test_its_driver_owns_it_until_optuna_was_told(store):
    store.register_driver("s", "a", "host", 7)
    store.as_driver("a").reject_trial("s", REJECTED)
    assert store.unowned("s") == []
    store.end_driver("a")
    assert store.unowned("s") == [3]
