"""One study from its spec to its stored front."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from paretocaps.domain.objective import Objective, parse_objectives
from paretocaps.domain.space import Space
from paretocaps.domain.spec import StudySpec
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.execution.executor import EXECUTORS
from paretocaps.search.designs import check_designs
from paretocaps.search.identity import refuse_other_study
from paretocaps.search.observer import Observer
from paretocaps.search.optuna_study import open_optuna_storage, open_optuna_study
from paretocaps.search.proposals import Proposals
from paretocaps.search.recovery import recover_trials
from paretocaps.search.runner import Runner
from paretocaps.search.samplers import SAMPLERS, Sampler
from paretocaps.storage.store import Store


@dataclass(frozen=True)
class Plan:
    """A checked study: every name resolved, every fixed choice and space read."""

    spec: StudySpec
    objectives: tuple[Objective, ...]
    trainer: TrainerSpec
    sampler: Sampler
    fix: dict[str, object]
    space: Space
    designs: tuple[str, ...]


def check_study(spec: StudySpec) -> Plan:
    """Resolve everything a spec names, before anything is created.

    Raises:
        UnknownNameError: an objective, trainer, sampler or design that does not exist.
        UsageError: fixed choices or a space that the trainer does not allow.
    """
    objectives = parse_objectives(spec.objectives)
    trainer, sampler = TRAINERS.get(spec.trainer), SAMPLERS.get(spec.sampler)
    fix = trainer.parse_fix(spec.fix)
    space = trainer.space if spec.space is None else Space.parse(spec.space)
    trainer.check_space(space)
    space = space.fixed(fix)
    if sampler.sequence is not None:
        next(sampler.sequence(space, fix, spec.seed), None)  # a grid over a continuous range says so now
    return Plan(spec, objectives, trainer, sampler, fix, space, check_designs(trainer, spec.designs))


def run_study(plan: Plan, store: Store, observer: Observer) -> Runner:
    """Create or reopen the study of `plan` in `store` and run it until it has its trials.

    Raises:
        StudyMismatchError: the stored study has another identity.
        StorageError: another process runs it.
        ParetocapsError: too many trials failed.
        KeyboardInterrupt: Ctrl-C or SIGTERM; everything is saved, running trials are marked.
    """
    spec = plan.spec
    sampler = plan.sampler
    with driver_lock(spec.storage, spec.study), _sigterm_interrupts():
        is_new = _enter(store, spec)
        storage = open_optuna_storage(spec.storage)
        try:
            optuna_sampler = sampler.optuna(spec.seed + store.counts(spec.study).total, spec.trials)
            study = open_optuna_study(storage, spec.study, plan.objectives, optuna_sampler)
            seen = store.choices_seen(spec.study)
            proposals = Proposals(
                study, plan.trainer, plan.space, plan.fix, sampler, spec.seed, set(seen), observer
            )
            executor = EXECUTORS.get(spec.executor)(devices(spec.device, spec.workers))
            with executor:
                runner = Runner(spec, plan.objectives, store, study, proposals, executor, observer)
                observer.opened(spec, store.counts(spec.study).finished)
                if is_new:
                    proposals.enqueue_designs(plan.designs)
                recover_trials(runner)
                runner.run()
            return runner
        finally:
            storage.remove_session()
            storage.engine.dispose()
