import optuna
import pytest
from sqlalchemy import create_engine, text

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import StateError, StorageError
from paretocaps.storage.managing import COPIED
from paretocaps.storage.submissions import NewSubmission


@pytest.fixture
def filled(store, url, finish):
    """A study of two finished trials and an open one, with weights, a front, and Optuna's side of it."""
    made = optuna.create_study(study_name="s", storage=url, directions=["maximize"] * 3)
    made._storage.set_study_system_attr(made._study_id, "study:metric_names", ["acc", "time", "params"])
    made.set_user_attr("note", "kept")
    for number in range(2):
        trial = made.ask()
        trial.suggest_int("batch_size", 1, 9)
        trial.set_user_attr("design", f"d{number}")
        made.tell(trial, [0.5, 1.0, 2.0])
        finish(number, acc=0.5 + number / 10)
    made.ask()
    store.start_trial("s", 2, {"batch_size": 3})
    store.start_attempt("s", 2, 0)
    return url


def counts(url):
    """Return how many rows each table of the database has."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = connection.execute(text("select name from sqlite_master where type = 'table'")).scalars()
        found = {name: connection.execute(text(f"select count(*) from {name}")).scalar() for name in names}
    engine.dispose()
    return found


def test_a_renamed_study_is_the_same_under_another_name(store, filled):
    before = store.study("s")
    store.rename_study("s", "new")
    assert store.study("new").spec == {**before.spec, "study": "new"}
    assert [trial.number for trial in store.trials("new")] == [0, 1, 2]
    assert optuna.get_all_study_names(filled) == ["new"]
    assert len(optuna.load_study(study_name="new", storage=filled).trials) == 3
    with pytest.raises(StorageError, match="no study 's'"):
        store.study("s")


def test_a_name_that_is_taken_is_refused(store, filled):
    optuna.create_study(study_name="optuna's", storage=filled)
    store.create_study("other", {})
    for taken in ("other", "optuna's", "s"):
        with pytest.raises(StorageError, match="already a study"):
            store.rename_study("s", taken)
        with pytest.raises(StorageError, match="choose another name, or delete it first"):
            store.copy_study("s", taken)
    with pytest.raises(StorageError, match="no study 'none'"):
        store.copy_study("none", "new")


def test_a_name_that_was_submitted_but_never_became_a_study_is_refused(store, filled):
    store.add_submission(NewSubmission("study", "asked", {"trials": 1}))
    for take in (store.rename_study, store.copy_study):
        with pytest.raises(StorageError, match="a study 'asked' was submitted to the service"):
            take("s", "asked")


def test_a_copy_has_what_the_study_has(store, filled, measure):
    store.copy_study("s", "copy")
    own, copied = store.trials("s"), store.trials("copy")
    assert [(t.number, t.choices) for t in copied] == [(t.number, t.choices) for t in own]
    assert store.table("copy", ["acc"]).values.tolist() == store.table("s", ["acc"]).values.tolist()
    assert store.trial("copy", 1).measured[0].epochs == store.trial("s", 1).measured[0].epochs
    assert all(one.folder is None and one.weights is None for trial in copied for one in trial.attempts)


def test_a_copy_is_as_old_as_it_is(store, filled):
    store.copy_study("s", "copy")
    assert store.standing("copy").created > store.standing("s").created


def test_what_trains_meanwhile_has_failed_in_the_copy(store, filled):
    store.copy_study("s", "copy")
    assert (store.trial("copy", 2).state, store.trial("copy", 2).reason) == ("failed", COPIED)
    assert [(one.state, one.may_pass) for one in store.trial("copy", 2).attempts] == [("failed", True)]
    assert store.trial("s", 2).state == "running"
    states = [trial.state.name for trial in optuna.load_study(study_name="copy", storage=filled).trials]
    assert states == ["COMPLETE", "COMPLETE", "FAIL"]


def test_a_copy_has_optunas_side(store, filled):
    store.copy_study("s", "copy")
    own, copied = (optuna.load_study(study_name=name, storage=filled) for name in ("s", "copy"))
    assert copied.directions == own.directions
    assert copied.metric_names == own.metric_names
    assert copied.user_attrs == {"note": "kept"}
    for one, other in zip(own.trials[:2], copied.trials[:2], strict=True):
        assert (one.number, one.params, one.values, one.user_attrs, one.distributions) == (
            other.number,
            other.params,
            other.values,
            other.user_attrs,
            other.distributions,
        )


def test_a_copy_has_the_history_of_the_front(store, filled):
    objectives = parse_objectives("acc,time,params")
    for trial in (0, 1):
        member = FrontMember(trial, {}, {"acc": 0.5, "time": 1.0, "params": 2})
        front = FrontRecord("s", objectives, (0.1, 2.0, 3.0), 0.25, (member,))
        store.save_front(front, store.table("s", ["acc"]))
    store.copy_study("s", "copy")
    assert store.front_history("copy", objectives) == store.front_history("s", objectives) != []
    own, copied = (store.stored_front(name, objectives, ["acc"]) for name in ("s", "copy"))
    assert (own.hypervolume, own.table.trials.tolist()) == (copied.hypervolume, copied.table.trials.tolist())


def test_a_deleted_study_leaves_nothing_and_others_alone(store, filled):
    store.copy_study("s", "copy")
    both = counts(filled)
    store.delete_study("copy")
    store.delete_study("s")
    left = counts(filled)
    assert store.study_names() == []
    assert optuna.get_all_study_names(filled) == []
    kept = {"version_info", "paretocaps_alembic_version", "alembic_version"}
    assert {name: n for name, n in left.items() if n} == {n: both[n] for n in kept if both.get(n)}


def test_a_study_that_optuna_never_saw_can_be_managed(store):
    store.copy_study("s", "copy")
    store.rename_study("copy", "other")
    store.delete_study("s")
    assert store.study_names() == ["other"]


def test_a_study_is_not_renamed_while_a_submission_of_it_runs(store, filled):
    key = store.add_submission(NewSubmission("study", "s", {"trials": 1})).id
    assert store.take_turn(key, "token", "host")
    with pytest.raises(StateError, match=f"submission {key} of study 's' runs: pause it"):
        store.rename_study("s", "new")
