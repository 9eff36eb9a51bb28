import pytest

from paretocaps.domain.attempt_key import AttemptKey
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives


def numbers(found):
    return [(weights.key.trial, weights.key.seed, weights.key.attempt) for weights in found]


@pytest.fixture
def trained(store, finish, measure):
    """Trials 0 to 2 finished with weights (trial 1 twice), 3 without, 4 interrupted with weights."""
    for number in (0, 1, 1, 2):
        finish(number, weights="best.safetensors")
    finish(3)
    store.start_trial("s", 4, {})
    attempt = store.start_attempt("s", 4, 0)
    store.finish_attempt(attempt, measure(weights="best.safetensors"))
    store.interrupt_trial("s", 4)
    return store


def test_what_is_kept_is_asked_for(trained):
    assert numbers(trained.weights_in_use("s", [1])) == [(1, 0, 2), (4, 0, 1)]
    assert numbers(trained.weights_unused("s", [1])) == [(0, 0, 1), (1, 0, 1), (2, 0, 1)]


def test_by_default_the_latest_fronts_are_kept(trained):
    assert numbers(trained.weights_in_use("s")) == [(4, 0, 1)]
    for names, number in (("acc,time", 0), ("acc,time", 1), ("acc,params", 2)):
        members = (FrontMember(number, {}, {}),)
        trained.save_front(FrontRecord("s", parse_objectives(names), None, 0.0, members))
    assert numbers(trained.weights_in_use("s")) == [(1, 0, 2), (2, 0, 1), (4, 0, 1)]
    assert numbers(trained.weights_unused("s")) == [(0, 0, 1), (1, 0, 1)]


def test_the_path_is_that_of_the_file(trained):
    (first, *_) = trained.weights_unused("s", [])
    assert first.path == trained.attempt_folder(AttemptKey("s", 0, 0)) / "best.safetensors"


def test_deleted_weights_are_forgotten(trained):
    for gone in trained.weights_unused("s", [1]):
        trained.forget_weights(gone.key)
    assert trained.weights_unused("s", [1]) == []
    assert numbers(trained.weights_in_use("s", [1])) == [(1, 0, 2), (4, 0, 1)]
    assert trained.trial("s", 0).attempts[0].measurement.weights is None
