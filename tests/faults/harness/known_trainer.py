"""A training whose values are known beforehand, as quick as the test likes, as an outsider writes it.

The environment says what a test wants: `KNOWN_SECONDS` is how long an epoch takes, `KNOWN_GATE` a file that
every epoch waits for, `KNOWN_LOG` the file that gets a line for each epoch that was begun or trained,
`KNOWN_TUNES` whether every process finds another tuning to be the fastest, and `KNOWN_FAULTS` what goes wrong
and where, as in `3.1.2=hang` (trial 3, attempt 1, in its epoch 2); `*` stands for any.
"""

import json
import os
import resource
import signal
import sys
import time

from harness.known import acc_of, first_state, next_state, params_of, seconds_of
from harness.known_spec import KnownChoices

from paretocaps import EpochRecord, Measurement, TrainingJob
from paretocaps.domain.measurement import Device, best_epoch
from paretocaps.domain.progress import tuned_of
from paretocaps.domain.trainer import OnEpoch
from paretocaps.domain.tuning import Tuning
from paretocaps.run_folder import RunFolder
from paretocaps.writing import whole_file

DEVICE = Device(name="known", kind="cpu")


def train(job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
    choices = KnownChoices.model_validate(job.choices)
    state, records = _resumed(job) or (first_state(choices.x, choices.width, job.seed), [])
    tunings = _tunings(job, on_epoch)
    seconds, go_on = seconds_of(choices.x), True
    while go_on and len(records) < job.epochs:
        epoch = len(records) + 1
        _note(job, epoch, "begun")
        _wait_at_gate()
        time.sleep(float(os.environ.get("KNOWN_SECONDS", "0")))
        changed = _fault(job, epoch)
        state = next_state(state)
        record = EpochRecord(
            epoch=epoch, acc=acc_of(state, choices.width), seconds=seconds, time=epoch * seconds, wall=epoch
        )
        records.append(record.model_copy(update=changed))
        if job.checkpoints:
            _keep(job, state, records)
        _note(job, epoch, "trained")
        go_on = on_epoch(records[-1])
    best = best_epoch(records)
    return Measurement(
        acc=best.acc,
        best_epoch=best.epoch,
        time=best.time,
        wall=len(records),
        params=params_of(choices.x, choices.width),
        device=DEVICE.model_copy(update={"threads": job.threads, "shared": job.shared}),
        tunings=tunings,
        epochs=tuple(records),
    )


def _tunings(job, on_epoch):
    if not os.environ.get("KNOWN_TUNES"):
        return {}
    kept = job.tunings.get(DEVICE.machine)
    return kept or {"known": tuned_of(on_epoch)(DEVICE.machine, "known", Tuning(threads=os.getpid()))}


def _wait_at_gate():
    gate, deadline = os.environ.get("KNOWN_GATE"), time.monotonic() + 120
    while gate and not os.path.exists(gate) and time.monotonic() < deadline:
        time.sleep(0.02)


def _resumed(job):
    try:
        left = json.loads(RunFolder(job.folder).checkpoint.read_bytes()) if job.checkpoints else None
    except FileNotFoundError:
        return None
    return left and (left["state"], [EpochRecord.model_validate(record) for record in left["records"]])


def _keep(job, state, records):
    left = {"state": state, "records": [record.model_dump() for record in records]}
    with whole_file(RunFolder(job.folder).checkpoint) as stream:
        stream.write(json.dumps(left).encode())


def _note(job, epoch, what):
    if path := os.environ.get("KNOWN_LOG"):
        line = json.dumps([job.trial, job.seed, job.attempt, epoch, what, os.getpid()]) + "\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line.encode())
        os.close(descriptor)


def _fault(job, epoch):
    """Do what `KNOWN_FAULTS` says of this epoch; return the values that its record gets instead."""
    here = [str(job.trial), str(job.attempt), str(epoch)]
    for entry in filter(None, os.environ.get("KNOWN_FAULTS", "").split()):
        where, _, kind = entry.partition("=")
        if all(asked in ("*", found) for asked, found in zip(where.split("."), here, strict=True)):
            return FAULTS[kind]() or {}
    return {}


def _hang():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def _memory():
    """Run out of the host's memory, for real: the process may have 64 MiB more than it has."""
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    most = pages * resource.getpagesize() + 2**26
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
    held = []
    while True:
        held.append(bytearray(2**24))


def _device_memory():
    raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")


def _raise():
    raise ValueError("the labels are upside down")


FAULTS = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "hang": _hang,
    "memory": _memory,
    "device_memory": _device_memory,
    "exit": lambda: os._exit(0),
    "system_exit": lambda: sys.exit(0),
    "raise": _raise,
    "nan": lambda: {"acc": float("nan")},
    "inf": lambda: {"time": float("inf")},
}
