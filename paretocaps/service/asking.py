"""Studies for loops of one's own: the study is asked for choices, and told what was measured."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, Unpack

from paretocaps.domain.failure import Failure
from paretocaps.domain.job import TrainingJob
from paretocaps.domain.measurement import Measurement
from paretocaps.domain.own_loop import NAME, own_loop
from paretocaps.domain.spelled_out import spelled_out
from paretocaps.domain.study_options import StudyOptions
from paretocaps.errors import UsageError
from paretocaps.service import own_parts
from paretocaps.service.fronts import load_front
from paretocaps.service.running import requested, store_of
from paretocaps.training.own_function import Report, measurement

if TYPE_CHECKING:
    from paretocaps.report.front import Front
    from paretocaps.search.asking import Asking
    from paretocaps.search.observer import Observer


class AskedTrial:
    """A training that a study asks for: train with `choices`, and `tell` the study what was measured.

    Attributes:
        trial: its number in the study.
        choices: the choices to train.
        design: the name of its design; None for a point of the space.
        seed, epochs: the seed to train with, and for how many epochs.
        folder: a folder for its files.
        report: is called as `report(acc=...)` after each epoch, and returns whether to go on; after
            `report.prepared()`, what came before counts as preparation (see `training.own_function.Report`).
    """

    def __init__(self, asking: "Asking", job: TrainingJob, design: str | None) -> None:
        self.job, self.trial, self.choices, self.design = job, job.trial, dict(job.choices), design
        self.seed, self.epochs, self.folder = job.seed, job.epochs, job.folder
        self.report = Report(job, lambda record: asking.heard(job, record))

    def __repr__(self) -> str:
        seed = f", seed {self.seed}" if self.seed else ""
        return f"<trial {self.trial}{seed}: {self.choices}>"


class AskedStudy:
    """An open study, which is asked and told; use it in a `with` block, or `close` it."""

    def __init__(self, asking: "Asking", stack: ExitStack) -> None:
        self._asking, self._stack = asking, stack
        self._spec = asking.runner.spec

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        ended = self._asking.runner.results.known.ended
        return f"<study {self._spec.study!r}: {ended} of {self._spec.trials} trials>"

    def ask(self) -> AskedTrial | None:
        """Return the next training to make; None when the study has all its trials, or may begin no other.

        A trial with several seeds comes once for each. What was asked for and not told when the study was
        closed comes again.

        Raises:
            UsageError: the study is closed.
        """
        self._refuse_closed()
        job = self._asking.ask()
        if job is None:
            return None
        return AskedTrial(self._asking, job, self._asking.runner.results.open[job.trial].design)

    def tell(self, trial: AskedTrial, measured: Measurement | Mapping[str, Any] | None = None) -> None:
        """Store what a training measured.

        Args:
            trial: the training, as it was asked for.
            measured: a `Measurement`, or a dictionary with `acc` and other quantities, as a function that
                trains returns it; None for what `trial.report` was told alone.

        Raises:
            TrainingError: the dictionary lacks what the study needs, or has no numbers; the trial stays open.
            UsageError: the trial was told already, or the study is closed.
        """
        self._refuse_told(trial)
        found = measured
        if not isinstance(found, Measurement):
            found = measurement("this loop", trial.job, trial.report, measured)
        self._asking.tell(trial.job, found)

    def fail(self, trial: AskedTrial, reason: str | Exception) -> None:
        """Store that a training failed, and why, as a text or by what was raised.

        Raises:
            ParetocapsError: too many trials have failed.
            UsageError: the trial was told already, or the study is closed.
        """
        self._refuse_told(trial)
        unsaid = type(reason).__name__ if isinstance(reason, Exception) else "no reason was given"
        self._asking.tell(trial.job, Failure(" ".join(str(reason).split()) or unsaid))

    @property
    def front(self) -> "Front":
        """The front so far, within the bounds of the study."""
        return load_front(self._spec.study, self._spec.storage)

    def close(self) -> None:
        """Close the study: `open_study` goes on with it, and asks again for what was not told."""
        self._stack.close()

    def _refuse_closed(self) -> None:
        if self._asking.closed:
            raise UsageError(
                f"study {self._spec.study!r} is closed: open it again with"
                f" paretocaps.open_study(study={self._spec.study!r})"
            )

    def _refuse_told(self, trial: AskedTrial) -> None:
        self._refuse_closed()
        if self._asking.asked.get((trial.trial, trial.seed)) is not trial.job:
            raise UsageError(
                f"trial {trial.trial} was told already, or another study asked for it: ask for another one"
            )


@spelled_out
def open_study(
    spec_file: str | None = None,
    more: int | None = None,
    observer: "Observer | Sequence[Observer] | None" = None,
    **options: Unpack[StudyOptions],
) -> AskedStudy:
    """Create or reopen a study for a loop of your own, which asks for choices and tells what it measured.

    It is stored, ranked and reported like any other; no training is made twice, a rule of early stopping
    (`stop_early`) answers `report`, and several programs may ask the same study at once.

    Args:
        spec_file: path of a study file; the options override it.
        more: number of trials to add, instead of the total `trials`.
        observer: an `Observer`, or several.
        options: the options of the study by name (see `StudySpec`). Without a `trainer`, the choices are
            those of `space`; with one, they are the trainer's, which is not called.

    Example:
        ```python
        space = {"width": [8, 16, 32], "rate": {"low": 1e-3, "high": 1e-1, "log": True}}
        options = {"objectives": "acc,params", "trials": 4, "epochs": 2}
        with paretocaps.open_study(study="loop", space=space, **options) as study:
            while trial := study.ask():
                for epoch in range(trial.epochs):
                    if not trial.report(acc=1 - trial.choices["rate"] / (epoch + 1)):
                        break
                study.tell(trial, {"params": trial.choices["width"] ** 2})
            study.front
        ```

    Raises:
        UsageError: an option is not allowed, or there is nothing to sample; nothing was created.
        StudyMismatchError: the stored study has another identity.
    """
    from paretocaps.loggers.logged import with_logging
    from paretocaps.search.asking import Asking
    from paretocaps.search.checked_study import check_study
    from paretocaps.search.interrupts import Interrupts
    from paretocaps.search.observers import observer_of
    from paretocaps.search.opening import opened

    given = own_parts.placed(dict(options), spec_file)
    spec, watcher = requested(own_parts.named(given), spec_file, more), observer_of(observer)
    if "trainer" not in spec.model_fields_set:  # nor is one stored
        given["trainer"] = own_loop
        spec = requested(own_parts.named(given), spec_file, more)
    own_parts.settle({"trainer": own_loop} if spec.trainer == NAME else given, spec)
    here = check_study(spec.model_copy(update={"executor": own_parts.INLINE}))
    checked = replace(here, spec=spec)  # stored as it was given: the next `optimize` may have workers
    watcher = with_logging(watcher, spec)
    data = checked.trainer.check_data(spec.data_spec, watcher.preparing)
    with ExitStack() as stack:
        store = stack.enter_context(store_of(spec, watcher.notice))
        stack.callback(watcher.closed)
        runner = stack.enter_context(opened(checked, store, watcher, data, Interrupts(spec.timeout)))
        device = here.places[0].partition(",")[0]
        asking = Asking(runner, device if device.startswith("cuda") else "cpu")
        stack.callback(asking.close)
        return AskedStudy(asking, stack.pop_all())
