import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from paretocaps.storage.optuna_tables import (
    OptunaParameter,
    has_optuna_tables,
    insert_parameters,
    trials_of,
    trials_since,
    unfinished,
)


@pytest.fixture
def study(tmp_path):
    storage = RDBStorage(f"sqlite:///{tmp_path}/o.db")
    made = optuna.create_study(storage=storage, directions=["maximize", "minimize"])
    made.add_trial(
        optuna.create_trial(values=[float("inf"), 2.0], user_attrs={"design": "ü"}, system_attrs={"a": [1]})
    )
    made.ask()
    made.enqueue_trial({"x": 1})
    yield made
    storage.remove_session()
    storage.engine.dispose()


@pytest.fixture
def connection(study):
    with study._storage._backend.engine.connect() as opened:
        yield opened


def test_trials_are_read_whole(connection):
    done, running, waiting = trials_since(connection, 1)
    assert (done.id, done.number, done.state, done.values) == (1, 0, "COMPLETE", [float("inf"), 2.0])
    assert (done.user, done.system) == ([("design", '"\\u00fc"')], [("a", "[1]")])
    assert done.started <= done.ended
    assert (running.state, running.ended, running.values, running.parameters) == ("RUNNING", None, (), ())
    assert (waiting.state, [key for key, _ in waiting.system]) == ("WAITING", ["fixed_params"])


def test_a_database_that_optuna_has_not_used_has_none_of_its_tables(connection, store):
    assert has_optuna_tables(connection)
    assert not store.has_optuna_tables()


def test_only_what_is_asked_for_is_read(connection):
    assert [trial.id for trial in trials_since(connection, 1, after=2)] == [3]
    assert [trial.id for trial in trials_since(connection, 1, after=2, also=[1])] == [1, 3]
    assert [trial.id for trial in trials_of(connection, 1, [3, 1, 9])] == [1, 3]
    assert trials_since(connection, 2) == trials_of(connection, 2, [1]) == []


def test_unfinished_trials_are_followed(connection, study):
    assert unfinished(connection, 2) == (-1, {})
    last, found = unfinished(connection, 1)
    assert (last, found) == (3, {2: "RUNNING", 3: "WAITING"})
    study.tell(1, state=TrialState.FAIL)
    study.ask()
    study.ask()
    assert unfinished(connection, 1, last, found) == (4, {3: "RUNNING", 4: "RUNNING"})
    assert unfinished(connection, 1, 4) == (4, {})


def test_parameters_are_inserted_in_their_order(connection, study):
    floats = (
        '{"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": null, "log": false}}'
    )
    parameters = [OptunaParameter("x", 0.25, floats), OptunaParameter("a", 0.5, floats)]
    insert_parameters(connection, 2, parameters)
    insert_parameters(connection, 2, [])
    connection.commit()
    assert trials_of(connection, 1, [2])[0].parameters == parameters
    assert list(study.trials[1].params.items()) == [("x", 0.25), ("a", 0.5)]
