"""The right to train on a device of this machine, among all drivers and studies of a user.

Where a job's times are compared, nothing else may train on its device: its lease is exclusive. Other jobs
share theirs. It is a lock of the operating system (flock) on a file per GPU or core, which is held by the
process that trains and so ends with it, however that ends. A job on a CPU takes all its cores, and a job on a
slot those of any slot that is free. Who waits holds the turn of the GPU or the CPU: nobody overtakes.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from paretocaps.cores import core_of
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.progress import WAITS, OnProgress
from paretocaps.domain.slot import WHOLE
from paretocaps.domain.trainer import TRAINERS
from paretocaps.execution.devices import physical_name
from paretocaps.execution.slots import slots_of
from paretocaps.host import machine_folder

_POLL = 0.2  # s
_NEIGHBOURS = 2.0  # s that a slot waits for its neighbours

Way = tuple[tuple[int, ...], tuple[Path, ...]]
"""Cores to be pinned to (none on a whole device), and the files of what is leased."""


class Lease:
    """The lease of a job's devices.

    Attributes:
        shared: whether another process was seen to have trained on one of the devices meanwhile.
        missing: why a device is not leased, one line each; empty if all are.
        cores: the cores of the job's slot, to which its process is to be pinned; empty on whole devices.
    """

    def __init__(self) -> None:
        self.shared = False
        self.missing: list[str] = []
        self.cores: tuple[int, ...] = ()
        self._files: list[Path] = []

    def hold(self, way: Way) -> None:
        """Note what is leased."""
        self.cores += way[0]
        self._files.extend(way[1])

    def look(self) -> None:
        """Look who else trains on the devices now."""
        others = (holder.is_other for file in self._files for holder in _holders(file))
        self.shared = self.shared or any(others)


@contextmanager
def leased(job: TrainingJob, tell: OnProgress) -> Iterator[Lease]:
    """Hold the lease of every device of `job` inside a `with` block; wait for it, and tell for whom.

    A job trains without a lease where the machine's folder cannot be written, and one that plays a recorded
    training needs none.
    """
    lease = Lease()
    if TRAINERS.get(job.trainer).recorded:
        yield lease
        return
    with ExitStack() as held:
        for device in sorted(set(job.device.split(","))):  # in order: two jobs never wait for each other
            try:
                lease.hold(held.enter_context(_holding(device, job, tell)))
            except OSError as error:
                lease.missing.append(f"{device} is not leased, others may train on it: {error}")
        lease.look()
        yield lease


def await_neighbours(job: TrainingJob) -> None:
    """Wait, for a moment at the longest, until all slots of the machine that `job` may have are taken."""
    deadline = time.monotonic() + _NEIGHBOURS
    with suppress(OSError):
        while time.monotonic() < deadline and any(
            _all_free(files, exclusive=True) for _, files in _ways(job.device, job.slot)
        ):
            time.sleep(_POLL)


def with_lease(measurement: Measurement, lease: Lease) -> Measurement:
    """Return `measurement` with what `lease` says: that its device was shared, or could not be leased."""
    lease.look()
    remarks = (*measurement.remarks, *lease.missing)
    if not lease.shared or measurement.device.shared:
        return measurement.model_copy(update={"remarks": remarks})
    device = measurement.device.model_copy(update={"shared": True})
    return measurement.model_copy(update={"remarks": remarks, "device": device})


def is_free(device: str, exclusive: bool, slot: int | None = None) -> bool:
    """Return whether a job could begin on the `device`, on all of several, or on a slot, at once."""
    try:
        return all(
            any(_all_free(files, exclusive) for _, files in _ways(name, slot)) for name in device.split(",")
        )
    except OSError:
        return True


def _ways(device: str, slot: int | None) -> list[Way]:
    """Return the ways to lease `device`: one, or one for each slot of so many cores."""
    folder = machine_folder("devices")
    if device != "cpu":
        return [((), (folder / f"{physical_name(device)}.lock",))]
    return [
        (
            () if each.name == WHOLE else each.cores,
            tuple(folder / f"core-{core_of(number)}.lock" for number in each.cores),
        )
        for each in slots_of(slot)
    ]


def _all_free(files: tuple[Path, ...], exclusive: bool) -> bool:
    taken = _taken(files, exclusive)
    _release(taken or ())
    return taken is not None


@contextmanager
def _holding(device: str, job: TrainingJob, tell: OnProgress) -> Iterator[Way]:
    """Hold one of the ways to lease `device`, and sign for it."""
    ways = _ways(device, job.slot)
    wait = _Waiting(tell, device, job.slot, ways)
    turn = _acquired([((), (machine_folder("devices") / f"{physical_name(device)}.turn",))], True, wait)[1]
    try:
        way, descriptors = _acquired(ways, job.exclusive, wait)
    finally:
        _release(turn)
    signatures: list[tuple[Path, int]] = []
    try:
        if job.exclusive:  # nobody else can hold them: other signatures are of the dead
            for file in way[1]:
                _forget_holders(file)
        for file in way[1]:
            with suppress(OSError):
                signatures.append(_signed(file, "" if job.origin is None else job.study))
        yield way
    finally:
        for signature, descriptor in signatures:
            signature.unlink(missing_ok=True)
            _release((descriptor,))
        _release(descriptors)


def _signed(file: Path, text: str) -> tuple[Path, int]:
    """Return the signature for `file`, a file that is locked while its process lives, and its descriptor."""
    signature = file.with_suffix(f".{os.getpid()}-{_processes()}")
    descriptor = os.open(signature, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    _locked(descriptor, False)  # another thread may sign the same file
    os.write(descriptor, text.encode())
    return signature, descriptor


def _acquired(ways: list[Way], exclusive: bool, wait: Callable[[], None]) -> tuple[Way, tuple[int, ...]]:
    """Return the first of the `ways` that is free, and the descriptors of its files, locked.

    Where the lease is not exclusive, one that nobody has comes first. Call `wait` as long as others have all.
    """
    while True:
        for alone in dict.fromkeys((True, exclusive)):
            for way in ways:
                taken = _taken(way[1], alone)
                if taken is not None and (exclusive or all(_locked(one, False) for one in taken)):
                    return way, taken
                _release(taken or ())
        wait()
        time.sleep(_POLL)


def _taken(files: tuple[Path, ...], exclusive: bool) -> tuple[int, ...] | None:
    """Return the descriptors of `files`, all locked; None if somebody has one of them.

    Raises:
        OSError: one of them cannot be opened; none is then locked.
    """
    taken: tuple[int, ...] = ()
    try:
        for file in files:
            taken += (os.open(file, os.O_RDWR | os.O_CREAT, 0o600),)
            if not (_locked(taken[-1], exclusive) and _is_at(file, taken[-1])):
                _release(taken)
                return None
    except OSError:
        _release(taken)
        raise
    return taken


def _release(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child that the trainer forked may have it open, too
        os.close(descriptor)


def _locked(descriptor: int, exclusive: bool) -> bool:
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(file: Path, descriptor: int) -> bool:
    """Return whether a locked file is still the one of its name; somebody may have tidied the folder."""
    with suppress(OSError):
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    return False


class Holder(NamedTuple):
    """A process that holds a lease: its number, in which container, and the name of its study."""

    pid: int
    there: str
    study: str

    @property
    def is_other(self) -> bool:
        """Whether it is not this process."""
        return (self.pid, self.there) != (os.getpid(), _processes())


def _holders(file: Path) -> list[Holder]:
    """Return the processes that hold the lease of `file`."""
    found = []
    for signature, pid, there in _signatures(file):
        with suppress(OSError):
            if _runs(pid) if there == _processes() else _is_locked(signature):
                found.append(Holder(pid, there, signature.read_text(encoding="utf-8", errors="replace")))
            else:
                signature.unlink()  # it was killed
    return found


def _is_locked(signature: Path) -> bool:
    descriptor = os.open(signature, os.O_RDWR)
    try:
        return not _locked(descriptor, True)
    finally:
        os.close(descriptor)


def _signatures(file: Path) -> Iterator[tuple[Path, int, str]]:
    """Yield who signed for `file`: a process, and the container whose processes have such numbers."""
    for signature in sorted(file.parent.glob(f"{file.stem}.*")):
        pid, _, there = signature.suffix.removeprefix(".").partition("-")
        if pid.isdecimal():
            yield signature, int(pid), there


def _processes() -> str:
    """Return what tells the numbers of processes that this one sees from those in other containers."""
    with suppress(OSError):
        return str(os.stat("/proc/self/ns/pid").st_ino)
    return ""


def _forget_holders(file: Path) -> None:
    for signature, _, _ in _signatures(file):
        with suppress(OSError):
            signature.unlink()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class _Waiting:
    """Tells for whom a job waits: those who hold the lease, or held it last."""

    def __init__(self, tell: OnProgress, device: str, slot: int | None, ways: list[Way]) -> None:
        self._tell, self._files = tell, [file for _, files in ways for file in files]
        self._what = f"{WAITS}{device}" if slot is None else f"{WAITS}{slot} of the cores of {device}"
        self._told = self._what

    def __call__(self) -> None:
        for holder in [holder for file in self._files for holder in _holders(file)][:1]:
            who = f"process {holder.pid}{f' of study {holder.study}' if holder.study else ''}"
            self._told = f"{self._what}: {who} trains there"
        self._tell(self._told, 0, 0)
