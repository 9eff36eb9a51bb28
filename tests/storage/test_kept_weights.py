import pytest

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.errors import StorageError

FILE = "best.safetensors"


def numbers(found):
    return [(weights.key.trial, weights.key.seed, weights.key.attempt) for weights in found]


@pytest.fixture
def trained(store, finish, measure):
    """Trials 0 to 2 finished with weights (trial 1 twice), 3 without, 4 interrupted with weights."""
    for number in (0, 1, 1, 2):
        finish(number, weights=FILE)
    finish(3)
    store.start_trial("s", 4, {})
    attempt = store.start_attempt("s", 4, 0)
    store.finish_attempt(attempt, measure(weights=FILE))
    store.interrupt_trial("s", 4)
    return store


def test_all_but_what_is_open_or_kept_is_unused(trained):
    assert numbers(trained.weights_unused("s", [1])) == [(0, 0, 1), (1, 0, 1), (2, 0, 1)]


def test_the_path_is_that_of_the_file(trained):
    (first, *_) = trained.weights_unused("s", [])
    assert first.path == trained.attempt_folder(AttemptKey("s", 0, 0)) / FILE


def test_deleted_weights_are_forgotten(trained):
    for gone in trained.weights_unused("s", [1]):
        trained.forget_weights(gone.key)
    assert trained.weights_unused("s", [1]) == []
    kept = {t.number: [a.measurement.weights for a in t.attempts] for t in trained.trials("s")}
    assert kept == {0: [None], 1: [None, FILE], 2: [None], 3: [None], 4: [FILE]}
    with pytest.raises(StorageError, match="no attempt 9"):
        trained.forget_weights(AttemptKey("s", 0, 0, 9))
    with pytest.raises(StorageError, match="no trial 7"):
        trained.forget_weights(AttemptKey("s", 7, 0))
