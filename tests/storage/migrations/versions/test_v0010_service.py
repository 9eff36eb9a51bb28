import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

ADDED = ("submissions", "events", "audit")


@pytest.fixture(params=["database", pytest.param("server_database", marks=pytest.mark.postgres)])
def version(request, trial, attempt):
    database = request.getfixturevalue(request.param)
    database.migrate("upgrade", "0009")
    database.run(*trial, attempt(1))
    database.migrate("upgrade", "0010")
    return database


def submission(study="s", kind="study", state="queued"):
    return (
        "INSERT INTO paretocaps_submissions (kind, study, options, state, owner, priority, trials, submitted,"
        f" seconds, turn, heard, beat, lost, result) VALUES ('{kind}', '{study}', '{{}}', '{state}', 'me', 0,"
        " 9, '2026-01-01', 0, 0, 0, 0, 0, '{}')"
    )


def test_older_rows_stay_and_nothing_is_known_of_what_happened_before(version):
    assert version.run("SELECT study, acc FROM paretocaps_results") == [("s", 0.5)]
    for table in ADDED:
        assert version.run(f"SELECT count(*) FROM paretocaps_{table}") == [(0,)]


def test_one_submission_at_the_most_runs_a_study(version):
    version.run(submission(state="ended"), submission(state="paused"), submission(kind="export"))
    version.run(submission(study="other"))
    with pytest.raises(
        IntegrityError, match=r"paretocaps_submissions\.study|uq_paretocaps_submissions_active"
    ):
        version.run(submission())
    with pytest.raises(IntegrityError, match="ck_paretocaps_submissions_state"):
        version.run(submission(state="waiting"))


def test_the_tables_can_be_taken_back(version):
    version.run(submission())
    version.migrate("downgrade", "0009")
    with version.connected() as connection:
        tables = set(inspect(connection).get_table_names())
    assert not tables & {f"paretocaps_{table}" for table in ADDED}
