"""The contract of executors finds out what it promises to."""

import pytest

from paretocaps.domain.measurement import Measurement
from paretocaps.execution.executor import EXECUTORS, Outcome
from paretocaps.execution.inline import InlineExecutor
from paretocaps.testing.executor import ExecutorContract
from paretocaps.testing.plugin import plug_in, write_plugin


class Forgets(InlineExecutor):
    """Leaves nothing in the folder."""

    def wait(self, on_epoch, timeout=None):
        outcomes = super().wait(on_epoch, timeout)
        for outcome in outcomes:
            (outcome.job.folder / "measurement.json").unlink(missing_ok=True)
        return outcomes


class NeverStops(InlineExecutor):
    """Calls the driver, and does not listen."""

    def wait(self, on_epoch, timeout=None):
        return super().wait(lambda *arguments: on_epoch(*arguments) or True, timeout)


class Silent(InlineExecutor):
    """Does not call the driver."""

    def wait(self, on_epoch, timeout=None):
        return super().wait(lambda *_: True, timeout)


class Overbooks(InlineExecutor):
    """Takes a job on beyond its capacity."""

    def submit(self, job):
        self.abort()
        super().submit(job)


class Remembers(InlineExecutor):
    """Hands out an earlier result again."""

    last = None

    def wait(self, on_epoch, timeout=None):
        outcomes = super().wait(on_epoch, timeout)
        if outcomes and isinstance(Remembers.last, Measurement):
            return [Outcome(outcomes[0].job, Remembers.last)]
        Remembers.last = outcomes[0].measurement if outcomes else None
        return outcomes


class Leaks(InlineExecutor):
    """Never closes a file."""

    files: tuple = ()

    def close(self):
        Leaks.files += (open("/dev/null"),)  # noqa: SIM115 - that is the point


LIES = [
    (Forgets, "test_leaves_the_measurement"),
    (NeverStops, "test_stops_when_told"),
    (Silent, "test_trains"),
    (Overbooks, "test_capacity_is_kept"),
    (Remembers, "test_earlier_results_are_not_taken_for_new_ones"),
]


@pytest.fixture
def contract(tmp_path, monkeypatch):
    entries = {"paretocaps.trainers": {"probe": "paretocaps.testing.probe:PROBE"}}
    plug_in(monkeypatch, write_plugin(tmp_path / "plugin", "probe", entries))
    monkeypatch.setattr(EXECUTORS, "_entries", dict(EXECUTORS._entries))
    return ExecutorContract()


@pytest.mark.parametrize(("executor", "test"), LIES)
def test_a_lie_is_found(contract, executor, test, tmp_path):
    EXECUTORS.register("liar", executor)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(contract, test)("liar", tmp_path)


@pytest.mark.parametrize("test", [test for _, test in LIES])
def test_the_truth_passes(contract, test, tmp_path):
    getattr(contract, test)("inline", tmp_path)


def test_a_leak_is_found(contract, tmp_path):
    EXECUTORS.register("leaks", Leaks)
    try:
        with pytest.raises(AssertionError):
            contract.test_leaves_nothing_open("leaks", tmp_path)
    finally:
        for file in Leaks.files:
            file.close()
