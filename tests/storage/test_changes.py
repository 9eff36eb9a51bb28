import pytest

from paretocaps.domain.failure import Failure
from paretocaps.errors import StorageError


def states(found):
    return {trial.number: trial.state for trial in found}


def test_a_driver_reads_all_trials_once_and_then_only_those_that_changed(store, finish, measure):
    finish(0)
    store.start_trial("s", 1, {"a": 1}, "wab")
    change, found = store.changes("s")
    assert states(found) == {0: "finished", 1: "running"}
    assert (found[1].choices, found[1].design, found[1].driver, found[1].training) == (
        {"a": 1},
        "wab",
        None,
        None,
    )
    assert store.changes("s", change) == (change, [])
    store.fail_trial("s", 1, Failure("killed", may_pass=True))
    later, (failed,) = store.changes("s", change)
    assert (failed.number, failed.state, failed.may_pass) == (1, "failed", True)
    finish(0, seed=1)  # a further seed changes the trial's values
    finish(2)
    latest, found = store.changes("s", later)
    assert states(found) == {0: "finished", 2: "finished"}
    assert change < later < latest


def test_an_unknown_study_is_named(store):
    with pytest.raises(StorageError, match="no study 'x'"):
        store.changes("x")


def test_the_version_of_a_study_is_another_after_a_change_or_other_settings(store, finish):
    versions = [store.version("s")]
    finish(0)
    versions.append(store.version("s"))
    store.set_spec("s", {**store.study("s").spec, "trials": 99})
    versions.append(store.version("s"))
    assert len(set(versions)) == 3
    assert store.version("s") == versions[-1]
    with pytest.raises(StorageError, match="no study 'nobody'"):
        store.version("nobody")
