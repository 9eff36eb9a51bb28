"""The right to train on a device of this machine, among all drivers and studies of a user.

Where a job's times are compared, nothing else may train on its device: its lease is exclusive. Other jobs
share theirs. It is a lock of the operating system (flock) on a file per device, which is held by the process
that trains and so ends with it, however that ends. Who waits holds the device's turn: nobody overtakes.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.progress import WAITS, OnProgress
from paretocaps.execution.devices import physical_name
from paretocaps.host import host_folder

_POLL = 0.2  # s


class Lease:
    """The lease of a job's devices.

    Attributes:
        shared: whether another process was seen to have trained on one of the devices meanwhile.
        missing: why a device is not leased, one line each; empty if all are.
    """

    def __init__(self) -> None:
        self.shared = False
        self.missing: list[str] = []
        self._files: list[Path] = []

    def hold(self, file: Path) -> None:
        """Note that the device of `file` is leased."""
        self._files.append(file)

    def look(self) -> None:
        """Look who else trains on the devices now."""
        others = (pid for file in self._files for pid, _ in _holders(file) if pid != os.getpid())
        self.shared = self.shared or any(others)


@contextmanager
def leased(job: TrainingJob, tell: OnProgress) -> Iterator[Lease]:
    """Hold the lease of every device of `job` inside a `with` block; wait for it, and tell for whom.

    A job trains without a lease where the machine's folder cannot be written.
    """
    lease = Lease()
    with ExitStack() as held:
        for device in sorted(set(job.device.split(","))):  # in order: two jobs never wait for each other
            try:
                file = _file(device)
                held.enter_context(_holding(file, job, _Waiting(tell, device, file)))
                lease.hold(file)
            except OSError as error:
                lease.missing.append(f"{device} is not leased, others may train on it: {error}")
        lease.look()
        yield lease


def with_lease(measurement: Measurement, lease: Lease) -> Measurement:
    """Return `measurement` with what `lease` says: that its device was shared, or could not be leased."""
    lease.look()
    remarks = (*measurement.remarks, *lease.missing)
    if not lease.shared or measurement.device.shared:
        return measurement.model_copy(update={"remarks": remarks})
    device = measurement.device.model_copy(update={"shared": True})
    return measurement.model_copy(update={"remarks": remarks, "device": device})


def is_free(device: str, exclusive: bool) -> bool:
    """Return whether a job could begin on the `device`, or on all of several, at once."""
    return all(_is_free(name, exclusive) for name in device.split(","))


def _is_free(device: str, exclusive: bool) -> bool:
    try:
        descriptor = os.open(_file(device), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return True
    try:
        return _locked(descriptor, exclusive)
    finally:
        os.close(descriptor)


@contextmanager
def _holding(file: Path, job: TrainingJob, wait: Callable[[], None]) -> Iterator[None]:
    turn = _acquired(file.with_suffix(".turn"), True, wait)
    try:
        descriptor = _acquired(file, job.exclusive, wait)
    finally:
        os.close(turn)
    signature = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        signature.write_text("" if job.origin is None else job.study)
    try:
        yield
    finally:
        signature.unlink(missing_ok=True)
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child that the trainer forked may have it open, too
        os.close(descriptor)


def _acquired(file: Path, exclusive: bool, wait: Callable[[], None]) -> int:
    """Return the descriptor of `file`, locked; call `wait` as long as others have it."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if _locked(descriptor, exclusive) and _is_at(file, descriptor):
                return descriptor
            wait()
            time.sleep(_POLL)
        except BaseException:
            os.close(descriptor)
            raise
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


def _file(device: str) -> Path:
    return host_folder("devices") / f"{physical_name(device)}.lock"


def _holders(file: Path) -> list[tuple[int, str]]:
    """Return the processes that hold the lease of `file`, each with the name of its study."""
    found = []
    for signature in sorted(file.parent.glob(f"{file.stem}.*")):
        pid = signature.suffix.removeprefix(".")
        if pid.isdecimal() and not _runs(int(pid)):
            signature.unlink(missing_ok=True)  # it was killed
        elif pid.isdecimal():
            with suppress(OSError):
                found.append((int(pid), signature.read_text(errors="replace")))
    return found


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

    def __init__(self, tell: OnProgress, device: str, file: Path) -> None:
        self._tell, self._device, self._file = tell, device, file
        self._what = f"{WAITS}{device}"

    def __call__(self) -> None:
        for pid, study in _holders(self._file)[:1]:
            who = f"process {pid}{f' of study {study}' if study else ''}"
            self._what = f"{WAITS}{self._device}: {who} trains there"
        self._tell(self._what, 0, 0)
