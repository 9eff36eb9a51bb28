"""The worker process, which trains the jobs that its driver sends, one after another.

The driver starts `python -m paretocaps.execution.worker` and talks to it over standard input and output.
If the driver dies, the worker finishes its job, writes the measurement to the job's folder, and ends; with
`ENDS_WITH_DRIVER` in its environment it ends at once.
"""

import faulthandler
import io
import os
import select
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.progress import WithProgress
from paretocaps.domain.tuning import Tuning
from paretocaps.errors import is_device_error, is_passing
from paretocaps.execution.attempt import attempt, write_failure
from paretocaps.execution.descendants import end_marked, own_mark
from paretocaps.execution.messages import WHERE, decode, encode
from paretocaps.run_folder import RunFolder
from paretocaps.writing import private_folder

ENDS_WITH_DRIVER = "PARETOCAPS_ENDS_WITH_DRIVER"
"""The setting of a worker whose device is given to somebody else when its driver has died."""

_ENDING = 1.0  # s that an idle worker has to end by itself
_LONGEST = 500  # characters of an activity, which has to fit into a message


class Channel:
    """The worker's end of the pipes; everything else that this process prints goes to standard error."""

    def __init__(self) -> None:
        # The descriptors are private and closed in child processes: no trainer can print or read in between.
        self._input = os.fdopen(os.dup(0), "rb")
        self._output = os.dup(1)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)

    def send(self, kind: str, **values: Any) -> None:
        """Send a message to the driver; if the driver has died, do nothing."""
        try:
            os.write(self._output, encode(kind, **values))
        except OSError:
            return

    def mention(self, kind: str, **values: Any) -> None:
        """Send a short message that may get lost: do not wait for a driver that does not read."""
        line = encode(kind, **values)
        if len(line) <= select.PIPE_BUF and select.select([], [self._output], [], 0)[1]:
            self.send(kind, **values)

    def kill_at_hangup(self) -> None:
        """Kill this process and those of its session as soon as the driver has died or closed the pipe."""
        hangup = select.poll()
        hangup.register(self._input, 0)  # only what is always reported: that the other end is closed
        threading.Thread(target=_kill_after, args=(hangup,), daemon=True).start()

    def receive(self) -> dict[str, Any] | None:
        """Return the driver's next message, or None if the driver has died or closed the pipe."""
        line = self._input.readline()
        return decode(line) if line.endswith(b"\n") else None


def main() -> None:
    """Serve the driver until it closes the pipe, or until a job has lost memory, its device or a rank.

    Nothing that a trainer has started outlives this process.
    """
    channel = Channel()
    faulthandler.enable()
    faulthandler.register(WHERE)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # no printed line is lost in a crash
    if os.environ.get(ENDS_WITH_DRIVER):
        channel.kill_at_hangup()
    channel.send("ready")
    healthy = True
    while healthy and (message := channel.receive()) is not None:
        healthy = _serve(channel, TrainingJob.model_validate(message["job"]))
    end_marked(own_mark())  # where the driver has died, nobody else does it


def _serve(channel: Channel, job: TrainingJob) -> bool:
    def on_epoch(record: EpochRecord) -> bool:
        channel.send("epoch", record=record.model_dump(mode="json"))
        answer = channel.receive()
        return answer is None or bool(answer["go_on"])

    def on_tuned(device: str, key: str, tuning: Tuning) -> Tuning:
        channel.send("tuned", device=device, key=key, tuning=tuning.model_dump(mode="json"))
        answer = channel.receive()
        return tuning if answer is None else Tuning.model_validate(answer["tuning"])

    def on_progress(what: str, done: int, total: int) -> None:
        channel.mention("progress", what=what[:_LONGEST], done=done, total=total)

    try:
        _print_to(RunFolder(job.folder))
        measurement = attempt(job, WithProgress(on_epoch, on_progress, on_tuned))
    except (Exception, SystemExit) as error:
        with suppress(OSError):  # the log's disk may be full
            traceback.print_exception(error)
        healthy = not (is_passing(error) or is_device_error(error))  # the end of a process frees its memory
        channel.send("failed", failure=asdict(write_failure(job, error)), replace=not healthy)
        return healthy
    written = RunFolder(job.folder).measurement_file.is_file()
    channel.send("measured", measurement=None if written else measurement.model_dump(mode="json"))
    return True


def _kill_after(hangup: select.poll) -> None:
    hangup.poll()
    time.sleep(_ENDING)
    end_marked(own_mark())
    os.killpg(0, signal.SIGKILL)


def _print_to(folder: RunFolder) -> None:
    private_folder(folder.path)
    sys.stdout.flush()
    with folder.log.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)


if __name__ == "__main__":
    main()
