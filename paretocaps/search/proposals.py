"""Proposes a study's next choices, no training twice: from designs, a predefined sequence, or a sampler."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import optuna
from optuna.trial import TrialState

from paretocaps.domain.design_name import name_in_study
from paretocaps.domain.space import Scalar, Space
from paretocaps.errors import UsageError
from paretocaps.search.designs import PlacedDesign, StudyDesigns
from paretocaps.search.observer import Observer
from paretocaps.search.optuna_study import begin_at
from paretocaps.search.samplers import Sampler, grid, sobol
from paretocaps.search.suggestions import suggest

_RESAMPLE = 3
_DRAWS = 16_384


@dataclass(frozen=True)
class Proposal:
    """The choices of a new trial, with its Optuna number and the name of its design, if it has one."""

    number: int
    choices: dict[str, Any]
    design: str | None


@dataclass
class Proposals:
    """Asks an Optuna study for choices whose training was not tried yet.

    On a discrete space samplers repeat choices (TPE in more than a third of its trials), and training them
    again adds nothing to the front. Optuna is told that a repeated proposal was pruned, which samplers for
    several objectives ignore; after three in a row, the next choices are sampled evenly from those not tried.

    Args:
        study: the Optuna study, with its sampler.
        designs: has the trainer, which completes choices, the sampled and the fixed choices, and the designs.
        sampler: its `sequence`, if it has one, decides instead of Optuna.
        seed: the seed of sequences and of even sampling.
        seen: the keys of the trainings tried so far (`SameTraining.key`).
        observer: gets a notice of skipped designs and refused combinations.
    """

    study: optuna.Study
    designs: StudyDesigns
    sampler: Sampler
    seed: int
    seen: set[Hashable]
    observer: Observer
    space: Space = field(init=False)
    fix: Mapping[str, Any] = field(init=False)
    _sequence: Iterator[dict[str, Scalar]] = field(init=False)
    _designed: dict[str, Mapping[str, Any]] = field(init=False, default_factory=dict)
    _contradicted: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.space, self.fix = self.designs.space, self.designs.fix
        source = self.sampler.sequence
        self._sequence = source(self.space, self.fix, self.seed) if source else iter(())

    def enqueue_designs(self, names: tuple[str, ...], again: Collection[str] = ()) -> None:
        """Enqueue the designs, once per study; skip one that the space or `fix` excludes, with a notice.

        Designs that are the same training in this study are tried once, under all of their names.

        Args:
            names: names of the designs.
            again: names in the study of those that may be tried once more if they were tried once before.
        """
        tried = Counter(trial.user_attrs.get("design") for trial in self.study.get_trials(deepcopy=False))
        for key, placed in self._trainings(names).items():
            name = name_in_study([(design, found.fixed) for design, found in placed.items()])
            first = next(iter(placed.values()))
            self._designed[name] = first.choices
            if key in self.seen or tried[name] > (name in again):
                continue
            if tried[name]:
                self.observer.notice(f"design {name} failed, maybe for a temporary reason: it is tried again")
            self.study.enqueue_trial(dict(first.sampled), user_attrs={"design": name})

    def _trainings(self, names: Sequence[str]) -> dict[Hashable, dict[str, PlacedDesign]]:
        """Return the designs that the study allows, in order, by training and name."""
        found: dict[Hashable, dict[str, PlacedDesign]] = {}
        for name in names:
            try:
                placed = self.designs.of(name)
            except UsageError as error:
                self.observer.notice(f"design {name} is left out: {error}")
                continue
            found.setdefault(self.designs.same.key(placed.choices), {})[name] = placed
        return found

    def named_designs(self, names: Sequence[str]) -> dict[Hashable, str]:
        """Return the names in the study of the designs that it allows, by training."""
        return {
            key: name_in_study([(design, found.fixed) for design, found in placed.items()])
            for key, placed in self._trainings(names).items()
        }

    def begin(self, choices: Mapping[str, Any], design: str | None) -> Proposal:
        """Begin a trial with given choices, past Optuna's sampler and the designs that wait.

        Raises:
            UsageError: the space or the fixed choices do not allow them.
        """
        sampled = self.designs.point(choices)
        trial = begin_at(self.study, sampled, {"design": design} if design else {})
        suggest(trial, self.space, self.fix)
        self.seen.add(self.designs.same.key(choices))
        return Proposal(trial.number, dict(choices), design)

    def next(self) -> Proposal | None:
        """Return the next proposal, or None if every point of the space was tried."""
        for _ in range(_RESAMPLE):
            if not self._has_waiting() and self.sampler.sequence and not self._enqueue(self._sequence):
                break
            proposal = self._ask()
            if proposal:
                return proposal
        if self._enqueue(self._untried()):
            return self._ask()
        return None

    def _ask(self) -> Proposal | None:
        trial = self.study.ask()
        choices = self._complete(suggest(trial, self.space, self.fix))
        name = trial.user_attrs.get("design")
        if choices is not None and name in self._designed:  # the same training, as the design spells it
            choices = dict(self._designed[name])
        key = None if choices is None else self.designs.same.key(choices)
        if choices is None or key in self.seen:
            trial.set_user_attr("repeats" if choices is not None else "contradicts", True)
            self.study.tell(trial.number, state=TrialState.PRUNED)
            return None
        self.seen.add(key)
        return Proposal(trial.number, choices, name)

    def _enqueue(self, points: Iterator[dict[str, Scalar]]) -> bool:
        # a sequence may be endless although all points of its space were tried
        for sampled in islice(points, _DRAWS):
            choices = self._complete(sampled)
            if choices is not None and self.designs.same.key(choices) not in self.seen:
                self.study.enqueue_trial(sampled)
                return True
        return False

    def _complete(self, sampled: Mapping[str, Scalar]) -> dict[str, Any] | None:
        """Return the choices of a trial, or None if the trainer refuses the combination; notify once."""
        try:
            return self.designs.trainer.complete(sampled, self.fix)
        except UsageError as error:
            if not self._contradicted:
                self.observer.notice(f"combinations that the trainer refuses are left out: {error}")
            self._contradicted = True
            return None

    def _untried(self) -> Iterator[dict[str, Scalar]]:
        """Yield evenly spread points: all points of a small space, shuffled, or an endless sequence."""
        seed = self.seed + len(self.seen)
        listed = self.space.combinations is not None and self.space.combinations <= _DRAWS
        yield from (grid if listed else sobol)(self.space, self.fix, seed)

    def _has_waiting(self) -> bool:
        waiting = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        return bool(waiting)
