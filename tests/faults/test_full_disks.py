"""A disk that is full for a while, or for longer than the run waits: a file system of a few megabytes."""

import subprocess
import time
from contextlib import contextmanager

import pytest
from harness.invariants import check


@pytest.fixture
def study(make_study):
    """Return a study whose database and artifacts lie on a small file system of their own."""
    study = make_study(storage="disk/s.db", trials=4, epochs=4, seconds=0.1)
    disk = study.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "none", disk], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    yield study
    study.end()
    subprocess.run(["umount", "--lazy", disk], check=True)


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
