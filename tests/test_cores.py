import math
import os
import subprocess
import sys
import threading

import pytest

from paretocaps import cores as module
from paretocaps.cores import can_pin, core_of, one_of_each_core, part, pinned, processors, quota

pytestmark = pytest.mark.skipif(not can_pin(), reason="this system cannot pin a process")


@pytest.fixture
def first():
    return one_of_each_core()[0]


def test_a_pinned_process_and_all_that_it_starts_keep_to_their_cores(first):
    usable, seen, go = os.sched_getaffinity(0), {}, threading.Event()

    def look(name, event=None):
        if event is not None:
            event.wait(10)
        seen[name] = os.sched_getaffinity(0)

    earlier = threading.Thread(target=look, args=("earlier", go))
    earlier.start()
    with pinned((first,)):
        go.set()
        earlier.join()
        look("own")
        later = threading.Thread(target=look, args=("later",))
        later.start()
        later.join()
        ask = "import os; print(*os.sched_getaffinity(0))"
        child = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
        assert part() == f"1 of {len(usable)}"
        assert first in one_of_each_core()
        assert len(one_of_each_core()) == len({core_of(number) for number in usable})
    assert seen == {"earlier": {first}, "own": {first}, "later": {first}}
    assert child.stdout.split() == [str(first)]
    assert os.sched_getaffinity(0) == usable
    assert part() == ""


def test_pinned_to_nothing_means_not_pinned():
    usable = os.sched_getaffinity(0)
    with pinned(()):
        assert (os.sched_getaffinity(0), part()) == (usable, "")


@pytest.mark.parametrize(
    ("siblings", "expected"),
    [("0-1", (0,)), ("0,2", (0, 1)), ("", (0, 1, 2, 3))],
    ids=["near", "far", "none"],
)
def test_logical_processors_of_one_core_are_one_place(tmp_path, monkeypatch, siblings, expected):
    known = {"0-1": ["0-3"] * 4, "0,2": ["0,2", "1,3", "0,2", "1,3"]}.get(siblings, [])
    for number, text in enumerate(known):
        (tmp_path / str(number)).write_text(text + "\n")
    monkeypatch.setattr(module, "_SIBLINGS", f"{tmp_path}/{{}}")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    assert one_of_each_core() == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, math.inf),
        ({"max": "max 100000\n"}, math.inf),
        ({"max": "150000 100000\n"}, 1.5),
        ({"quota": "-1\n", "period": "100000\n"}, math.inf),
        ({"quota": "200000\n", "period": "100000\n"}, 2.0),
    ],
)
def test_a_container_may_limit_the_time_of_its_cores(tmp_path, monkeypatch, files, expected):
    monkeypatch.setattr(module, "_QUOTA", tmp_path / "max")
    monkeypatch.setattr(module, "_OLDER_QUOTA", (tmp_path / "quota", tmp_path / "period"))
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert quota() == expected


@pytest.mark.parametrize(("limit", "expected"), [(math.inf, 4), (8.0, 4), (2.5, 2), (0.5, 1)])
def test_threads_are_as_many_as_a_container_has_time_for(monkeypatch, limit, expected):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    monkeypatch.setattr(module, "quota", lambda: limit)
    assert processors() == expected
