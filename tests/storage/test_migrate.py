from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.objective import parse_objectives
from paretocaps.errors import StorageError
from paretocaps.storage import migrate
from paretocaps.storage.connect import make_engine
from paretocaps.storage.migrate import HEAD, stored_version
from paretocaps.storage.schema import METADATA, PREFIX, VERSION_TABLE
from paretocaps.storage.store import Store


@pytest.fixture(autouse=True)
def _each_migration_is_taken(monkeypatch):
    monkeypatch.setattr(migrate, "_upgrade", migrate._upgrade.__wrapped__)


def migrated(path: Path):
    url = f"sqlite:///{path}"
    Store.open(url, create=True).close()
    return make_engine(url, create=False)


def schema_of(connection) -> dict[str, object]:
    """Describe everything that `compare_metadata` looks past on SQLite: checks, keys, uniqueness."""
    inspector = inspect(connection)
    return {
        name: (
            sorted(map(str, inspector.get_check_constraints(name))),
            inspector.get_pk_constraint(name)["constrained_columns"],
            sorted(map(str, inspector.get_unique_constraints(name))),
            sorted(map(str, inspector.get_foreign_keys(name))),
            [
                (column["name"], str(column["type"]), column["nullable"])
                for column in inspector.get_columns(name)
            ],
        )
        for name in inspector.get_table_names()
        if name != VERSION_TABLE
    }


