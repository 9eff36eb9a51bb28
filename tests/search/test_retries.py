import pytest

from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import EpochRecord
from paretocaps.run_folder import RunFolder
from paretocaps.search.retries import Retries
from paretocaps.storage.store import Store
from paretocaps.testing import probe

KILLED = Failure("worker ended by signal 9", may_pass=True)


@pytest.fixture
def store(storage):
    with Store.open(storage, create=True) as opened:
        opened.create_study("s", {})
        opened.start_trial("s", 0, {})
        yield opened


@pytest.fixture
def attempt(store):
    """Begin the next attempt, let it reach an epoch or write a checkpoint; return its key and its folder."""

    def make(retries, *, epoch=0, checkpoint=None):
        key = store.start_attempt("s", 0, 7)
        folder = RunFolder(store.attempt_folder(key))
        retries.begin(key, folder.path)
        if epoch:
            store.record_epochs([(key, EpochRecord(epoch=epoch, acc=0.5, seconds=1, time=1, wall=1))])
        if checkpoint:
            folder.path.mkdir(parents=True, exist_ok=True)
            folder.checkpoint.write_text(checkpoint)
        return key, folder

    return make


def test_two_more_attempts_that_get_no_further_are_all(store, attempt):
    retries = Retries(2, store)
    assert [retries.again(attempt(retries)[0], KILLED) for _ in range(4)] == [True, True, False, False]


def test_an_attempt_that_gets_further_does_not_count(store, attempt):
    retries = Retries(1, store)
    kinds = [{"epoch": 1}, {"epoch": 1}, {"epoch": 2}, {"checkpoint": "a"}, {}, {"checkpoint": "b"}, {}, {}]
    again = [retries.again(attempt(retries, **kind)[0], KILLED) for kind in kinds]
    assert again == [True] * 7 + [False]


def test_what_may_not_pass_is_not_tried_again_and_neither_is_anything_unasked(store, attempt):
    retries = Retries(2, store)
    assert not retries.again(attempt(retries, epoch=1)[0], Failure("the loss became nan"))
    never = Retries(0, store)
    assert not never.again(attempt(never, epoch=2)[0], KILLED)


def test_a_checkpoint_goes_from_attempt_to_attempt(store, attempt):
    retries = Retries(2, store)
    _, first = attempt(retries, checkpoint="last")
    (first.path / "measurement.json.0123abcd.part").touch()  # it was killed while it wrote this
    store.start_attempt("s", 0, 7)  # its driver died before it was given the checkpoint
    key, third = attempt(retries)
    assert not list(first.path.iterdir())
    assert third.checkpoint.read_text() == "last"
    assert [one.resumed_from for one in store.trial("s", 0).attempts] == [None, None, 1]
    retries.end(key)
    assert not third.checkpoints


def test_a_failed_trial_leaves_no_checkpoint_but_that_of_a_seed_in_training(store, attempt):
    retries = Retries(2, store)
    _, folder = attempt(retries, checkpoint="last")
    with folder.lock():
        retries.end_waiting(0)
        assert folder.checkpoints
    retries.end_waiting(0)
    assert not folder.checkpoints


@pytest.fixture
def failing(monkeypatch):
    """Let the probe's trainings of trial 0 fail, each of the given times after an epoch."""

    def make(*errors):
        left, train = list(errors), probe.train

        def fails(job, on_epoch):
            if job.trial == 0 and left:
                raise left.pop(0)
            return train(job, on_epoch)

        monkeypatch.setattr(probe, "train", fails)

    return make


def attempts(storage, number=0):
    with Store.open(storage, create=False) as store:
        return [(one.key.attempt, one.state, one.may_pass) for one in store.trial("s", number).attempts]


def test_a_training_that_may_succeed_is_tried_again_in_the_same_run(run, storage, failing):
    failing(MemoryError(), MemoryError())
    summary, watcher = run(trials=2)
    assert [number for number, *_ in watcher.started] == [0, 0, 0, 1]
    assert (summary.finished, summary.failed, watcher.failed) == (2, 0, [])
    assert attempts(storage) == [(1, "failed", True), (2, "failed", True), (3, "finished", None)]
    assert (
        watcher.notices[:2]
        == ["trial 0 is tried again: out of memory on cpu: use a smaller batch size (MemoryError)"] * 2
    )


def test_a_training_that_keeps_failing_is_given_up(run, storage, failing):
    failing(*[MemoryError()] * 9)
    summary, watcher = run(trials=2, retries=1)
    assert [number for number, *_ in watcher.started] == [0, 0, 1, 2]
    assert (summary.finished, summary.failed) == (2, 1)
    assert attempts(storage) == [(1, "failed", True), (2, "failed", True)]


def test_a_reason_that_may_not_pass_ends_the_trial(run, storage, failing):
    failing(ValueError("no"))
    summary, _ = run(trials=2)
    assert (summary.finished, summary.failed) == (2, 1)
    assert attempts(storage) == [(1, "failed", False)]


def test_retries_do_not_count_towards_five_in_a_row(run, monkeypatch):
    train, failed = probe.train, set()

    def fails_once(job, on_epoch):
        if job.trial not in failed:
            failed.add(job.trial)
            raise MemoryError
        return train(job, on_epoch)

    monkeypatch.setattr(probe, "train", fails_once)
    summary, _ = run(trials=6)
    assert (summary.finished, summary.failed, len(failed)) == (6, 0, 6)


def test_a_further_seed_of_a_finished_trial_is_tried_again(run, storage, failing):
    run(trials=1)
    failing(MemoryError())
    _, watcher = run(trials=1, more_repeats=1)
    assert watcher.started == [(0, 1, 1, "slow"), (0, 1, 2, "slow")]
    assert [(trial, seed) for trial, seed, _ in watcher.seed_values] == [(0, 1)]
    assert not watcher.seed_failures
