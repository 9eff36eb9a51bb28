import torch

from paretocaps.domain.measurement import EpochRecord
from paretocaps.training.ranks import ALONE, Ranks
from paretocaps.training.settled import cpu_seconds, cpu_time, settled_device, settled_records
from paretocaps.training.stopwatch import Stopwatch
from paretocaps.training.taken_time import TakenTime

CPU = torch.device("cpu")


class Pair(Ranks):
    """Two ranks that count the same."""

    def total(self, value: torch.Tensor) -> torch.Tensor:
        return 2 * value


def test_records_have_the_final_seconds(monkeypatch):
    watch = Stopwatch(CPU)
    monkeypatch.setattr(watch, "seconds", lambda: {1: 2.0, 2: 3.0})
    records = [EpochRecord(epoch=n, acc=0.5, seconds=9.0, time=9.0, wall=9.0) for n in (1, 2)]
    assert [(one.seconds, one.time) for one in settled_records(records, watch)] == [(2.0, 2.0), (3.0, 5.0)]


def test_cpu_seconds_of_epochs_and_ranks_are_added_up(monkeypatch):
    watch = Stopwatch(CPU)
    monkeypatch.setattr(watch, "cpu_seconds", lambda: {1: 1.0, 2: 2.0, 3: 4.0})
    assert cpu_time(watch, 2, ALONE) == 3.0
    assert cpu_time(watch, 3, Pair()) == 14.0
    assert [cpu_seconds(watch, 2, ranks) for ranks in (ALONE, Ranks(size=2))] == [2.0, None]


def test_cpu_seconds_that_were_not_counted_are_none(monkeypatch):
    watch = Stopwatch(CPU)
    monkeypatch.setattr(watch, "cpu_seconds", lambda: None)
    assert cpu_time(watch, 2, ALONE) is None


def test_a_device_has_the_share_that_was_taken():
    told = TakenTime(lambda: None, seconds=4.0, waited=1.0, stolen=1.0, wanted=4.0)
    device = settled_device(CPU, True, 1, Stopwatch(CPU, taken=told))
    assert (device.taken, device.shared, device.loaded) == (0.5, True, False)  # too short to be loaded
    assert settled_device(CPU, False, 1, Stopwatch(CPU, taken=TakenTime(lambda: None))).taken is None
