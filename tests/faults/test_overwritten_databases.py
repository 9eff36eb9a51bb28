"""A database file that is overwritten in place while a study runs, after its log was moved into it."""

import shutil
from pathlib import Path

import pytest
from harness.invariants import check


def lose(study, change):
    """Change a running study's database file; return the driver's last line, which says what to do."""
    driver = study.start()
    study.until(lambda: len(study.work()) > 4)
    change(Path(study.storage))
    assert driver.wait() == 1, driver.said
    assert "Traceback" not in driver.said
    return driver.said.strip().splitlines()[-1]


def overwrite(path, first, last):
    """Overwrite a part of a file, given as shares of its size, in place."""
    size = path.stat().st_size
    with path.open("r+b") as stream:
        stream.seek(int(size * first))
        stream.write(b"\xa5" * int(size * (last - first)))


@pytest.fixture
def grown(make_study):
    """A study with some trials, whose next run has more to do: its file holds more than its log."""
    study = make_study(trials=3, epochs=1)
    study.complete()
    study.log.unlink()
    study.trials = 8
    study.environment["KNOWN_SECONDS"] = "0.3"
    return study


def complete_anew(study):
    """Complete a study from nothing."""
    for file in study.folder.glob("s.db*"):
        file.unlink()
    shutil.rmtree(study.artifacts)
    study.complete(KNOWN_SECONDS="0")
    check(study)


@pytest.mark.parametrize(("first", "last"), [(0, 0.5), (0.5, 1)])
def test_a_file_that_was_half_overwritten_ends_the_run(grown, first, last):
    said = lose(grown, lambda path: overwrite(path, first, last))
    assert "it is damaged" in said or "it is not an SQLite database" in said
    complete_anew(grown)


@pytest.mark.slow
def test_a_file_over_which_another_database_was_copied_loses_nothing(grown, make_study):
    other = make_study(trials=1, epochs=1)
    other.complete()
    driver = grown.start()
    grown.until(lambda: len(grown.work()) > 4)
    Path(grown.storage).write_bytes(Path(other.storage).read_bytes())
    if driver.wait() == 0:  # SQLite's log had every page that was overwritten
        check(grown)
    else:
        assert "it is damaged" in driver.said or "overwritten" in driver.said
        complete_anew(grown)
