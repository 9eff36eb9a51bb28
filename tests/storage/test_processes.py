"""Several processes and one SQLite file: Optuna beside the store, and processes that die."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from paretocaps.storage.store import Store

OPTUNA = """
import sys, optuna
from paretocaps.storage.connect import engine_arguments, prepare_engine
optuna.logging.set_verbosity(optuna.logging.ERROR)
url, count = sys.argv[1], int(sys.argv[2])
storage = optuna.storages.RDBStorage(url, engine_kwargs=engine_arguments(url))
prepare_engine(storage.engine)
study = optuna.create_study(
    study_name="s", storage=storage, directions=["maximize", "minimize"], load_if_exists=True
)
for number in range(count):
    trial = study.ask()
    x = trial.suggest_float("x", 0, 1)
    trial.set_user_attr("design", "none")
    study.tell(trial, [x, 1 - x])
print(len(study.get_trials(deepcopy=False)))
"""

STORE = """
import sys
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.storage.store import Store
url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
epochs = tuple(EpochRecord(epoch=n, acc=0.5, seconds=1, time=n, wall=n) for n in (1, 2, 3))
device = Device(name="cpu", kind="cpu")
measurement = Measurement(acc=0.5, best_epoch=1, time=1, wall=1, params=1, device=device, epochs=epochs)
with Store.open(url, create=True) as store:
    store.create_study(name, {})
    for number in range(count):
        store.start_trial(name, number, {"n": number})
        attempt = store.start_attempt(name, number, 0)
        for epoch in epochs:
            store.record_epochs([(attempt, epoch)])
        store.finish_attempt(attempt, measurement)
        store.finish_trial(name, number)
        assert len(store.table(name, ["acc"])) == number + 1
    print(store.counts(name)["finished"])
"""

# each child dies by its own SIGKILL right after its n-th statement, so the place does not depend on time
DIE = """
import json, os, signal, sys
from sqlalchemy import event
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.storage.store import Store
url = sys.argv[1]
epochs = tuple(EpochRecord(epoch=n, acc=0.5, seconds=1, time=n, wall=n) for n in range(1, 51))
device = Device(name="cpu", kind="cpu")
measurement = Measurement(
    acc=0.5, best_epoch=1, time=1, wall=1, params=1, device=device, epochs=epochs, quantities={"robust": 0.5}
)
with Store.open(url, create=False) as store:
    store.start_trial("s", 0, {})
    attempt = store.start_attempt("s", 0, 0)

def child(statements):
    store = Store.open(url, create=False)
    done = [0]
    @event.listens_for(store._database.engine, "after_cursor_execute")
    def die(*_):
        done[0] += 1
        if done[0] == statements:
            os.kill(os.getpid(), signal.SIGKILL)
    store.finish_attempt(attempt, measurement)
    os._exit(0)

for statements in range(1, 100):
    process = os.fork()
    if process == 0:
        child(statements)
    _, status = os.waitpid(process, 0)
    with Store.open(url, create=False) as store:
        (found,) = store.trial("s", 0).attempts
        robust = len(found.measurement.quantities) if found.measurement else 0
        print(json.dumps([os.WIFSIGNALED(status), found.state, len(found.epochs), robust]))
    if not os.WIFSIGNALED(status):
        break
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def results(*processes: subprocess.Popen[str]) -> list[tuple[str, str]]:
    return [process.communicate(timeout=120) for process in processes]


@pytest.mark.slow
def test_optuna_and_the_store_write_one_file_at_once(tmp_path):
    url = f"sqlite:///{tmp_path}/studies/new.db"
    (tmp_path / "studies").mkdir()
    writers = start(OPTUNA, url, 30), start(STORE, url, "a", 30), start(STORE, url, "b", 30)
    assert results(*writers) == [("30\n", "")] * 3
    assert {path.name for path in (tmp_path / "studies").iterdir()} == {"new.db", "new-artifacts"}


@pytest.mark.slow
def test_many_processes_create_one_database(tmp_path):
    url = f"sqlite:///{tmp_path}/new.db"
    writers = [start(STORE, url, name, 1) for name in "abcd"]
    assert results(*writers) == [("1\n", "")] * 4


@pytest.mark.slow
def test_a_process_killed_while_it_writes_loses_that_write_only(url):
    ((output, errors),) = results(start(DIE, url))
    assert errors == ""
    found = [json.loads(line) for line in output.splitlines()]
    *killed, last = found
    assert len(killed) >= 6
    assert all(outcome == [True, "running", 0, 0] for outcome in killed)
    assert last == [False, "finished", 50, 1]


# the last to close a database removes its log, unless it sees that others have it open
LOOK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM paretocaps_studies").fetchall()
connection.close()
"""


def test_a_database_opened_twice_in_one_process_keeps_its_log_from_others(url):
    """Closing any descriptor of the file, SQLite's or not, would drop all locks that a process has on it."""
    path = Path(url.removeprefix("sqlite:///"))
    with Store.open(url, create=False) as store:
        store.start_trial("s", 0, {})
        Store.open(url, create=False).close()
        subprocess.run([sys.executable, "-c", LOOK, path], check=True)
        store.start_trial("s", 1, {})
        assert path.with_name(path.name + "-wal").exists()
    with Store.open(url, create=False) as store:
        assert store.counts("s")["running"] == 2
