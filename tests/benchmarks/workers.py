"""The group of `measure.py` about how long a worker takes until it trains."""

import time
from pathlib import Path

from figures import Figure, figure

STARTS = 5


def worker_start(folder: Path) -> list[Figure]:
    """Measure the seconds from submitting a job to its first step: in a new worker, and in one that runs."""
    new, running = zip(*(_starts(folder / str(number)) for number in range(STARTS)), strict=True)
    return [
        figure("from the start of a worker to its first step, digits", new, "s", "at most 6 s"),
        figure("from a further job of a worker to its first step, digits", running, "s", ""),
    ]


def _starts(folder: Path) -> list[float]:
    from paretocaps.domain.job import DataSpec, TrainingJob
    from paretocaps.domain.progress import WithProgress
    from paretocaps.execution.processes import ProcessExecutor

    seconds: list[float] = []
    with ProcessExecutor() as executor:
        for number in range(2):
            heard: list[float] = []
            job = TrainingJob(
                study="start",
                trial=number,
                trainer="capsnet",
                choices={"batch_size": 16},
                seed=0,
                data=DataSpec(limit_train=16),
                epochs=1,
                folder=folder / str(number),
            )
            began = time.perf_counter()
            executor.submit(job)
            # an epoch of one step: what is heard of it comes right after the step
            note = WithProgress(
                lambda job, record, heard=heard: heard.append(time.perf_counter()) or True,
                lambda job, what, done, total, heard=heard: (
                    heard.append(time.perf_counter()) if "step" in what and total else None
                ),
            )
            (outcome,) = executor.wait(note)
            assert outcome.measurement is not None, outcome.failure
            seconds.append(heard[0] - began)
    return seconds
