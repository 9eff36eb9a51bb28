"""Checks a study, before anything is created, and resolves all its names."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from paretocaps.domain.choices_model import without_meaningless
from paretocaps.domain.condition import Condition
from paretocaps.domain.ensemble import EnsembleSpec
from paretocaps.domain.objective import Objective, parse_objectives
from paretocaps.domain.own_function import called, is_own
from paretocaps.domain.own_loop import refuse_loop
from paretocaps.domain.quantities.quantities import comparing, parse_quantity
from paretocaps.domain.requirement import with_bounded
from paretocaps.domain.space import Space
from paretocaps.domain.study_spec import SEEDS, StudySpec
from paretocaps.domain.trainer import TRAINERS, CheckedData, TrainerSpec
from paretocaps.errors import ParetocapsError, UnknownNameError, UsageError
from paretocaps.execution.devices import devices, each_of
from paretocaps.execution.executor import (
    EXECUTORS,
    ElsewhereFactory,
    ExecutorFactory,
)
from paretocaps.search.designs import check_designs, with_designs
from paretocaps.search.places import places_on_slots, refuse_sharing
from paretocaps.search.samplers import Sampler, sampler_called
from paretocaps.search.sequences import sobol
from paretocaps.search.stopping.stopper import STOPPERS

_TRIED = 512


@dataclass(frozen=True)
class CheckedStudy:
    """A checked spec with every name resolved; `places` has one device per job that may run at once.

    `slot` is the number of cores of each place, where these are slots of a CPU.
    """

    spec: StudySpec
    objectives: tuple[Objective, ...]
    trainer: TrainerSpec
    sampler: Sampler
    fix: dict[str, object]
    space: Space
    designs: tuple[str, ...]
    executor: ExecutorFactory
    places: tuple[str, ...]
    slot: int | None = None

    def facts(self, data: CheckedData) -> dict[str, int]:
        """Return what tells trainings apart besides their choices: facts of the data, and the ranks."""
        return {**data.facts, "ranks": self.spec.ranks}

    @property
    def settled(self) -> dict[str, object]:
        """The choices of every trial: the fixed ones, and defaults that neither space nor designs change."""
        moved = {parameter.name for parameter in self.space}
        moved |= {name for design in self.designs for name in self.trainer.designs[design]}
        kept = {n: field for n, field in self.trainer.choices.model_fields.items() if n not in moved}
        defaults = {
            name: field.get_default(call_default_factory=True)
            for name, field in kept.items()
            if not field.is_required()
        }
        return {**defaults, **self.fix}

    @property
    def without_effect(self) -> tuple[str, ...]:
        """A remark per fixed choice that has no meaning, given the other fixed ones."""
        model = self.trainer.choices
        kept = without_meaningless(model, self.fix)
        conditions: Mapping[str, Condition] = getattr(model, "conditions", {})
        return tuple(
            f"{name}={value} has no effect: it only applies where {conditions[name]}"
            for name, value in self.fix.items()
            if name not in kept and set(conditions[name].parents) <= self.fix.keys()
        )


def check_study(spec: StudySpec) -> CheckedStudy:
    """Check a spec and resolve all its names, before anything is created.

    Raises:
        UnknownNameError: there is no such objective, trainer, sampler, executor, rule or design.
        UsageError: the trainer does not allow the fixed choices or the space or has no recorded trainings of
            the study, a device does not exist, an objective or a bound compares trials, a bound on a share of
            images is above 1, the sampler learns nothing from another study, or jobs would share a device
            while their times or energy are an objective.
    """
    objectives = parse_objectives(spec.objectives)
    for bound in spec.stated:
        bound.refuse_percent()
    if spec.seed + spec.repeats > SEEDS:
        last = SEEDS - spec.repeats
        raise UsageError(f"seed={spec.seed} is not allowed: with so many repeats, give 0 to {last}")
    if spec.seed + spec.repeats + spec.more_repeats > SEEDS:
        last = SEEDS - spec.seed - spec.repeats
        raise UsageError(
            f"more_repeats={spec.more_repeats} is not allowed: seeds end there, give 0 to {last}"
        )
    _refuse_comparing([*spec.objectives, *(requirement.name for requirement in spec.requirements)])
    _refuse_unregistered(spec)
    trainer, sampler = (
        with_designs(TRAINERS.get(spec.trainer), spec.design),
        sampler_called(spec.sampler, len(objectives)),
    )
    space, fix = sampled_space(trainer, spec)
    _refuse_impossible(trainer, space, fix, spec.seed)
    executor = EXECUTORS.get(spec.executor)
    elsewhere = executor if isinstance(executor, ElsewhereFactory) else None
    here = devices(spec.device, spec.workers or 1, spec.share_device, spec.ranks) if elsewhere is None else []
    places = tuple(
        elsewhere.places(spec) if elsewhere else places_on_slots(spec, executor, here, spec.threads)
    )
    if trainer.recorded:
        _refuse_test_curves(spec)
        trainer.check_recorded(spec.data_spec, spec.epochs)
    else:
        refuse_sharing(spec, objectives, places)
    trainer.check_ranks(spec.ranks, fix, space)
    STOPPERS.get(spec.stop_early)
    _refuse_unknown_to_workers(spec)
    _refuse_unknown_networks(spec.ensembles, trainer)
    measured = [one.quantity for one in with_bounded(objectives, spec.stated)]
    trainer.check_measures(measured, each_of(here))
    if sampler.sequence is not None:
        _refuse_source(spec)
        next(sampler.sequence(space, fix, spec.seed), None)  # a grid refuses a continuous range here
    return CheckedStudy(
        spec=spec,
        objectives=objectives,
        trainer=trainer,
        sampler=sampler,
        fix=fix,
        space=space,
        designs=check_designs(trainer, spec.designs),
        executor=executor,
        places=places,
    )


def sampled_space(trainer: TrainerSpec, spec: StudySpec) -> tuple[Space, dict[str, Any]]:
    """Return what a study samples, and its fixed choices.

    Raises:
        UnknownNameError: the trainer has no space of that name.
        UsageError: a choice or a value is not allowed.
    """
    fix = trainer.parse_fix(spec.fix)
    space = trainer.sampled(spec.space)
    trainer.check_space(space)
    sampled = space.without([*fix, *_yielding(trainer, space, fix)])
    return sampled.settled(_left_alone(trainer, sampled, fix)), fix


def _left_alone(trainer: TrainerSpec, space: Space, fix: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices that are neither sampled nor fixed, on which conditions of the space depend."""
    with suppress(UsageError):
        chosen = {*fix, *(parameter.name for parameter in space)}
        defaults = trainer.complete({}, fix)
        return {name: value for name, value in defaults.items() if name not in chosen}
    return {}


