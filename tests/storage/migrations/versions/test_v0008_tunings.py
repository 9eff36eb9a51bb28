import json

import pytest
from sqlalchemy import inspect


@pytest.fixture
def version(database, trial, attempt):
    database.migrate("upgrade", "0007")
    database.run(*trial, attempt(1))
    return database


def test_older_rows_have_no_tunings_slots_or_cpu_seconds(version):
    version.migrate("upgrade", "0008")
    assert version.run("SELECT name, slots FROM paretocaps_studies") == [("s", None)]
    columns = "acc, tunings, retuned, cpu_time, taken, replaced"
    assert version.run(f"SELECT {columns} FROM paretocaps_attempts") == [(0.5, *[None] * 5)]
    results = version.run("SELECT study, acc, cpu_time, retuned FROM paretocaps_results")
    assert results == [("s", 0.5, None, 0)]
    assert version.run("SELECT count(*) FROM paretocaps_tunings") == [(0,)]


def test_a_training_that_a_quieter_one_replaced_is_no_result(version, attempt):
    version.migrate("upgrade", "0008")
    version.run(attempt(2, attempt=2, acc=0.75))
    version.run("UPDATE paretocaps_attempts SET replaced = TRUE WHERE attempt = 2")
    assert version.run("SELECT acc FROM paretocaps_results") == [(0.5,)]


def test_studies_with_fewer_training_images_go_on_validating_on_all(version):
    version.run("""UPDATE paretocaps_studies SET spec = '{"limit_train": 100, "epochs": 2}'""")
    version.migrate("upgrade", "0008")
    (spec,) = version.run("SELECT spec FROM paretocaps_studies")[0]
    assert json.loads(spec) == {"limit_train": 100, "epochs": 2, "limit_validation": "all"}
    version.migrate("downgrade", "0007")
    (spec,) = version.run("SELECT spec FROM paretocaps_studies")[0]
    assert json.loads(spec) == {"limit_train": 100, "epochs": 2}


def test_it_can_be_taken_back(version):
    version.migrate("upgrade", "0008")
    version.migrate("downgrade", "0007")
    assert version.run("SELECT study, partial FROM paretocaps_results") == [("s", 0)]
    with version.connected() as connection:
        assert "paretocaps_tunings" not in inspect(connection).get_table_names()
        names = [
            column["name"]
            for table in ("paretocaps_studies", "paretocaps_attempts")
            for column in inspect(connection).get_columns(table)
        ]
    assert not {"slots", "tunings", "retuned", "cpu_time", "taken", "replaced"} & set(names)
