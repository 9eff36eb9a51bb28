"""Databases of other programs and of other versions, met by the command line."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from harness.invariants import check

from paretocaps.storage import migrate
from paretocaps.storage.connect import make_engine


def run(path, *statements):
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def study(make_study):
    return make_study(trials=2, epochs=1)


def test_a_file_of_another_program_is_refused_and_stays_as_it_is(study):
    run(study.storage, "CREATE TABLE recipes (name TEXT)", "INSERT INTO recipes VALUES ('soup')")
    with open(study.storage, "rb") as file:
        before = file.read()
    driver = study.start()
    assert driver.wait() != 0
    assert "belongs to another program" in driver.said
    with open(study.storage, "rb") as file:
        assert file.read() == before


def test_a_file_that_is_no_database_is_refused_and_stays_as_it_is(study):
    with open(study.storage, "w") as file:
        file.write("notes of a meeting\n" * 200)
    driver = study.start()
    assert driver.wait() != 0
    assert "it is not an SQLite database: name another file" in driver.said
    with open(study.storage) as file:
        assert file.read() == "notes of a meeting\n" * 200


def test_tables_of_a_newer_version_are_refused_and_stay_as_they_are(study):
    study.complete()
    run(study.storage, "UPDATE paretocaps_alembic_version SET version_num = '9999'")
    study.trials = 3
    driver = study.start()
    assert driver.wait() != 0
    assert "was written by a newer paretocaps" in driver.said
    assert study.rows("SELECT count(*) FROM paretocaps_trials") == [(2,)]
    assert study.rows("SELECT version_num FROM paretocaps_alembic_version") == [("9999",)]


def test_a_study_of_the_version_before_goes_on(study):
    study.complete()
    before = [number for (number,) in study.rows("SELECT number FROM paretocaps_trials")]
    with make_engine(study.storage, create=True).connect().execution_options(write=True) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
        with connection.begin():
            command.downgrade(config, "-1")
        connection.engine.dispose()
    study.trials = 4
    study.complete()
    check(study, untold=before)