def _yielding(trainer: TrainerSpec, space: Space, fix: Mapping[str, object]) -> list[str]:
    """Return the sampled choices of which every value, but not the default, leaves a fixed one no meaning.

    What the user fixes goes before the space: with `lr_min` fixed, `lr_floor` is not sampled.
    """
    conditions: Mapping[str, Condition] = getattr(trainer.choices, "conditions", {})
    clauses = [clause for name in fix if name in conditions for clause in conditions[name].allowed]
    fields = trainer.choices.model_fields
    return [
        parameter.name
        for parameter in space
        for parent, allowed in clauses
        if parent == parameter.name
        and fields[parent].default in allowed
        and not any(value in allowed for value in parameter.points() or parameter.examples())
    ]


def _refuse_test_curves(spec: StudySpec) -> None:
    """Refuse to let a study read the recorded test accuracy of every epoch: nothing may be chosen by it."""
    if spec.test_every_epoch:
        raise UsageError(
            f"test_every_epoch: trainer {spec.trainer!r} plays trainings back with the test accuracy of their"
            " best epoch alone: leave it out, and read the others from the table (docs/recorded-tables.md)"
        )


def _refuse_source(spec: StudySpec) -> None:
    """Refuse to start from another study with a sampler that proposes predefined points."""
    if spec.from_study is not None:
        raise UsageError(
            f"from_study={spec.from_study!r}: sampler {spec.sampler!r} learns from no trials: choose another"
            " --sampler, or a study without --from"
        )


def _refuse_comparing(names: Sequence[str]) -> None:
    """Refuse quantities that compare trials: a trial's value would change when another trial finishes."""
    for quantity in filter(None, map(parse_quantity, names)):
        if quantity.against is not None:
            raise UsageError(comparing(quantity))


def _refuse_unknown_networks(ensembles: Mapping[str, EnsembleSpec], trainer: TrainerSpec) -> None:
    """Refuse ensembles of designs or choices that the trainer does not have."""
    for ensemble in ensembles.values():
        for design in ensemble.designs:
            if design not in trainer.designs:
                raise UnknownNameError("design", design, trainer.designs)
        trainer.parse_fix(ensemble.choices)


def _refuse_unregistered(spec: StudySpec) -> None:
    """Refuse to go on with a function of somebody's own that this process was not given."""
    if not is_own(spec.trainer) or TRAINERS.only_here(spec.trainer):
        return
    refuse_loop(spec.study, spec.trainer)
    with suppress(ParetocapsError):
        TRAINERS.get(spec.trainer)  # a module may register it when it is imported
    if not TRAINERS.only_here(spec.trainer):
        place, _, version = spec.trainer.rpartition("@")
        function = place.rpartition(":")[2]
        raise UsageError(
            f"study {spec.study!r} is trained by the Python function {function}, version {version}: pass it"
            f" again, paretocaps.optimize(study={spec.study!r}, trainer={function})"
        )


def _refuse_unknown_to_workers(spec: StudySpec) -> None:
    elsewhere = spec.executor != "inline" and not EXECUTORS.only_here(spec.executor)
    if is_own(spec.trainer) and called(spec.trainer).importable:
        return
    if elsewhere and TRAINERS.only_here(spec.trainer):
        raise UsageError(
            f"trainer {spec.trainer!r} is registered in this process only, not in worker processes: use the"
            " inline executor, or install it with an entry point in the group paretocaps.trainers"
        )


def _refuse_impossible(trainer: TrainerSpec, space: Space, fix: dict[str, object], seed: int) -> None:
    """Refuse a space if the trainer refuses every one of many points, with the trainer's last error."""
    refusal: UsageError | None = None
    for sampled in islice(sobol(space, fix, seed), _TRIED):
        try:
            trainer.complete(sampled, fix)
        except UsageError as error:
            refusal = error
        else:
            return
    if refusal is not None:
        raise refusal
