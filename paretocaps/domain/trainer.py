"""The trainer protocol, and the registry that trainers plug into."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel

from paretocaps.domain.choices import (
    canonical_choices,
    parse_choices,
    parse_value,
    without_meaningless,
)
from paretocaps.domain.job import DataSpec, OnPreparing, TrainingJob
from paretocaps.domain.measurement import EpochRecord, Measurement
from paretocaps.domain.space import Parameter, Space
from paretocaps.errors import UsageError, did_you_mean
from paretocaps.registry import Registry, resolve

OnEpoch = Callable[[EpochRecord], bool]
"""Called after each epoch; returns whether to go on."""


Calibrate = Callable[[str, int | None], float]
"""A trainer's fixed reference step: called with a device ("cpu", "cuda:0") and CPU threads (None: as many
as are set), returns its seconds there.

Times of the trainer on two devices are compared by the ratio of these seconds, so the step is the same
whatever is searched, and typical of what is trained. It sets the threads it is given, waits for the device
before each reading of the clock, and leaves the global random states alone.
"""


class Check(Protocol):
    """Looks at data before a study is made of them, and prepares what is prepared once for all trials.

    It raises what is wrong with the data, and returns what is worth knowing about them, a line each.
    What takes a while is told to `on_preparing`, unless that is None.
    """

    def __call__(self, data: DataSpec, on_preparing: OnPreparing | None) -> Sequence[str]:
        """Check `data`."""
        ...


class Train(Protocol):
    """Trains one job and measures it.

    `on_epoch` is called after every epoch, in order; where it returns False the training ends
    there, with a measurement of the epochs so far. Whatever goes wrong is raised.
    """

    def __call__(self, job: TrainingJob, on_epoch: OnEpoch) -> Measurement:
        """Train `job` and return its measurement."""
        ...


@dataclass(frozen=True)
class TrainerSpec:
    """A trainer as the driver sees it, readable without importing what the training needs.

    Args:
        name: the name it is registered under.
        choices: the pydantic model of the choices it understands.
        space: the space a study samples by default.
        train: where its `Train` callable lives, as "module:attribute".
        check: where its `Check` function lives, as "module:attribute", which raises what is wrong with
            the study's data before a study is made of it; empty for none.
        measures: where a function lives, as "module:attribute", of the quantities that a study's objectives
            need and the devices it trains on, that raises which of them cannot be measured there; empty for
            none.
        check_choices: where a function of the study's fixed choices lives, as "module:attribute", that raises
            what is wrong with them beside their values, such as a file that is not there; empty for none.
        designs: named sets of choices, in the order in which a study tries them first.
        description: one line for `paretocaps trainers`.
        calibrate: where its `Calibrate` function lives, as "module:attribute", which is measured once in
            each process that trains for a study of times; empty for none: its times then compare on
            one device only.
        ranks: whether `train` can train a job on several ranks (`TrainingJob.ranks`).
    """

    name: str
    choices: type[BaseModel]
    space: Space
    train: str
    check: str = ""
    measures: str = ""
    check_choices: str = ""
    designs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    description: str = ""
    calibrate: str = ""
    ranks: bool = False

    def check_ranks(self, ranks: int) -> None:
        """Refuse several ranks where the trainer knows of one only.

        Raises:
            UsageError: it does not, and more are asked for.
        """
        if ranks > 1 and not self.ranks:
            raise UsageError(f"ranks={ranks}: trainer {self.name!r} trains on one rank only")

    def parse(self, values: Mapping[str, Any]) -> BaseModel:
        """Return `values` as the trainer's choices.

        Raises:
            UsageError: an unknown choice or a value out of its bounds.
        """
        return parse_choices(self.choices, values)

    def canonical(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the canonical form of `values`: equal for choices that train the same network."""
        return canonical_choices(self.choices, values)

    def parse_fix(self, fix: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fixed choices of a study, each checked on its own.

        Raises:
            UsageError: an unknown choice or a value out of its bounds.
        """
        return {name: parse_value(self.choices, name, value) for name, value in fix.items()}

    def check_space(self, space: Space) -> None:
        """Refuse a space that samples what this trainer does not understand.

        Raises:
            UsageError: a choice the trainer does not have, or a value it does not allow.
        """
        for parameter in space:
            for value in parameter.values or parameter.examples():
                parse_value(self.choices, parameter.name, value)
            for parent in parameter.when.parents:
                if parent not in self.choices.model_fields:
                    known = self.choices.model_fields
                    raise UsageError(
                        f"space.{parameter.name}.when: trainer {self.name!r} has no choice {parent!r}"
                        f"{did_you_mean(parent, known)}"
                    )
            self._check_condition(parameter)

    def _check_condition(self, parameter: Parameter) -> None:
        for parent, values in parameter.when.allowed:
            for value in values:
                parse_value(self.choices, parent, value)
        for parent, _ in parameter.when.bounds:
            default = self.choices.model_fields[parent].get_default(call_default_factory=True)
            if isinstance(default, str):
                raise UsageError(
                    f"space.{parameter.name}.when: {parent} is text and has no bound:"
                    f" write {parent} = {default!r}"
                )

    def complete(self, sampled: Mapping[str, Any], fix: Mapping[str, Any]) -> dict[str, Any]:
        """Return the canonical choices of a trial: sampled ones, fixed ones where they mean something.

        Raises:
            UsageError: the choices contradict each other.
        """
        return self.canonical(without_meaningless(self.choices, {**fix, **sampled}))

    def check_data(self, data: DataSpec, on_preparing: OnPreparing | None = None) -> tuple[str, ...]:
        """Raise what is wrong with the data, as far as the trainer can tell beforehand; return its remarks.

        Args:
            data: the study's images.
            on_preparing: is told how far a preparation of them is.
        """
        if not self.check:
            return ()
        check: Check = resolve(self.check)
        return tuple(check(data, on_preparing))

    def check_fixed(self, fix: Mapping[str, Any]) -> None:
        """Raise what is wrong with the fixed choices beside their values, as far as the trainer can tell."""
        if self.check_choices:
            resolve(self.check_choices)(fix)

    def check_measures(self, quantities: Sequence[str], devices: Sequence[str]) -> None:
        """Raise which of `quantities` cannot be measured on `devices`, as far as the trainer can tell."""
        if self.measures:
            resolve(self.measures)(quantities, devices)

    def load(self) -> Train:
        """Import and return the training function."""
        train: Train = resolve(self.train)
        return train


TRAINERS: Registry[TrainerSpec] = Registry("trainer", {}, group="paretocaps.trainers")


def register_trainer(spec: TrainerSpec) -> None:
    """Make `spec` known in this process; a package does the same with an entry point.

    Jobs that run in worker processes find a trainer through the entry-point group
    `paretocaps.trainers` only, so use the inline executor for one registered here.

    Raises:
        ParetocapsError: the name is taken.
    """
    TRAINERS.register(spec.name, spec)
