"""The process that times a trainer's typical step on some cores, as often as its driver asks.

The driver starts `python -m paretocaps.execution.core_probe_process`, and talks to it as to a worker.
Driver to process: `prepare` (job, reading, facts, cores), `step` (threads, cores, share). Process to driver:
`ready`, `prepared`, `took` (seconds, cpu), `failed` (reason).
"""

import time
from collections.abc import Callable
from typing import Any

from paretocaps.cores import pinned
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.trainer import TRAINERS, CheckedData, TypicalStep
from paretocaps.execution.attempt import failure_of
from paretocaps.execution.worker import Channel


def main() -> None:
    """Serve the driver until it closes the pipe."""
    channel = Channel()
    channel.send("ready")
    step: Callable[[int, float], float] | None = None
    while (message := channel.receive()) is not None:
        try:
            if step is None:
                with pinned(message["cores"]):
                    step = _prepared(message)
                channel.send("prepared")
                continue
            with pinned(message["cores"]):
                wall, cpu = time.perf_counter(), time.process_time()
                seconds = step(message["threads"], message["share"])
                busy = (time.process_time() - cpu) / (time.perf_counter() - wall)
            channel.send("took", seconds=seconds, cpu=seconds * busy)
        except Exception as error:
            channel.send("failed", reason=failure_of(error, "cpu").reason)
            return


def _prepared(message: dict[str, Any]) -> Callable[[int, float], float]:
    job = TrainingJob.model_validate(message["job"])
    trainer = TRAINERS.get(job.trainer)
    prepare: TypicalStep = TRAINERS.resolve(trainer.name, trainer.typical_step)
    return prepare(job, CheckedData(reading=message["reading"], facts=message["facts"]))


if __name__ == "__main__":
    main()
