"""A trainer that goes wrong on request, for the real worker process to run."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import Any

from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TrainerSpec
from paretocaps.errors import TrainingError


class FaultyChoices(ChoicesModel):
    fault: str = "none"


FAULTY = TrainerSpec(
    name="faulty", choices=FaultyChoices, space=Space(), train="faulty_trainers:train", designs={}
)
MISSING = TrainerSpec(name="missing", choices=FaultyChoices, space=Space(), train="no_such_module:train")
UNIMPORTABLE = TrainerSpec(
    name="unimportable", choices=FaultyChoices, space=Space(), train="segfaults_on_import:train"
)


def train(job, on_epoch):
    """Report an epoch, do what the choice `fault` names, then report the other epochs."""
    records = [_record(1)]
    go_on = on_epoch(records[0])
    result = FAULTS[FaultyChoices.model_validate(job.choices).fault](job, on_epoch)
    while go_on and len(records) < job.epochs:
        records.append(_record(len(records) + 1))
        go_on = on_epoch(records[-1])
    return _measurement(job, records) if result is None else result


def _record(epoch, **changes: Any):
    return EpochRecord(epoch=epoch, acc=0.5, **{"seconds": 1.0, "time": epoch, "wall": epoch, **changes})


def _measurement(job, records, **changes: Any):
    values = {
        "acc": 0.5,
        "time": 1.0,
        "quantities": {
            "pid": os.getpid(),
            "session": os.getsid(0),
            "omp_threads": int(os.environ["OMP_NUM_THREADS"]),
        },
    } | changes
    device = Device(name=job.device, kind="cpu", threads=job.threads, shared=job.shared)
    return Measurement(best_epoch=1, wall=9.0, params=1, device=device, epochs=tuple(records), **values)


def _segfault(job, on_epoch):
    ctypes.string_at(0)


def _kill(job, on_epoch):
    print("just printing")  # not flushed: the worker sees to that
    os.kill(os.getpid(), signal.SIGKILL)


def _exit(job, on_epoch):
    print("the licence has run out", file=sys.stderr, flush=True)
    os._exit(3)


def _system_exit(job, on_epoch):
    sys.exit("no more")


def _raise(job, on_epoch):
    raise ValueError("the labels are upside down\nand so are the images")


def _own_error(job, on_epoch):
    raise TrainingError("step_size=9 is too large: lower it")


def _memory(job, on_epoch):
    bytearray(1 << 60)


def _lost_device(job, on_epoch):
    raise RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors might be reported later")


def _noise(job, on_epoch):
    print('{"kind": "measured"}', flush=True)
    os.write(1, b'{"kind": "failed", "reason": "noise"}\n')
    subprocess.run([sys.executable, "-c", "print('{}')"], check=True)
    assert sys.stdin.read() == ""
    assert subprocess.run(["cat"], capture_output=True, check=True).stdout == b""


def _nan_accuracy(job, on_epoch):
    return _measurement(job, [_record(1)], acc=float("nan"))


def _infinite_time(job, on_epoch):
    return _measurement(job, [_record(1)], time=float("inf"))


def _nan_quantity(job, on_epoch):
    return _measurement(job, [_record(1)], quantities={"latency": float("nan")})


def _nan_loss(job, on_epoch):
    on_epoch(_record(2, train_loss=float("nan")))


def _wrong_result(job, on_epoch):
    return 0.93


def _wrong_record(job, on_epoch):
    on_epoch({"acc": 0.93})


def _hang(job, on_epoch):
    # deaf to SIGTERM, with a child that is deaf to it as well
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    (job.folder / "child").write_text(str(child.pid))
    (job.folder / "hanging").touch()
    time.sleep(120)


def _gate(job, on_epoch):
    (job.folder / "waiting").touch()
    deadline = time.monotonic() + 120
    while not (job.folder / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def _orphan_holds_pipe(job, on_epoch):
    if (child := os.fork()) == 0:
        time.sleep(120)
    (job.folder / "child").write_text(str(child))
    os.kill(os.getpid(), signal.SIGKILL)


def _start_elsewhere(job, on_epoch):
    # as a daemon would start: in a session of its own, without a parent that lives
    starting = (
        "from subprocess import *; import sys;"
        "print(Popen(sys.argv[1:], stdout=DEVNULL, start_new_session=True).pid)"
    )
    sleeping = [sys.executable, "-c", "import time; time.sleep(120)"]
    found = subprocess.run([sys.executable, "-c", starting, *sleeping], stdout=subprocess.PIPE, check=True)
    (job.folder / "child").write_text(found.stdout.decode().strip())
    _gate(job, on_epoch)


def _close_pipes(job, on_epoch):
    os.closerange(3, 256)
    time.sleep(120)


def _die_measured(job, on_epoch):
    # between leaving the measurement and telling the driver
    from paretocaps.run_folder import RunFolder

    RunFolder(job.folder).write_result(_measurement(job, [_record(1)]))
    os._exit(1)


def _change_directory(job, on_epoch):
    os.chdir("/")


FAULTS = {name.removeprefix("_"): value for name, value in globals().items() if callable(value)} | {
    "none": lambda job, on_epoch: None
}
