import os
import subprocess
import sys

import pytest

from paretocaps.host import host_folder
from paretocaps.search.driver_file import DriverFile, tidy

TOKEN = "0123456789abcdef"
DIE = """
import os, sys
from paretocaps.search.driver_file import DriverFile
file = DriverFile(sys.argv[1])
with file.held():
    for name in sys.argv[2:]:
        getattr(file, name)()
    os._exit(0)
"""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PARETOCAPS_HOST_FOLDER", str(tmp_path))


def files():
    return list(host_folder("drivers").iterdir())


def test_a_driver_is_known_to_run_until_its_file_is_free():
    file = DriverFile(TOKEN)
    assert file.locker() is None
    assert not file.is_free()
    with file.held():
        for change in (lambda: None, file.registered, file.ends):
            change()
            assert file.locker() == os.getpid()
            assert not file.is_free()
            tidy()
    assert file.is_free()
    assert file.locker() is None
    file.remove()
    assert not files()


@pytest.mark.parametrize(
    ("steps", "stays"), [([], False), (["registered"], True), (["registered", "ends"], False)]
)
def test_only_the_file_of_one_whose_row_may_live_stays_after_its_death(steps, stays):
    subprocess.run([sys.executable, "-c", DIE, TOKEN, *steps], check=True)
    assert DriverFile(TOKEN).is_free()
    tidy()
    assert bool(files()) == stays
    assert DriverFile(TOKEN).is_free() == stays


def test_a_folder_that_cannot_be_used_stops_nobody(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PARETOCAPS_HOST_FOLDER", str(tmp_path / "file" / "folder"))
    file = DriverFile(TOKEN)
    with file.held():
        file.registered()
        assert not file.ends()
        file.remove()
        tidy()
    assert not file.is_free()
