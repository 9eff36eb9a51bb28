"""The probe, with a trainer whose steps take so much time as the test says."""

import pytest

from paretocaps.cores import can_pin, one_of_each_core
from paretocaps.domain.trainer import CheckedData
from paretocaps.errors import TrainingError
from paretocaps.execution import core_probe as module
from paretocaps.execution.core_probe import Found, Took, _alternating, _gain, _undisturbed, probe_cores
from paretocaps.testing.plugin import plug_in, write_plugin

STEPS = """
import dataclasses
import os
import time
from paretocaps.testing.probe import PROBE

TRAINER = dataclasses.replace(PROBE, name="stepping", typical_step="stepping_steps:step")

def step(job, data):
    assert (dict(data.reading), dict(data.facts)) == ({"shape": [1, 8, 8]}, {"training images": 9})
    if job.choices:
        raise ValueError("these choices do not fit")

    def seconds(threads, share):
        assert len(os.sched_getaffinity(0)) == threads
        if threads > 1:
            time.sleep(0.002)
            return 0.002 / float(os.environ["GAIN"])
        until = time.process_time() + 0.002
        while time.process_time() < until:
            pass
        return 0.002

    return seconds
"""

several = pytest.mark.skipif(not can_pin() or len(one_of_each_core()) < 2, reason="needs two cores")
DATA = CheckedData(reading={"shape": [1, 8, 8]}, facts={"training images": 9})


@pytest.fixture
def job(make_job, tmp_path, monkeypatch):
    """Return a job of the trainer, as a function of its choices."""
    folder = write_plugin(
        tmp_path / "steps", "stepping", {"paretocaps.trainers": {"stepping": "stepping_steps:TRAINER"}}
    )
    (folder / "stepping_steps.py").write_text(STEPS)
    plug_in(monkeypatch, folder)
    monkeypatch.setattr(module, "one_of_each_core", lambda: one_of_each_core()[:2])
    return lambda **choices: make_job(choices=choices).model_copy(update={"trainer": "stepping"})


@several
@pytest.mark.parametrize(("gain", "asks_neighbours"), [("1.5", False), ("1.0", True)])
def test_neighbours_count_where_a_second_thread_brings_little(job, monkeypatch, gain, asks_neighbours):
    monkeypatch.setenv("GAIN", gain)
    checks = []
    found = probe_cores(job(), DATA, lambda: checks.append(None))
    assert found.gain == pytest.approx(float(gain))
    assert (found.slowing is not None) == asks_neighbours
    assert checks


@several
def test_a_trainer_that_fails_says_why(job):
    with pytest.raises(TrainingError, match="ValueError: these choices do not fit"):
        probe_cores(job(failure="x"), DATA, lambda: None)


@pytest.mark.parametrize(
    ("found", "splits"),
    [
        (Found(1.19, 1.1), True),
        (Found(0.8, 0.9), True),
        (Found(1.2, 1.0), False),
        (Found(1.0, 1.11), False),
        (Found(1.0), False),
    ],
)
def test_a_cpu_is_split_where_a_second_thread_brings_little_and_neighbours_do_not_slow(found, splits):
    assert found.splits == splits


def test_what_was_found_is_told():
    assert str(Found(1.234)) == "with a second thread a step is 1.23 times as fast"
    told = (
        "with a second thread a step is 1.00 times as fast, and beside busy neighbours it takes 1.10 times as"
        " long"
    )
    assert str(Found(1.0, 1.1)) == told


def test_measurements_alternate_after_a_warm_up():
    taken = []

    def measured(name):
        return lambda: taken.append(name) or Took(len(taken), 0.0)

    found = _alternating(measured("a"), measured("b"))
    assert [(one.wall, other.wall) for one, other in found] == [(3, 4), (5, 6), (7, 8), (9, 10), (11, 12)]
    assert taken == ["a", "b"] * 6


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({(1, 1 / 8): 1.0, (2, 1 / 8): 0.5, (1, 1.0): 6.0, (2, 1.0): 3.0}, 2.0),
        ({(1, 1 / 8): 1.0, (2, 1 / 8): 1.0, (1, 1.0): 4.0, (2, 1.0): 2.0}, 12 / 10),
    ],
)
def test_small_batches_count_as_many_images_as_whole_ones(seconds, expected):
    asked = []

    class Process:
        def step(self, cores, share):
            asked.append(share)
            return Took(seconds[len(cores), share], seconds[len(cores), share])

    assert _gain(Process(), (0, 1)) == pytest.approx(expected)
    assert (1.0 in asked) == (expected < 2)  # a network that gains with few images gains with more


@pytest.mark.parametrize(
    ("alone", "both", "expected"),
    [
        (Took(2.0, 2.0), Took(1.2, 2.2), 1.2),  # quiet
        (Took(2.0, 2.0), Took(1.9, 2.1), 1.9),  # quiet, and most of a step has one thread
        (Took(8.0, 2.0), Took(5.0, 2.4), 1.25),  # each thread has a quarter of its core
        (Took(8.0, 2.0), Took(4.0, 2.4), 1.2),  # the second one happened to have more
    ],
)
def test_what_else_runs_is_left_out(alone, both, expected):
    assert _undisturbed(alone, both) == pytest.approx(expected)
