"""What a running study tells whoever watches it."""

from collections.abc import Mapping

from paretocaps.domain.front_record import FrontRecord
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import EpochRecord
from paretocaps.domain.study_spec import StudySpec


class Observer:
    """Watches a study; every method does nothing until a subclass says otherwise.

    Methods are called from the driver's one thread, in the order in which things happen.
    """

    def preparing(self, what: str, done: int, total: int) -> None:
        """Before the study is opened: `what` is done to `done` of `total` images; often, up to the last."""

    def opened(self, spec: StudySpec, finished: int) -> None:
        """The study is open; `finished` of `spec.trials` trials are done already."""

    def trial_started(self, job: TrainingJob, design: str | None) -> None:
        """A training of trial `job.trial` was handed to a worker; `design` names it, if it has a name."""

    def epoch(self, job: TrainingJob, record: EpochRecord) -> None:
        """A training finished an epoch."""

    def trial_finished(self, trial: int, values: Mapping[str, float]) -> None:
        """A trial is stored; `values` has its measured quantities by name (means over its seeds)."""

    def trial_failed(self, trial: int, reason: str) -> None:
        """A trial ended without a measurement."""

    def front_changed(self, front: FrontRecord) -> None:
        """The front over the study's objectives is another than before."""

    def notice(self, message: str) -> None:
        """Something worth a line: a design left out, a trial found again, another device."""

    def closed(self) -> None:
        """The study is closed: done, failed or interrupted."""
