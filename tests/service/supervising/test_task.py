from pathlib import Path

import pytest

from paretocaps.service.supervising.task import Task


@pytest.mark.parametrize("root", [None, Path("/data")])
def test_a_task_goes_through_a_pipe_as_one_line(root):
    task = Task("postgresql://me:secret@host/x", Path("studies/service"), root, "ray", 7, "abc")
    line = task.written()
    assert "\n" not in line
    assert Task.read(line) == task
