"""A worker process: trains the jobs that its driver sends, one after another.

Started as `python -m paretocaps.execution.worker` with its driver on standard input and output. It
outlives a driver that dies: the job being trained is finished, its measurement left in the job's
folder, and then the worker ends.
"""

import faulthandler
import io
import os
import sys
import traceback
from dataclasses import asdict
from typing import Any

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord
from paretocaps.errors import is_out_of_memory
from paretocaps.execution.attempt import attempt, leave_failure
from paretocaps.execution.messages import decode, encode
from paretocaps.run_folder import RunFolder


class Channel:
    """The worker's end of the pipes; whatever else this process prints goes to standard error."""

    def __init__(self) -> None:
        # Private descriptors, closed in child processes: nothing a trainer prints or reads gets in between.
        self._input = os.fdopen(os.dup(0), "rb")
        self._output = os.dup(1)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)

    def send(self, kind: str, **values: Any) -> None:
        """Tell the driver; a driver that has died is not told."""
        try:
            os.write(self._output, encode(kind, **values))
        except OSError:
            return

    def receive(self) -> dict[str, Any] | None:
        """Return the driver's next message, or None where the driver has died or is done."""
        line = self._input.readline()
        return decode(line) if line.endswith(b"\n") else None


def main() -> None:
    """Serve the driver until it closes the pipe, or until a job has left this process without memory."""
    channel = Channel()
    faulthandler.enable()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # a crash takes no printed line with it
    channel.send("ready")
    healthy = True
    while healthy and (message := channel.receive()) is not None:
        healthy = _serve(channel, TrainingJob.model_validate(message["job"]))


def _serve(channel: Channel, job: TrainingJob) -> bool:
    def on_epoch(record: EpochRecord) -> bool:
        channel.send("epoch", record=record.model_dump(mode="json"))
        answer = channel.receive()
        return answer is None or bool(answer["go_on"])

    try:
        _print_to(RunFolder(job.folder))
        attempt(job, on_epoch)
    except (Exception, SystemExit) as error:
        traceback.print_exception(error)
        healthy = not is_out_of_memory(error)
        channel.send("failed", failure=asdict(leave_failure(job, error)), replace=not healthy)
        return healthy
    channel.send("measured")
    return True


def _print_to(folder: RunFolder) -> None:
    folder.path.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    with folder.log.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)


if __name__ == "__main__":
    main()
