"""Databases that older versions wrote are migrated, keep every value, and their studies go on.

`older/` has one of every version of the tables, as an SQLite file and as a dump of PostgreSQL. Each was
written by the last code of that version, with real trainings:

    paretocaps optimize --study old --epochs 2 --limit-train 100 --fix primary_capsules=2 --repeats 2
        --design baseline --design ws --sampler random --seed 1 --trials 3

and then with `--trials 6`, ended by Ctrl-C in the fourth trial.
"""

import lzma
import subprocess
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from paretocaps import service
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.storage.connect import make_engine
from paretocaps.storage.migrate import HEAD, stored_version
from paretocaps.storage.schema import METADATA, PREFIX, VERSION_TABLE
from paretocaps.storage.store import Store

OLDER = Path(__file__).parent / "older"
VERSIONS = sorted(file.name.removesuffix(".db.xz") for file in OLDER.glob("*.db.xz"))
TRIALS = "SELECT number, state, choices, design, reason FROM paretocaps_trials ORDER BY number"
ATTEMPTS = (
    "SELECT number, seed, attempt, attempts.state, acc, time, wall, params, macs, test_acc, best_epoch"
    " FROM paretocaps_attempts attempts JOIN paretocaps_trials trials ON trials.id = trial_id"
    " ORDER BY number, seed, attempt"
)
EPOCHS = "SELECT epoch, steps, train_loss, acc, seconds FROM paretocaps_epochs ORDER BY attempt_id, epoch"
PARAMETERS = "SELECT trial_id, param_name, param_value FROM trial_params ORDER BY param_id"  # Optuna's


@pytest.fixture
def sqlite_url(tmp_path):
    """A function that returns the URL of an SQLite file of a version."""

    def made(version):
        (tmp_path / "old.db").write_bytes(lzma.decompress((OLDER / f"{version}.db.xz").read_bytes()))
        return f"sqlite:///{tmp_path}/old.db"

    return made


@pytest.fixture
def server_url(server, tmp_path, request, monkeypatch):
    """A function that returns the URL of a PostgreSQL database of a version."""
    monkeypatch.chdir(tmp_path)  # where a server's artifacts are by default

    def made(version):
        name = f"old_{version}_{abs(hash(request.node.name))}"
        server.psql(f"CREATE DATABASE {name};")
        dump = tmp_path / "old.sql"
        dump.write_bytes(lzma.decompress((OLDER / f"{version}.sql.xz").read_bytes()))
        url = server.get_uri(database=name)
        psql = [server.bin_path / "psql", url, "--quiet", "--set", "ON_ERROR_STOP=1", "--file", dump]
        subprocess.run(psql, check=True, stdout=subprocess.DEVNULL)
        return url

    return made


def rows(url, *queries):
    engine = make_engine(url, create=True)
    with engine.connect() as connection:
        found = [[tuple(row) for row in connection.exec_driver_sql(query)] for query in queries]
        version = stored_version(connection)
    engine.dispose()
    return version, found


def is_ours(name, kind, parents):
    return kind != "table" or name.startswith(PREFIX)


def check(url, version):
    before, old = rows(url, TRIALS, ATTEMPTS, EPOCHS, PARAMETERS)
    assert before == version != HEAD
    Store.open(url, create=True).close()
    after, new = rows(url, TRIALS, ATTEMPTS, EPOCHS, PARAMETERS)
    assert (after, new) == (HEAD, old)
    trials, attempts, *_ = new
    assert [state for _, state, *_ in trials[:3]] == ["finished"] * 3
    assert trials[3][1] in ("interrupted", "running")  # the driver ended before it could say so
    engine = make_engine(url, create=False)
    with engine.connect() as connection:
        options = {"version_table": VERSION_TABLE, "include_name": is_ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []
        assert inspect(connection).get_view_names() == ["paretocaps_results"]
    engine.dispose()
    frame = service.load_trials("old", url)
    assert frame["state"].tolist() == [state for _, state, *_ in trials]
    for number in range(3):
        seeds = [attempt for attempt in attempts if attempt[0] == number]
        assert [seed for _, seed, *_ in seeds] == [1, 2]
        assert frame["acc"][number] == pytest.approx(sum(acc for *_, acc, _, _, _, _, _, _ in seeds) / 2)
    assert len(service.load_front("old", url, require=())) > 0


@pytest.fixture
def instant(monkeypatch):
    """Trainings of the built-in trainer take no time."""

    def train(job, on_epoch):
        device = Device(name="made up", kind="cpu")
        return Measurement(acc=0.5, best_epoch=1, time=1.0, wall=1.0, params=9, device=device)

    monkeypatch.setattr("paretocaps.training.train.train", train)


def check_going_on(url):
    _, (old,) = rows(url, ATTEMPTS)
    with Store.open(url, create=True) as store:  # what trains here has no slots
        spec = store.study("old").spec
        store.set_spec("old", {name: value for name, value in spec.items() if name != "threads"})
    found = service.optimize(
        {"study": "old", "storage": url, "executor": "inline", "device": "cpu", "require": ()}, more=1
    )
    assert (found.finished, found.failed) == (4, 0)
    _, (trials, attempts) = rows(url, TRIALS, ATTEMPTS)
    assert [(number, state) for number, state, *_ in trials] == [(n, "finished") for n in range(4)]
    kept = [attempt for attempt in old if attempt[3] == "finished"]
    assert [attempt for attempt in attempts if attempt in kept] == kept
    assert [seed for number, seed, *_ in attempts if number == 3][-1] == 2


@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_of_an_older_version_keeps_every_value(sqlite_url, version):
    check(sqlite_url(version), version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_database_of_an_older_version_keeps_every_value(server_url, version):
    check(server_url(version), version)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_study_of_an_older_version_goes_on(sqlite_url, instant, version):
    check_going_on(sqlite_url(version))


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_study_of_an_older_version_goes_on_on_a_server(server_url, instant, version):
    check_going_on(server_url(version))


def test_every_version_before_the_newest_has_its_files():
    assert [int(version) for version in VERSIONS] == list(range(1, int(HEAD)))
    assert {file.name for file in OLDER.iterdir()} == {
        f"{version}.{kind}.xz" for version in VERSIONS for kind in ("db", "sql")
    }
