import pytest

from paretocaps.cores import can_pin, one_of_each_core, pinned
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.slot import slot_size
from paretocaps.errors import UsageError
from paretocaps.execution import slots as module
from paretocaps.execution.slots import check_slots, slots_of, with_part


@pytest.fixture(autouse=True)
def _cores(monkeypatch):
    monkeypatch.setattr(module, "one_of_each_core", lambda: (0, 1, 2, 5))


@pytest.mark.parametrize(
    ("cores", "expected"),
    [
        (None, {"cpu": (0, 1, 2, 5)}),
        (1, {"core 0": (0,), "core 1": (1,), "core 2": (2,), "core 5": (5,)}),
        (2, {"cores 0-1": (0, 1), "cores 2,5": (2, 5)}),
        (3, {"cores 0-2": (0, 1, 2)}),
        (4, {"cpu": (0, 1, 2, 5)}),
        (9, {"cpu": (0, 1, 2, 5)}),
    ],
)
def test_a_cpu_is_split_into_slots(cores, expected):
    found = slots_of(cores)
    assert {slot.name: slot.cores for slot in found} == expected
    assert slot_size(found) == (None if "cpu" in expected else cores)


def test_slots_of_more_cores_than_there_are_are_refused(monkeypatch):
    check_slots(4)
    with pytest.raises(UsageError, match=r"threads=5: this process may use 4 cores: give 4 or fewer"):
        check_slots(5)
    monkeypatch.setattr(module, "can_pin", lambda: False)
    check_slots(4)
    with pytest.raises(UsageError, match="threads=1: this system cannot pin a process to cores"):
        check_slots(1)


@pytest.mark.skipif(not can_pin(), reason="this system cannot pin a process")
def test_a_device_that_does_not_tell_its_part_is_told_it():
    device = Device(name="mine", kind="cpu")
    measurement = Measurement(acc=0.5, best_epoch=1, time=1, wall=2, params=3, device=device)
    assert with_part(measurement) == measurement
    with pinned(one_of_each_core()[:1]):
        told = with_part(measurement)
        assert told.device.name.startswith("mine (1 of ")
        assert with_part(told) == told
