"""Holds a device for what is no training of a study, so that it disturbs none whose times are compared."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from paretocaps.domain.job import TrainingJob
from paretocaps.domain.progress import WAITS, OnProgress, unheard
from paretocaps.domain.study_spec import StudySpec


@contextmanager
def device_leased(
    spec: StudySpec, device: str, step: str, notice: Callable[[str], None], on_progress: OnProgress = unheard
) -> Iterator[None]:
    """Hold a device inside a `with` block, beside others that share it.

    Args:
        spec: the study that it is for.
        device: "cpu", "cuda" or "cuda:0".
        step: what it is held for.
        notice: receives a line for each that is waited for.
        on_progress: receives what is waited for, and then `step`.
    """
    from paretocaps.execution.lease import leased

    told = set[str]()

    def tell(what: str, done: int, total: int) -> None:
        if not what.startswith(WAITS):
            return
        on_progress(what, done, total)
        if what not in told:
            told.add(what)
            notice(what)

    job = TrainingJob(
        study=spec.study,
        trial=0,
        trainer=spec.trainer,
        choices={},
        seed=spec.seed,
        data=spec.data_spec,
        epochs=spec.epochs,
        device=device,
        folder=Path(),
    )
    with leased(job, tell):
        on_progress(step, 0, 0)
        yield
