"""A disk that is full or read-only for a while, or for longer than the run waits.

Most tests mount a small file system. One that is written cannot be mounted read-only. So a disk that the
kernel makes read-only under open files, as it does after an error, is one whose writes fail
(`harness/read_only_disk.c`).
"""

import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.forks import Forks
from harness.invariants import check
from harness.study import Study

READ_ONLY = Path(__file__).parent / "harness" / "read_only_disk.c"


def mount(*words):
    mounted = subprocess.run(["mount", *words], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")


@contextmanager
def small_disk(study):
    disk = study.folder / "disk"
    disk.mkdir()
    mount("-t", "tmpfs", "-o", "size=4m,mode=0700", "none", disk)
    try:
        yield study
    finally:
        study.end()
        subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture
def study(make_study):
    """Return a study whose database and artifacts lie on a small file system of their own."""
    with small_disk(make_study(storage="disk/s.db", trials=4, epochs=4, seconds=0.1)) as study:
        yield study


@pytest.fixture
def apart(make_study):
    """Return a study of which only the artifacts lie on a small file system."""
    options = ["--artifacts", "disk/artifacts", "--retries", "0"]
    with small_disk(make_study(trials=4, epochs=4, seconds=0.1, options=options)) as study:
        yield study


@contextmanager
def full(study):
    """Fill the disk to its last byte inside a `with` block."""
    ballast = study.folder / "disk" / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def read_only(study):
    """Mount the disk a second time, read-only, over itself inside a `with` block."""
    disk = study.folder / "disk"
    mount("--bind", disk, disk)
    mount("-o", "remount,bind,ro", disk)
    try:
        yield
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_run_waits_for_space(study):
    driver = study.start()
    study.until("SELECT 1 FROM paretocaps_trials WHERE state = 'finished'")
    with full(study):
        time.sleep(2)
        assert not driver.ended, driver.said
    assert driver.wait() == 0, driver.said
    check(study)


def test_a_disk_that_stays_full_ends_the_run_with_the_remedy(study):
    driver = study.start("--storage-patience", "1s")
    study.until("SELECT 1 FROM paretocaps_trials WHERE state = 'finished'")
    with full(study):
        assert driver.wait() == 1
    assert "free some space" in driver.said.strip().splitlines()[-1]
    assert "Traceback" not in driver.said
    study.complete()
    check(study)


def finished(study):
    return [row for (row,) in study.rows("SELECT number FROM paretocaps_trials WHERE state = 'finished'")]


@pytest.mark.parametrize(("away", "why"), [(full, "free some space"), (read_only, "make its disk writable")])
def test_trainings_wait_for_the_disk_of_their_files(apart, away, why):
    driver = apart.start()
    apart.until(lambda: finished(apart))
    with away(apart):
        apart.until(lambda: "(it is waited for, 10m at most)" in driver.said)
        before, attempts = finished(apart), len(apart.rows("SELECT id FROM paretocaps_attempts"))
        time.sleep(2)
        assert len(apart.rows("SELECT id FROM paretocaps_attempts")) == attempts, "it was tried in vain"
        assert not driver.ended, driver.said
    assert driver.wait() == 0, driver.said
    assert why in driver.said
    assert len(before) < apart.trials
    check(apart)


@pytest.mark.parametrize(("away", "why"), [(full, "free some space"), (read_only, "make its disk writable")])
def test_a_disk_of_trainings_that_stays_so_ends_the_run_with_the_remedy(apart, away, why):
    driver = apart.start("--storage-patience", "1s")
    apart.until(lambda: finished(apart))
    with away(apart):
        assert driver.wait() == 1, driver.said
    assert f"{why}, then run the same command again" in driver.said.strip().splitlines()[-1]
    assert "Traceback" not in driver.said
    apart.complete()
    check(apart)


@pytest.fixture(scope="module")
def forks_on_the_disk(tmp_path_factory):
    """What starts drivers whose database can become read-only while it is open."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("there is no C compiler")
    library = tmp_path_factory.mktemp("library") / "read_only_disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, READ_ONLY, "-ldl"], check=True)
    with Forks(LD_PRELOAD=str(library)) as forks:
        yield forks


@pytest.fixture
def open_study(forks_on_the_disk, tmp_path):
    """A study whose database is read-only while the file `read-only` exists."""
    sign = {"READ_ONLY_SIGN": str(tmp_path / "read-only"), "READ_ONLY_NAME": "/s.db"}
    study = Study(forks_on_the_disk, tmp_path, trials=4, epochs=4, seconds=0.1, environment=sign)
    yield study
    study.end()


@pytest.mark.slow
def test_a_run_waits_for_a_disk_that_becomes_read_only_under_its_database(open_study):
    driver = open_study.start()
    open_study.until(lambda: finished(open_study))
    sign = open_study.folder / "read-only"
    sign.touch()
    open_study.until(lambda: "waiting up to 10m for storage" in driver.said)
    before = finished(open_study)
    time.sleep(2)
    assert finished(open_study) == before
    assert not driver.ended, driver.said
    sign.unlink()
    assert driver.wait() == 0, driver.said
    assert len(before) < open_study.trials
    check(open_study)


def test_a_disk_that_stays_read_only_under_a_database_ends_the_run_with_the_remedy(open_study):
    driver = open_study.start("--storage-patience", "1s")
    open_study.until(lambda: finished(open_study))
    sign = open_study.folder / "read-only"
    sign.touch()
    assert driver.wait() == 1, driver.said
    assert "make it writable, then run the same command again" in driver.said.strip().splitlines()[-1]
    assert "Traceback" not in driver.said
    sign.unlink()
    open_study.complete()
    check(open_study)
