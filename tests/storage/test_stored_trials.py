import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.errors import StorageError

FINITE = st.floats(min_value=0, max_value=1e300, allow_nan=False)
SHARE = st.floats(min_value=0, max_value=1)
COUNT = st.integers(min_value=0, max_value=2**63 - 1)
EPOCH = st.builds(
    EpochRecord,
    epoch=st.just(1),
    acc=SHARE,
    seconds=FINITE,
    time=FINITE,
    wall=FINITE,
    params=COUNT,
    macs=COUNT,
    learning_rate=FINITE,
    train_loss=st.floats(allow_nan=False, allow_infinity=False),
    val_loss=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    test_acc=st.none() | SHARE,
    cpu_seconds=st.none() | FINITE,
    batch_size=st.just(4),
)
DEVICE = st.builds(
    Device,
    name=st.text("abc ü", max_size=50),
    kind=st.just("cpu"),
    torch=st.just(""),
    shared=st.booleans(),
    loaded=st.booleans(),
    threads=st.none() | st.integers(1, 64),
    calibration=st.none() | FINITE,
)
MEASUREMENT = st.builds(
    Measurement, acc=SHARE, best_epoch=st.integers(1, 1000), time=FINITE, wall=FINITE, params=COUNT,
    macs=st.none() | COUNT, memory=st.none() | COUNT, test_acc=st.none() | SHARE, device=DEVICE,
    epochs=st.tuples(EPOCH) | st.just(()), weights=st.none() | st.just("best.safetensors"),
    quantities=st.dictionaries(st.text("xyz", min_size=1, max_size=5), FINITE, max_size=3),
    remarks=st.lists(st.text("abc ü'", max_size=9), max_size=3).map(tuple),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MEASUREMENT)
def test_every_measurement_comes_back_exactly(store, measurement):
    if store.counts("s")["running"] == 0:
        store.start_trial("s", 0, {})
    attempt = store.start_attempt("s", 0, 1)
    store.finish_attempt(attempt, measurement)
    assert store.trial("s", 0).attempts[-1].measurement == measurement


def test_a_list_of_trials_has_attempts_but_no_epochs(store, finish):
    finish(1, seed=5, quantities={"robust": 0.5})
    finish(0, seed=2)
    finish(0, seed=1)
    store.start_trial("s", 2, {})
    found = store.trials("s")
    assert [(trial.number, trial.state, len(trial.attempts)) for trial in found] == [
        (0, "finished", 2),
        (1, "finished", 1),
        (2, "running", 0),
    ]
    assert [attempt.key.seed for attempt in found[0].attempts] == [1, 2]
    assert found[1].attempts[0].epochs == ()
    assert found[1].attempts[0].measurement.quantities == {"robust": 0.5}
    assert found[0].attempts[0].measurement.quantities == {}


def test_running_and_interrupted_trials_have_their_attempts(store, finish, measure):
    finish(0)
    store.start_trial("s", 1, {"a": 1})
    store.start_attempt("s", 1, 3)
    store.start_trial("s", 2, {})
    store.interrupt_trial("s", 2)
    store.start_trial("s", 3, {})
    store.fail_trial("s", 3, Failure("no"))
    found = store.trials("s", ("running", "interrupted"))
    assert [(trial.number, trial.state) for trial in found] == [(1, "running"), (2, "interrupted")]
    assert [(attempt.key.seed, attempt.key.attempt) for attempt in found[0].attempts] == [(3, 1)]


def test_an_unreported_loss_stays_unreported(store, measure):
    epoch = EpochRecord(epoch=1, acc=0.5, seconds=1, time=1, wall=1)
    store.start_trial("s", 0, {})
    attempt = store.start_attempt("s", 0, 1)
    measurement = measure().model_copy(update={"epochs": (epoch,)})
    store.finish_attempt(attempt, measurement)
    found = store.trial("s", 0).attempts[0].measurement
    store.finish_attempt(attempt, found)
    assert found.epochs[0].train_loss is None


def test_the_latest_trials_are_those_with_the_highest_numbers(store, finish):
    for number in range(4):
        finish(number)
    store.start_trial("s", 4, {})
    assert [one.number for one in store.latest_trials("s", limit=2)] == [4, 3]
    assert [one.number for one in store.latest_trials("s", ["finished"], limit=2, skip=1)] == [2, 1]
    assert store.latest_trials("s", limit=1)[0].attempts == ()
    with pytest.raises(StorageError, match="no study 'other'"):
        store.latest_trials("other")
