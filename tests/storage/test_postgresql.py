"""The store on PostgreSQL; `make postgres` runs these tests."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, make_url

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.tuning import Tuning
from paretocaps.errors import FencedError, StorageError, UnavailableError
from paretocaps.storage.artifacts import artifacts_folder
from paretocaps.storage.claims import NewTrial
from paretocaps.storage.connect import engine_arguments, make_engine
from paretocaps.storage.migrate import _LOCK
from paretocaps.storage.patience import Patience
from paretocaps.storage.schema import METADATA, VERSION_TABLE
from paretocaps.storage.store import Store

OBJECTIVES = parse_objectives("acc,time")


@pytest.fixture
def url(server, request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where a server's artifacts are by default
    name = f"d{abs(hash(request.node.name))}"
    server.psql(f"CREATE DATABASE {name};")
    return server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def store(url):
    with Store.open(url, create=True) as opened:
        opened.create_study("s", {"objectives": ["acc", "time"]})
        yield opened


def test_a_study_from_start_to_front(store, finish, measure, url):
    finish(0, seed=1, acc=0.8, time=1.0, quantities={"robust": 0.25}, params=2**40)
    finish(0, seed=2, acc=0.9, time=2.0, quantities={"robust": 0.75}, weights="w")
    finish(0, seed=2, acc=1.0, time=3.0, quantities={"robust": 0.75}, weights="w")
    store.start_trial("s", 1, {"ü": 1}, "wab")
    store.start_attempt("s", 1, 0)
    store.interrupt_trial("s", 1, "Ctrl-C")
    assert store.table("s", ["acc", "time", "robust"]).values.tolist() == [[0.9, 2.0, 0.5]]
    assert store.trial("s", 0).attempts[0].measurement == measure(
        acc=0.8, time=1.0, quantities={"robust": 0.25}, params=2**40
    )
    found = [(trial.number, trial.state, trial.choices) for trial in store.trials("s")]
    assert found == [(0, "finished", {"batch_size": 1}), (1, "interrupted", {"ü": 1})]
    store.fix_corners("s", (0.1, 3.3), (1.0, 0.0))
    assert store.study("s").reference_point == (0.1, 3.3)
    front = FrontRecord("s", OBJECTIVES, (0.1, 3.3), 1 / 3, (FrontMember(0, {}, {}),))
    ranked = store.table("s", ["acc"])
    assert [store.save_front(front, ranked), store.save_front(front, ranked)] == ["stored", "unchanged"]
    assert store.stored_front("s", OBJECTIVES, ["acc", "time"]).table.values.tolist() == [[0.9, 2.0]]
    assert [found.key.attempt for found in store.weights_unused("s", [0])] == [1]
    assert store.standing("s").trials["finished"] == 1
    engine = make_engine(url, create=False)
    with engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT seeds, acc, memory FROM paretocaps_results").one()
    engine.dispose()
    assert tuple(row) == (2, pytest.approx(0.9), None)


def test_the_migrations_make_the_schema(store, url):
    engine = make_engine(url, create=False)
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []
        comments = {
            column["name"]: column["comment"]
            for column in inspect(connection).get_columns("paretocaps_attempts")
        }
    engine.dispose()
    assert comments["time"].startswith("s, ")


def test_an_empty_server_database_has_no_studies(url):
    with pytest.raises(StorageError, match="holds no studies"):
        Store.open(url, create=False)


def test_a_name_is_taken_once(store):
    with pytest.raises(StorageError, match="study 's' is already in 'postgresql"):
        store.create_study("s", {})


def test_a_server_that_is_not_there_is_one_line():
    with pytest.raises(
        StorageError, match=r"storage 'postgresql\+psycopg://u:\*\*\*@127.0.0.1:1/d'"
    ) as caught:
        Store.open("postgresql+psycopg://u:secret@127.0.0.1:1/d", create=True)
    assert "\n" not in str(caught.value)


def test_a_connection_that_the_server_ended_is_made_again(store, finish, server):
    finish(0)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'd%';"
    server.psql(end)
    finish(1)
    server.psql(end)
    assert store.counts("s")["finished"] == 2


def test_a_transaction_that_the_server_ended_runs_again(store, server):
    ended = []

    def work(connection):
        if not ended:
            ended.append(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar())
            server.psql(f"SELECT pg_terminate_backend({ended[0]});")
        return connection.exec_driver_sql("SELECT 1").scalar()

    assert store._database.write(work) == 1
    assert len(ended) == 1


def test_drivers_are_fenced_and_claim_each_trial_once(store):
    new = NewTrial(0, {"a": 1}, None, "training", failed=0, seed=5, total=1)
    for token in "ab":
        store.register_driver("s", token, "host", 7)
    a, b = store.as_driver("a"), store.as_driver("b")
    assert a.claim_new("s", new).key.attempt == 1
    assert [b.claim_new("s", new), b.claim_new("s", replace(new, number=1))] == ["taken", "full"]
    assert not b.claim("s", 0)
    assert [other.token for other in store.beat("b")] == ["a"]
    assert store.end_driver("a", "it was silent")
    with pytest.raises(FencedError, match="it was silent"):
        a.interrupt_trial("s", 0)
    assert b.claim("s", 0)
    assert store.changes("s")[1][0].driver == "b"


def test_drivers_that_tune_at_once_use_the_tuning_that_came_first(store):
    measured = [Tuning(threads=number) for number in range(1, 9)]

    def keep(tuning):
        keys = "ab" if tuning.threads % 2 else "ba"
        return store.keep_tunings("s", "cpu", dict.fromkeys(keys, tuning))

    with ThreadPoolExecutor(len(measured)) as pool:
        kept = list(pool.map(keep, measured))
    assert kept == len(measured) * [store.tunings("s")["cpu"]]


def test_many_processes_create_one_database(url):
    code = (
        "import sys; from paretocaps.storage.store import Store\n"
        "with Store.open(sys.argv[1], create=True) as store: store.create_study(sys.argv[2], {})"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, url, name]) for name in "abcd"]
    assert [process.wait(60) for process in processes] == [0] * 4
    with Store.open(url, create=False) as store:
        assert len(store.study_names()) == 4


def test_artifacts_and_engine_settings(url):
    name = url.split("?")[0].rsplit("/", 1)[1]
    assert artifacts_folder(url) == Path("studies") / f"{name}-artifacts"
    assert engine_arguments(url)["pool_pre_ping"]


def test_a_study_is_copied_renamed_and_deleted_with_optunas(store, finish, url):
    storage = optuna.storages.RDBStorage(url)
    made = optuna.create_study(study_name="s", storage=storage, directions=["maximize", "minimize"])
    for number in range(2):
        trial = made.ask({"batch_size": optuna.distributions.IntDistribution(1, 9)})
        made.tell(trial, [0.5, 1.0])
        finish(number, acc=0.5)
    made.ask()
    store.start_trial("s", 2, {})
    store.start_attempt("s", 2, 0)
    store.copy_study("s", "copy")
    store.rename_study("copy", "new")
    copied = optuna.load_study(study_name="new", storage=storage)
    assert [trial.state.name for trial in copied.trials] == ["COMPLETE", "COMPLETE", "FAIL"]
    assert [trial.params for trial in copied.trials[:2]] == [trial.params for trial in made.trials[:2]]
    assert [trial.state for trial in store.trials("new")] == ["finished", "finished", "failed"]
    store.delete_study("s")
    assert optuna.get_all_study_names(storage) == ["new"]
    storage.remove_session()
    storage.engine.dispose()
    assert store.study_names() == ["new"]


def test_a_lock_that_another_session_keeps_is_told_after_some_seconds(url, store):
    engine = make_engine(url, create=False)
    with engine.begin() as other:
        other.exec_driver_sql("LOCK TABLE paretocaps_studies")
        with pytest.raises(
            UnavailableError, match=r"due to lock timeout\): wait until that has ended, or end it"
        ):
            store.with_patience(Patience(0.0)).create_study("t", {})
    engine.dispose()
    store.create_study("t", {})


def test_a_timeout_of_locks_that_the_user_set_is_kept(url, store):
    wanted = make_url(url).update_query_dict({"options": "-c lock_timeout=77s"})
    engine = make_engine(wanted.render_as_string(hide_password=False), create=False)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "77s"
    engine.dispose()


def test_who_finds_a_migration_under_way_waits_for_its_end(url):
    engine = make_engine(url, create=False)
    with ThreadPoolExecutor(1) as pool, engine.begin() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        opened = pool.submit(Store.open, url, create=True, patience=Patience(0.0))
        time.sleep(5.5)  # longer than other locks are waited for
        assert not opened.done()
        other.rollback()
        opened.result(60).close()
    engine.dispose()
