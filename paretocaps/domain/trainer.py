"""The trainer protocol, and the registry that trainers plug into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from paretocaps.domain.choices_model import canonical_choices, parse_choices, parse_value, without_meaningless
from paretocaps.domain.course import Course, Courses
from paretocaps.domain.effect import Effect, Effects, Facts
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.progress import OnProgress
from paretocaps.domain.space import Parameter, Space
from paretocaps.domain.trainer_functions import (
    Calibrate,
    Check,
    CheckedData,
    Continuing,
    Forecaster,
    Forecasting,
    Judge,
    OnEpoch,
    Train,
    TypicalStep,
    forecast_of,
)
from paretocaps.errors import UnknownNameError, UsageError, did_you_mean
from paretocaps.registry import Registry

__all__ = [
    "TRAINERS",
    "Calibrate",
    "Check",
    "CheckedData",
    "Continuing",
    "Forecaster",
    "Forecasting",
    "Judge",
    "OnEpoch",
    "Train",
    "TrainerSpec",
    "TypicalStep",
    "forecast_of",
]

_NOTHING = Space()


@dataclass(frozen=True)
class TrainerSpec:
    """A trainer as the driver sees it, without importing what the training needs.

    Functions are given as "module:attribute"; the optional ones are empty if the trainer has none.

    Args:
        name: the name under which it is registered.
        choices: the pydantic model of its choices.
        space: the space that a study samples by default.
        spaces: the spaces that a study can name instead of describing one (`--space NAME`).
        train: its `Train` function.
        check: its `Check` function, which checks the study's data before the study starts.
        measures: a function of the quantities that the objectives need and the devices of the study, which
            raises an error if one of them cannot be measured there.
        check_choices: a function of the study's fixed choices, which raises an error if something other than
            their values is wrong, such as a missing file.
        needs: a function of a job and the `CheckedData` of its data, which returns remarks on what the job
            needs, one line each, and raises an error if its device has not so much. `train` of the command
            line calls it before it starts; `train` itself must refuse such a job, too.
        designs: named sets of choices, in the order in which a study tries them first.
        description: one line for `paretocaps trainers`.
        calibrate: its `Calibrate` function, which is run once in each training process of a study whose
            objectives include a time; without it, times can be compared on one device only.
        ranks: whether `train` can train a job on several ranks (`TrainingJob.ranks`). A choice called
            `ranks` then says how many of the study's ranks a trial takes; 0 or none takes all.
        judge: its `Judge` function. Where a trainer has one, the jobs of studies have `test` unset, and the
            members of a front are judged when the study ends; without it, `train` measures `test_acc`.
        effects: its `Effects` function, by which a study knows two spellings of the same training, and the
            choices that cannot act in its epochs; without it, other choices are another training.
        forecast: its `Forecasting` function, by which a study rejects choices before they are trained;
            without it, only those near to trainings that failed.
        typical_step: its `TypicalStep` function; without it, a CPU is split into slots only where the user
            asks for it.
        continuing: its `Continuing` function. A trainer with one can continue the last checkpoint of a
            shorter training (`TrainingJob.continued_from`); without it, a study continues no other's.
        course: its `Courses` function, by which early stopping knows which trainings compare before their
            end; without it, all do.
        named_data: whether the name of a data set is one of `DATASETS`, as `--dataset NAME` reads it; a
            trainer that knows its own data checks their name itself.
        recorded: for a trainer that plays recorded trainings, a function of the images and the epochs of a
            study, which raises an error if there are none of these. Its jobs time nothing, so that they wait
            for no device.

    Example:
        ```python
        from paretocaps.domain.trainer import TRAINERS

        trainer = TRAINERS.get("capsnet")  # a paretocaps.TrainerSpec
        trainer.canonical({"lr_policy": "one_cycle"}), list(trainer.designs)
        ```
    """

    name: str
    choices: type[BaseModel]
    space: Space
    train: str
    check: str = ""
    measures: str = ""
    check_choices: str = ""
    needs: str = ""
    designs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    description: str = ""
    calibrate: str = ""
    ranks: bool = False
    effects: str = ""
    judge: str = ""
    typical_step: str = ""
    forecast: str = ""
    continuing: str = ""
    course: str = ""
    named_data: bool = False
    recorded: str = ""
    spaces: Mapping[str, Space] = field(default_factory=dict)

    def sampled(self, space: str | Mapping[str, Any] | None) -> Space:
        """Return the space of a study: the default one for None, a named one, or one that a table describes.

        Raises:
            UnknownNameError: the trainer has no space of that name.
            UsageError: the trainer has no spaces by name, or the table is not understood.
        """
        if space is None:
            return self.space
        if not isinstance(space, str):
            return Space.parse(space)
        if not self.spaces:
            raise UsageError(
                f"space={space!r}: trainer {self.name!r} has no spaces by name: leave it out for its own one,"
                " or describe one in the table [space] of a study file"
            )
        if space not in self.spaces:
            raise UnknownNameError(f"space of trainer {self.name!r}", space, self.spaces)
        return self.spaces[space]

    def check_ranks(self, ranks: int, fix: Mapping[str, Any] | None = None, space: Space = _NOTHING) -> None:
        """Refuse several ranks if the trainer supports only one, and choices of more ranks than there are.

        Args:
            ranks: the ranks of a study or a training.
            fix, space: its fixed and its sampled choices.

        Raises:
            UsageError: `ranks` is above 1, and the trainer supports one rank only, or a trial would take more
                than `ranks`.
        """
        if ranks > 1 and not self.ranks:
            raise UsageError(f"ranks={ranks}: trainer {self.name!r} trains on one rank only")
        if self.ranks:
            sampled = [
                value for one in space if one.name == "ranks" for value in one.points() or one.examples()
            ]
            most = max(int(value) for value in [(fix or {}).get("ranks", 0), *sampled])
            self.ranks_of({"ranks": most}, ranks)

    def ranks_of(self, choices: Mapping[str, Any], ranks: int) -> int:
        """Return how many of `ranks` a training with `choices` takes.

        Raises:
            UsageError: it would take more.
        """
        chosen = int(choices.get("ranks", 0)) if self.ranks else 0
        if chosen > ranks:
            raise UsageError(
                f"choice ranks={chosen} is more than there are ({ranks}): give --ranks {chosen}, or --fix"
                f" ranks={ranks}"
            )
        return chosen or ranks

    def parse(self, values: Mapping[str, Any]) -> BaseModel:
        """Return `values` as the trainer's choices.

        Raises:
            UsageError: a choice is unknown or a value is out of bounds.
        """
        return parse_choices(self.choices, values)

    def canonical(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the canonical form of `values`: equal for choices that train the same network."""
        return canonical_choices(self.choices, values)

    def parse_fix(self, fix: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fixed choices of a study, each checked separately.

        Raises:
            UsageError: a choice is unknown or a value is out of bounds.
        """
        return {name: parse_value(self.choices, name, value) for name, value in fix.items()}

    def check_space(self, space: Space) -> None:
        """Refuse a space with choices or values that this trainer does not have.

        Raises:
            UsageError: the trainer does not have a choice, or does not allow a value.
        """
        for parameter in space:
            for value in parameter.values or parameter.examples():
                self._check_value(f"space.{parameter.name}", parameter.name, value)
            for parent in parameter.when.parents:
                if parent not in self.choices.model_fields:
                    known = self.choices.model_fields
                    raise UsageError(
                        f"space.{parameter.name}.when: trainer {self.name!r} has no choice {parent!r}"
                        f"{did_you_mean(parent, known)}"
                    )
            self._check_condition(parameter)

    def _check_value(self, place: str, name: str, value: Any) -> None:
        """Refuse a value that the choice `name` does not allow, or that is text where it is a number."""
        found = parse_value(self.choices, name, value)
        if isinstance(value, str) and isinstance(found, bool | int | float):
            written = str(found).lower() if isinstance(found, bool) else repr(found)
            raise UsageError(f"{place}: {name}={value!r} is text: write it as {written}, without quotes")

    def _check_condition(self, parameter: Parameter) -> None:
        for parent, values in parameter.when.allowed:
            for value in values:
                self._check_value(f"space.{parameter.name}.when", parent, value)
        for parent, _ in parameter.when.bounds:
            default = self.choices.model_fields[parent].get_default(call_default_factory=True)
            if isinstance(default, str):
                raise UsageError(
                    f"space.{parameter.name}.when: {parent} is text and has no bound:"
                    f" write {parent} = {default!r}"
                )

    def complete(self, sampled: Mapping[str, Any], fix: Mapping[str, Any]) -> dict[str, Any]:
        """Return the canonical choices of a trial: the sampled ones, and the fixed ones that have a meaning.

        Raises:
            UsageError: the choices contradict each other.
        """
        return self.canonical(without_meaningless(self.choices, {**fix, **sampled}))

    def check_data(self, data: DataSpec, on_preparing: OnProgress | None = None) -> CheckedData:
        """Raise an error if something is wrong with the data; return what the trainer found.

        Args:
            data: the study's images.
            on_preparing: receives the progress of their preparation.
        """
        if not self.check:
            return CheckedData()
        check: Check = TRAINERS.resolve(self.name, self.check)
        found = check(data, on_preparing)
        return found if isinstance(found, CheckedData) else CheckedData(tuple(found))

    def check_fixed(self, fix: Mapping[str, Any]) -> None:
        """Raise an error if something other than the values of the fixed choices is wrong."""
        if self.check_choices:
            TRAINERS.resolve(self.name, self.check_choices)(fix)

    def check_needs(self, job: TrainingJob, data: CheckedData) -> tuple[str, ...]:
        """Return remarks on what `job` needs; raise an error if its device has not so much."""
        if not self.needs:
            return ()
        return tuple(TRAINERS.resolve(self.name, self.needs)(job, data))

    def check_recorded(self, data: DataSpec, epochs: int) -> None:
        """Raise an error if a trainer of recorded trainings has none of so many epochs on these images."""
        if self.recorded:
            TRAINERS.resolve(self.name, self.recorded)(data, epochs)

    def check_measures(self, quantities: Sequence[str], devices: Sequence[str]) -> None:
        """Raise an error if one of `quantities` cannot be measured on `devices`."""
        if self.measures:
            TRAINERS.resolve(self.name, self.measures)(quantities, devices)

    def effects_of(self, epochs: int, facts: Facts) -> tuple[Effect, ...]:
        """Return the effects of the choices in a training of `epochs` epochs on data with these facts."""
        if not self.effects:
            return ()
        effects: Effects = TRAINERS.resolve(self.name, self.effects)
        return tuple(effects(epochs, facts))

    def forecaster(self, data: CheckedData, epochs: int, ranks: int) -> Forecaster | None:
        """Return the forecast of a training as a function of its choices; None if the trainer has none."""
        if not self.forecast:
            return None
        forecasting: Forecasting = TRAINERS.resolve(self.name, self.forecast)
        return forecasting(data, epochs, ranks)

    def why_not_continued(self, choices: Mapping[str, Any], epochs: int, longer: int, facts: Facts) -> str:
        """Return why a training of `epochs` epochs cannot go on as one of `longer`; empty if it can."""
        if not self.continuing:
            return f"trainer {self.name!r} does not continue shorter trainings"
        continuing: Continuing = TRAINERS.resolve(self.name, self.continuing)
        return continuing(choices, epochs, longer, facts)

    def course_of(self, choices: Mapping[str, Any], epochs: int, facts: Facts) -> Course:
        """Return the course of a training of `epochs` epochs with canonical `choices`."""
        if not self.course:
            return Course()
        courses: Courses = TRAINERS.resolve(self.name, self.course)
        return courses(choices, epochs, facts)

    def load_judge(self) -> Judge | None:
        """Import and return the function that judges trained networks; None if the trainer has none."""
        judge: Judge | None = TRAINERS.resolve(self.name, self.judge) if self.judge else None
        return judge

    def load(self) -> Train:
        """Import and return the training function."""
        train: Train = TRAINERS.resolve(self.name, self.train)
        return train


TRAINERS: Registry[TrainerSpec] = Registry(
    "trainer",
    {"replay": "paretocaps.replay.spec:REPLAY"},
    group="paretocaps.trainers",
    of=TrainerSpec,
    made="paretocaps.domain.own_trainer:found",
)
