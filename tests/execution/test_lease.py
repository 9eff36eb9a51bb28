import fcntl
import os
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest

from paretocaps.cores import core_of, one_of_each_core
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.execution import lease as module
from paretocaps.execution import slots
from paretocaps.execution.lease import await_neighbours, is_free, leased, with_lease
from paretocaps.host import machine_folder

ORIGIN = {"storage": "s.db", "identity": "i", "data": "d"}


class WaitsError(Exception):
    """Ends a wait."""


def core():
    return f"core-{core_of(one_of_each_core()[0])}"


def refuse(what, done, total):
    assert (done, total) == (0, 0)
    raise WaitsError(what)


@pytest.fixture(autouse=True)
def _machine(monkeypatch, tmp_path):
    monkeypatch.setenv("PARETOCAPS_HOST_FOLDER", str(tmp_path))


@pytest.fixture
def stranger():
    """A process that lives until the test ends."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid


@pytest.fixture
def measurement():
    device = Device(name="cpu", kind="cpu")
    return Measurement(acc=0.5, best_epoch=1, time=1, wall=2, params=3, device=device)


def test_a_job_that_plays_a_recorded_training_waits_for_no_device(make_job):
    played = make_job(exclusive=True).model_copy(update={"trainer": "replay"})
    with leased(make_job(exclusive=True), refuse), leased(played, refuse) as lease:
        lease.look()
        assert (lease.shared, lease.missing, lease.cores) == (False, [], ())


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_a_job_whose_times_are_compared_has_its_device_for_itself(make_job, first, second):
    with leased(make_job(exclusive=first, origin=ORIGIN), refuse):
        assert not is_free("cpu", second)
        told = f"waits for cpu: process {os.getpid()} of study s trains there"
        with pytest.raises(WaitsError, match=told), leased(make_job(exclusive=second), refuse):
            pass
    assert is_free("cpu", second)
    with leased(make_job(exclusive=second), refuse):
        pass


def test_other_jobs_share_a_device(make_job):
    with leased(make_job(), refuse), leased(make_job(), refuse):
        assert is_free("cpu", False)
        assert not is_free("cpu", True)


def test_devices_are_leased_one_by_one(make_job):
    with leased(make_job(device="cuda:0,cuda:1", exclusive=True), refuse):
        with leased(make_job(device="cuda:2", exclusive=True), refuse):
            pass
        with pytest.raises(WaitsError), leased(make_job(device="cuda:1,cuda:2", exclusive=True), refuse):
            pass
        assert is_free("cuda:2", True)
        assert not is_free("cuda:2,cuda:1", True)


def test_who_waits_is_not_overtaken(make_job):
    waits, go = threading.Event(), threading.Event()

    def wait():
        with leased(make_job(exclusive=True), lambda *_: waits.set()):
            go.wait(10)

    thread = threading.Thread(target=wait)
    with leased(make_job(exclusive=True), refuse):
        thread.start()
        waits.wait(10)
    with pytest.raises(WaitsError), leased(make_job(exclusive=True), refuse):
        pass
    go.set()
    thread.join(10)


def test_others_on_the_device_make_a_measurement_shared(make_job, measurement, stranger):
    with leased(make_job(), refuse) as lease:
        assert with_lease(measurement, lease) == measurement
        signature = machine_folder("devices") / f"{core()}.{stranger}-{module._processes()}"
        signature.write_text("other")
        lease.look()
        signature.unlink()
        assert with_lease(measurement, lease).device.shared


def test_so_do_those_in_other_containers_until_they_are_killed(make_job, measurement):
    signature = machine_folder("devices") / f"{core()}.{os.getpid()}-1"  # there numbers of processes repeat
    with leased(make_job(), refuse) as lease, signature.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_SH)
        assert with_lease(measurement, lease).device.shared
    with leased(make_job(), refuse) as lease:
        assert not with_lease(measurement, lease).device.shared
    assert not signature.exists()


def test_a_process_that_was_killed_holds_nothing(make_job, measurement):
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True)
    signature = machine_folder("devices") / f"{core()}.{int(gone.stdout)}-{module._processes()}"
    signature.touch()
    with leased(make_job(), refuse) as lease:
        assert not with_lease(measurement, lease).device.shared
    assert not signature.exists()


def test_where_the_folder_cannot_be_written_the_job_trains_without(make_job, monkeypatch, measurement):
    def full(*parts):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "machine_folder", full)
    with leased(make_job(exclusive=True), refuse) as lease:
        (remark,) = with_lease(measurement, lease).remarks
    assert remark.startswith("cpu is not leased, others may train on it: [Errno 28]")


def test_a_core_whose_file_cannot_be_opened_leaves_the_others_free(make_job, monkeypatch, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    monkeypatch.setattr(module, "_ways", lambda *_: [((), (first, second))])
    second.mkdir()
    with leased(make_job(exclusive=True), refuse) as lease:
        assert lease.missing
    second.rmdir()
    with leased(make_job(exclusive=True), refuse) as lease:
        assert not lease.missing
    assert is_free("cpu", True)


def test_a_file_that_was_tidied_away_is_leased_anew(make_job, monkeypatch):
    with ExitStack() as held:
        held.enter_context(leased(make_job(exclusive=True), refuse))
        for file in machine_folder("devices").glob("core-*.lock"):
            file.unlink()
        held.enter_context(leased(make_job(exclusive=True), refuse))


@pytest.fixture
def _cores(monkeypatch):
    monkeypatch.setattr(slots, "one_of_each_core", lambda: (0, 1, 2))
    monkeypatch.setattr(module, "core_of", lambda number: number)


@pytest.mark.usefixtures("_cores")
@pytest.mark.parametrize("exclusive", [True, False])
def test_each_job_has_a_slot_for_itself_as_long_as_there_are_some(make_job, exclusive):
    job = make_job(exclusive=exclusive, slot=1)
    with leased(job, refuse) as first, leased(job, refuse) as second:
        assert is_free("cpu", True, slot=1)
        assert not is_free("cpu", False) or not exclusive
        assert not is_free("cpu", True)
        with leased(job, refuse) as third:
            assert (first.cores, second.cores, third.cores) == ((0,), (1,), (2,))
            assert not is_free("cpu", True, slot=1)
            if exclusive:
                told = f"waits for 1 of the cores of cpu: process {os.getpid()} trains there"
                with pytest.raises(WaitsError, match=told), leased(job, refuse):
                    pass
            else:
                with leased(job, refuse) as fourth:
                    assert fourth.cores == (0,)
    assert is_free("cpu", True)


@pytest.mark.usefixtures("_cores")
def test_a_slot_and_its_whole_cpu_exclude_each_other(make_job):
    with leased(make_job(exclusive=True, slot=1), refuse):
        with pytest.raises(WaitsError), leased(make_job(), refuse):
            pass
        assert is_free("cpu", True, slot=1)
    with leased(make_job(exclusive=True), refuse) as whole:
        assert whole.cores == ()
        with pytest.raises(WaitsError), leased(make_job(slot=1), refuse):
            pass


@pytest.mark.usefixtures("_cores")
def test_slots_of_several_cores_share_none(make_job):
    job = make_job(exclusive=True, slot=2)
    with leased(job, refuse) as lease:
        assert lease.cores == (0, 1)
        assert not is_free("cpu", True, slot=2)
        with leased(make_job(exclusive=True, slot=1), refuse) as single:
            assert single.cores == (2,)


@pytest.mark.usefixtures("_cores")
def test_a_slot_waits_for_its_neighbours_only_for_a_moment(make_job, monkeypatch):
    slept = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    monkeypatch.setattr(module.time, "monotonic", lambda: float(len(slept)))
    job = make_job(exclusive=True, slot=1)
    with leased(job, refuse), leased(job, refuse):
        await_neighbours(job)
        assert len(slept) == module._NEIGHBOURS
        with leased(job, refuse):
            await_neighbours(job)
    assert len(slept) == module._NEIGHBOURS


def test_what_a_dead_process_signed_says_nothing_under_an_exclusive_lease(make_job):
    with leased(make_job(exclusive=True), refuse):
        files = list(machine_folder("devices").glob("core-*.lock"))
    for file in files:  # its number is that of another process now
        file.with_suffix(f".{os.getppid()}").write_text("old")
    with leased(make_job(exclusive=True), refuse) as lease:
        lease.look()
        assert not lease.shared
    with leased(make_job(), refuse) as lease:
        assert not lease.shared
