import math

import pytest

from paretocaps.domain.failure import Failure
from paretocaps.errors import DivergedError


@pytest.fixture
def attempt(store):
    store.start_trial("s", 0, {})
    return store.start_attempt("s", 0, 7)


def only(store):
    (found,) = store.trial("s", 0).attempts
    return found


def told(store):
    """The epochs of the study's events."""
    return [event.payload["epoch"] for event in store.events("s") if event.kind == "epoch"]


def test_epochs_are_followed(store, attempt, measure):
    first, second = measure(epochs=2).epochs
    store.record_epochs([(attempt, first)])
    store.record_epochs([(attempt, second)])
    store.record_epochs([(attempt, second)])
    assert only(store).epochs == (first, second)
    assert only(store).state == "running"
    assert only(store).measurement is None


def test_a_loss_that_is_nan_is_null_while_it_runs(store, attempt, measure):
    record = measure(epochs=1).epochs[0].model_copy(update={"train_loss": math.nan, "val_loss": math.inf})
    store.record_epochs([(attempt, record)])
    store.fail_attempt(attempt, Failure("the loss is nan"))
    (found,) = only(store).epochs
    assert (found.train_loss, found.val_loss) == (None, None)
    assert (only(store).state, only(store).reason) == ("failed", "the loss is nan")


def test_anything_else_of_an_epoch_is_finite(store, attempt, measure):
    record = measure(epochs=1).epochs[0].model_copy(update={"seconds": math.inf})
    with pytest.raises(DivergedError, match="measured seconds of epoch 1 is inf"):
        store.record_epochs([(attempt, record)])
    assert only(store).epochs == ()


def test_an_epoch_is_told_once_and_again_where_it_differs(store, attempt, measure):
    (record,) = measure(epochs=1).epochs
    for _ in range(2):
        store.record_epochs([(attempt, record)])
    store.record_epochs([(attempt, record.model_copy(update={"acc": 0.7}))])
    found = [event.payload for event in store.events("s") if event.kind == "epoch"]
    own = {"trial": 0, "seed": 7, "attempt": 1, "epoch": 1, "seconds": 1.0, "time": 1.0}
    losses = {"train_loss": 1.0, "val_loss": 2.0}
    assert found == [own | losses | {"acc": acc} for acc in (0.01, 0.7)]


def test_several_epochs_are_told_in_their_order(store, attempt, measure):
    store.record_epochs([(attempt, record) for record in measure(epochs=3).epochs])
    assert told(store) == [1, 2, 3]


def test_epochs_that_only_the_measurement_has_are_told_with_it(store, attempt, measure):
    first, *_ = measure(epochs=3).epochs
    store.record_epochs([(attempt, first)])
    store.finish_attempt(attempt, measure(epochs=3))
    store.finish_attempt(attempt, measure(epochs=3))
    assert told(store) == [1, 2, 3]
    assert [event.kind for event in store.events("s")] == ["trial", *["epoch"] * 3]
