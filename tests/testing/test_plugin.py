import os
import subprocess
import sys

import pytest

from paretocaps.domain.trainer import TRAINERS
from paretocaps.testing.plugin import plug_in, write_plugin

FIND = "import sys; from paretocaps.domain.trainer import TRAINERS; print(TRAINERS.get(sys.argv[1]).name)"


def test_a_plugin_is_found_here_and_in_other_processes(tmp_path):
    known = list(TRAINERS)
    folder = write_plugin(
        tmp_path / "plugin",
        "two-trainers",
        {"paretocaps.trainers": {"one": "paretocaps.testing.probe:PROBE"}, "elsewhere": {"x": "y:z"}},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", "/first", prepend=os.pathsep)
        plug_in(patch, folder)
        assert os.environ["PYTHONPATH"].split(os.pathsep)[:2] == [str(folder), "/first"]
        assert TRAINERS.get("one").name == "probe"
        command = [sys.executable, "-c", FIND, "one"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "probe\n"
    assert list(TRAINERS) == known