def test_the_migrations_make_the_schema(tmp_path):
    engine = migrated(tmp_path / "migrated.db")
    plain = create_engine(f"sqlite:///{tmp_path}/plain.db")
    METADATA.create_all(plain)
    with engine.connect() as connection, plain.connect() as wanted:
        assert schema_of(connection) == schema_of(wanted)
        options = {"version_table": VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []
        assert stored_version(connection) == HEAD
    engine.dispose()
    plain.dispose()


def test_a_database_of_the_first_version_keeps_its_rows(tmp_path):
    url = f"sqlite:///{tmp_path}/old.db"
    engine = make_engine(url, create=True)
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        command.upgrade(_config(connection), "0001")
        connection.exec_driver_sql(
            "INSERT INTO paretocaps_studies (id, name, created, spec) VALUES (1, 's', '2026-01-01', '{}')"
        )
        connection.exec_driver_sql(
            "INSERT INTO paretocaps_trials (id, study_id, number, state, choices, created)"
            " VALUES (1, 1, 0, 'finished', '{\"a\":1}', '2026-01-01')"
        )
        connection.exec_driver_sql(
            "INSERT INTO paretocaps_attempts (trial_id, seed, attempt, state, acc, time, wall, params,"
            " best_epoch, device_name, device_kind, torch, shared, started) VALUES"
            " (1, 7, 1, 'finished', 0.5, 2.0, 3.0, 9, 1, 'cpu', 'cpu', '2.12', 1, '2026-01-01')"
        )
    engine.dispose()
    with Store.open(url, create=False) as store:
        (attempt,) = store.trial("s", 0).attempts
        table = store.table("s", ["acc", "time"])
        assert (store.study("s").facts, store.study("s").without_effect) == (None, ())
    assert attempt.measurement == Measurement(
        acc=0.5,
        best_epoch=1,
        time=2,
        wall=3,
        params=9,
        device=Device(name="cpu", kind="cpu", torch="2.12", shared=True),
    )
    assert table.values.tolist() == [[0.5, 2.0]]
    assert (table.shared.tolist(), table.loaded.tolist()) == ([True], [False])
    engine = make_engine(url, create=False)
    with engine.connect() as connection:
        assert stored_version(connection) == HEAD
        flags = connection.exec_driver_sql("SELECT trial, shared, loaded FROM paretocaps_results").all()
    engine.dispose()
    assert flags == [(0, 1, 0)]


def test_fronts_of_older_versions_are_ranked_anew_and_keep_their_history(tmp_path):
    url = f"sqlite:///{tmp_path}/old.db"
    engine = make_engine(url, create=True)
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        command.upgrade(_config(connection), "0003")
        connection.exec_driver_sql(
            "INSERT INTO paretocaps_studies (id, name, created, spec) VALUES (1, 's', '2026-01-01', '{}')"
        )
        for key, day in ((1, "02"), (2, "04")):
            connection.exec_driver_sql(
                "INSERT INTO paretocaps_trials (id, study_id, number, state, choices, created, ended)"
                f" VALUES ({key}, 1, {key - 1}, 'finished', '{{}}', '2026-01-01', '2026-01-{day} 00:00:00')"
            )
            connection.exec_driver_sql(
                "INSERT INTO paretocaps_attempts (trial_id, seed, attempt, state, acc, time, wall, params,"
                " best_epoch, device_name, device_kind, torch, shared, started) VALUES"
                f" ({key}, 7, 1, 'finished', 0.6, 4.0, 9.0, 9, 2, 'cpu', 'cpu', '2.12', 0, '2026-01-01')"
            )
            connection.exec_driver_sql(
                "INSERT INTO paretocaps_fronts (id, study_id, objectives, hypervolume, created)"
                f" VALUES ({key}, 1, 'acc,time', {key}.5, '2026-01-{day} 00:00:01')"
            )
    engine.dispose()
    objectives = parse_objectives("acc,time")
    with Store.open(url, create=False) as store:
        assert store.stored_front("s", objectives, ["acc"]) is None
        steps = store.front_history("s", objectives)
    assert [(step.trials, step.hypervolume) for step in steps] == [(1, 1.5), (2, 2.5)]


def test_epochs_from_before_the_validation_loss_keep_and_answer_views(tmp_path):
    url = f"sqlite:///{tmp_path}/old.db"
    engine = make_engine(url, create=True)
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        command.upgrade(_config(connection), "0002")
        connection.exec_driver_sql(
            "INSERT INTO paretocaps_studies (id, name, created, spec) VALUES (1, 's', '2026-01-01', '{}')"
        )
        connection.exec_driver_sql(
            "INSERT INTO paretocaps_trials (id, study_id, number, state, choices, created)"
            " VALUES (1, 1, 0, 'finished', '{}', '2026-01-01')"
        )
        connection.exec_driver_sql(
            "INSERT INTO paretocaps_attempts (id, trial_id, seed, attempt, state, acc, time, wall, params,"
            " best_epoch, device_name, device_kind, torch, shared, started) VALUES"
            " (5, 1, 7, 1, 'finished', 0.6, 4.0, 9.0, 9, 2, 'cpu', 'cpu', '2.12', 0, '2026-01-01')"
        )
        for epoch, acc in ((1, 0.5), (2, 0.6)):
            connection.exec_driver_sql(
                "INSERT INTO paretocaps_epochs (attempt_id, epoch, steps, batch_size, learning_rate,"
                " train_loss, acc, seconds, time, wall, params, macs, network) VALUES"
                f" (5, {epoch}, 9, 8, 0.1, 0.3, {acc}, 2.0, {2.0 * epoch}, 3.0, 9, 9, 0)"
            )
    engine.dispose()
    with Store.open(url, create=False) as store:
        (attempt,) = store.trial("s", 0).attempts
        table = store.table("s", ["time_to(acc=0.6)", "epochs_to(acc=0.5)", "epoch_time"])
    assert [(record.train_loss, record.val_loss) for record in attempt.epochs] == [(0.3, None)] * 2
    assert table.values.tolist() == [[4.0, 1.0, 2.0]]


def test_failures_from_before_they_said_whether_to_try_again_are_told_by_their_wording(tmp_path):
    url = f"sqlite:///{tmp_path}/old.db"
    engine = make_engine(url, create=True)
    reasons = [
        "worker ended by signal 9 (killed; out of memory?)",
        "'w.pt' cannot be written: No space left on device: free some space",
        "loss=nan is not a finite number",
    ]
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        command.upgrade(_config(connection), "0003")
        connection.exec_driver_sql(
            "INSERT INTO paretocaps_studies (id, name, created, spec) VALUES (1, 's', '2026-01-01', '{}')"
        )
        for number, reason in enumerate(reasons):
            connection.exec_driver_sql(
                "INSERT INTO paretocaps_trials (study_id, number, state, choices, design, reason, created)"
                " VALUES (1, ?, 'failed', '{}', ?, ?, '2026-01-01')",
                (number, f"design {number}", reason),
            )
    engine.dispose()
    with Store.open(url, create=False) as store:
        assert [trial.may_pass for trial in store.changes("s")[1]] == [True, True, False]
        assert [trial.reason for trial in store.trials("s")] == reasons


def _config(connection=None) -> Config:
    config = Config(attributes={} if connection is None else {"connection": connection})
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    return config


def test_the_head_is_the_newest_migration():
    assert ScriptDirectory.from_config(_config()).get_heads() == [HEAD]


def test_all_our_tables_carry_the_prefix():
    assert all(name.startswith(PREFIX) for name in METADATA.tables)
    targets = {key.column.table.name for table in METADATA.tables.values() for key in table.foreign_keys}
    assert all(name.startswith(PREFIX) for name in targets)


def test_a_newer_database_is_refused_in_one_line(url):
    engine = make_engine(url, create=False)
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    engine.dispose()
    for create in (True, False):
        with pytest.raises(
            StorageError, match=f"newer paretocaps .*'9999'.*up to '{HEAD}'.*upgrade"
        ) as caught:
            Store.open(url, create=create)
        assert "\n" not in str(caught.value)


def test_a_database_of_optuna_alone_has_no_studies(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/optuna.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('v3.2.0.a')")
    url = f"sqlite:///{tmp_path}/optuna.db"
    with pytest.raises(StorageError, match="holds no studies: run `paretocaps optimize` first"):
        Store.open(url, create=False)
    Store.open(url, create=True).close()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "v3.2.0.a"
        assert stored_version(connection) == HEAD
    engine.dispose()


def test_the_migrations_can_be_taken_back(tmp_path):
    engine = migrated(tmp_path / "x.db")
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        command.downgrade(_config(connection), "base")
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == [VERSION_TABLE]
        assert inspect(connection).get_view_names() == []
    engine.dispose()
