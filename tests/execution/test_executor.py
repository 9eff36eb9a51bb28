import pytest

from paretocaps.domain.failure import Failure
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.errors import UnknownNameError
from paretocaps.execution.executor import EXECUTORS, Outcome


def measurement():
    return Measurement(acc=0.5, best_epoch=1, time=1, wall=2, params=3, device=Device(name="cpu", kind="cpu"))


def test_an_outcome_has_one_of_two(make_job):
    measured, failed = Outcome(make_job(), measurement()), Outcome(make_job(), Failure("no"))
    assert (measured.measurement, measured.failure) == (measurement(), None)
    assert (failed.measurement, failed.failure) == (None, Failure("no"))


def test_an_unknown_executor_is_named():
    with pytest.raises(UnknownNameError, match="unknown executor 'process': did you mean 'processes'"):
        EXECUTORS.get("process")
