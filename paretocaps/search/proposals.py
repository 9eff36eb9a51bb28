"""Proposes a study's next choices, no training twice: from designs, a sequence of points, or a sampler."""

import math
from collections import deque
from collections.abc import Callable, Container, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice, takewhile
from typing import Any, Literal

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

from paretocaps.domain.design_name import name_in_study
from paretocaps.domain.space import Scalar, Space
from paretocaps.errors import UsageError
from paretocaps.search.designs import PlacedDesign, StudyDesigns
from paretocaps.search.finished_trials import CONTRADICTS, REJECTED, REPEATS
from paretocaps.search.known_trials import KnownTrials
from paretocaps.search.observer import Observer
from paretocaps.search.optuna_study import begin_at, tell_once
from paretocaps.search.samplers import Sampler
from paretocaps.search.sequences import grid, sobol
from paretocaps.search.start import START, Length, Start, shortest_first
from paretocaps.search.suggestions import suggest
from paretocaps.storage.claims import Begun, Refusal

_RESAMPLE = 3
_DRAWS = 16_384


_STEERED = 50
"""After so many rejections in a row the sampler proposes, as points of a start keep to no bound."""
MOST_REJECTED = 200
"""How many proposals in a row may be rejected before nothing more is proposed."""
Nothing = Literal["exhausted", "full", "rejected"]
"""Why there is no further trial.

Every point of the space, or every design of a `planned` study, was tried; the study has all its trials; or
`MOST_REJECTED` proposals in a row were rejected.
"""
Claim = Callable[["Proposal"], Begun | Refusal]
"""Begins the trial of a proposal, or refuses because of what other drivers have done (`claim_new`)."""


@dataclass(frozen=True)
class Proposal:
    """The choices of a new trial, with its Optuna number, and the name of its design, if it has one."""

    number: int
    choices: dict[str, Any]
    design: str | None


@dataclass
class Proposals:
    """Asks an Optuna study for choices whose training was not tried yet.

    On a discrete space samplers repeat choices (TPE in more than a third of its trials), and training them
    again adds nothing to the front. Optuna is told that a repeated proposal was pruned, which TPE counts
    among the bad ones and other samplers ignore; after three in a row, the next choices are sampled evenly
    from those not tried. What `claim` rejects is no repeat: Optuna is told that it was pruned, and is asked
    again.

    Args:
        study: the Optuna study, with its sampler.
        designs: has the trainer, which completes choices, the sampled and the fixed choices, and the designs.
        sampler: its `sequence`, if it has one, decides instead of Optuna; otherwise a Sobol sequence does
            until its `start` is over, which every sampler has where the space has priors.
        seed: the seed of sequences and of even sampling.
        known: the trials of all drivers, and the keys of the trainings that were tried (`seen`).
        observer: gets a notice of skipped designs and refused combinations.
        prior_points: the points of another study with which the start begins, before those of a sequence.
        length: how long the training of canonical choices is, by which a start without priors begins with
            the shortest ones; None where it does not (`length_by`).
        planned: whether nothing is proposed but designs and the points of a sequence.
        lifted: the rejected trials whose bound no longer holds.
    """

    study: optuna.Study
    designs: StudyDesigns
    sampler: Sampler
    seed: int
    known: KnownTrials
    observer: Observer
    prior_points: Sequence[dict[str, Scalar]] = ()
    length: Length | None = None
    planned: bool = False
    lifted: Container[int] = frozenset()
    space: Space = field(init=False)
    fix: Mapping[str, Any] = field(init=False)
    _sequence: Iterator[dict[str, Scalar]] = field(init=False)
    _start: Start = field(init=False)
    _first: deque[tuple[str, PlacedDesign]] = field(init=False, default_factory=deque)
    _designed: dict[str, Mapping[str, Any]] = field(init=False, default_factory=dict)
    _contradicted: bool = field(init=False, default=False)
    _rejected: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.space, self.fix = self.designs.space, self.designs.fix
        self._sequence = chain(self.prior_points, self._points())
        guided = START if self.space.has_priors else len(self.prior_points)
        self._start = Start(self.study, max(self.sampler.start, guided), self.known.states)

    def _points(self) -> Iterator[dict[str, Scalar]]:
        """Return the points of the sampler's sequence, or those of its start."""
        if self.sampler.sequence is not None:
            return self.sampler.sequence(self.space, self.fix, self.seed)
        points, length = sobol(self.space, self.fix, self.seed), self.length
        if length is None or self.space.has_priors:
            return points

        def training(point: Mapping[str, Scalar]) -> tuple[Hashable, float]:
            choices = self._complete(point)
            return (None, math.inf) if choices is None else (self.designs.same.key(choices), length(choices))

        return shortest_first(points, training)

    def begin_with(self, names: tuple[str, ...]) -> None:
        """Propose designs before anything else, those that were not tried; notify of those that are left out.

        Designs that are the same training in this study are tried once, under all of their names. One that
        failed is tried once more if it may succeed then.
        """
        waiting = {trial.user_attrs.get("design") for trial in self._waiting()}  # an older version's
        for key, placed in self._trainings(names).items():
            name = name_in_study([(design, found.fixed) for design, found in placed.items()])
            first = next(iter(placed.values()))
            self._designed[name] = first.choices
            tried, again = self.known.designs[name], name in self.known.again
            if key in self.known.seen or name in waiting or tried > again:
                continue
            if tried:
                self.observer.notice(f"design {name} failed, maybe for a temporary reason: it is tried again")
            self._first.append((name, first))

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

    @property
    def design_names(self) -> dict[Hashable, str]:
        """The names in the study of the designs of `begin_with`, by training."""
        return {self.designs.same.key(choices): name for name, choices in self._designed.items()}

    def begin(
        self, choices: Mapping[str, Any], design: str | None, claim: Claim
    ) -> tuple[Proposal, Begun] | None:
        """Begin a trial with given choices, past Optuna's sampler; return None if another driver has it.

        Raises:
            UsageError: the space or the fixed choices do not allow them.
        """
        trial = begin_at(self.study, self.designs.point(choices), {"design": design} if design else {})
        suggest(trial, self.space, self.fix)
        found = self._claimed(trial, Proposal(trial.number, dict(choices), design), claim)
        return None if found == "full" else found

    def next(self, claim: Claim) -> tuple[Proposal, Begun] | Nothing:
        """Return the next proposal that could be claimed, with its first attempt."""
        while self._first:
            name, placed = self._first[0]
            found = None
            if self.designs.same.key(placed.choices) not in self.known.seen:
                found = self._try(begin_at(self.study, placed.sampled, {"design": name}), claim)
            if found == "full":
                return found
            self._first.popleft()
            if found is not None:
                return found
        if self.planned and self.sampler.sequence is None:
            return "exhausted"
        repeats = 0
        while self._rejected < MOST_REJECTED and repeats < _RESAMPLE:
            asked, rejected = self._ask(), self._rejected
            if asked is None:
                break
            if found := self._try(asked, claim):
                return found
            repeats = repeats + 1 if self._rejected == rejected else 0
        while self._rejected < MOST_REJECTED:
            point = self._unseen(self._untried())
            if point is None:
                return "exhausted"
            if found := self._try(begin_at(self.study, point, {}), claim):
                return found
        return "rejected"

    def _ask(self) -> optuna.Trial | None:
        """Return a trial of the sampler, of its start or of its sequence, which may have come to its end."""
        if self.sampler.sequence is None and self._start.trials and self._rejected_last >= _STEERED:
            self._start.end()
        if (self.sampler.sequence is None and self._start.over) or self._waiting():
            return self.study.ask()
        point = self._unseen(self._sequence, anew=True)
        if point is not None:
            return begin_at(self.study, point, {})
        self._start.end()
        return self.study.ask() if self.sampler.sequence is None else None

    @property
    def _rejected_last(self) -> int:
        """How many of the last trials were rejected, in this run or before it, by what holds still."""
        states, left_out = self.known.states, self.lifted
        latest = sorted(states, reverse=True)
        return sum(1 for _ in takewhile(lambda n: states[n] == "rejected" and n not in left_out, latest))

    def _try(self, trial: optuna.Trial, claim: Claim) -> tuple[Proposal, Begun] | Literal["full"] | None:
        """Claim a trial, unless it repeats another or contradicts itself, which Optuna is told."""
        choices = self._complete(suggest(trial, self.space, self.fix))
        if choices is None:
            self._prune(trial, CONTRADICTS)
            return None
        name = trial.user_attrs.get("design")
        if name in self._designed:  # the same training, as the design spells it
            choices = dict(self._designed[name])
        return self._claimed(trial, Proposal(trial.number, choices, name), claim)

    def _claimed(
        self, trial: optuna.Trial, proposal: Proposal, claim: Claim
    ) -> tuple[Proposal, Begun] | Literal["full"] | None:
        key = self.designs.same.key(proposal.choices)
        if key in self.known.seen:
            self._prune(trial, REPEATS)
            return None
        claimed = claim(proposal)
        if claimed == "full":
            tell_once(self.study, trial.number, state=TrialState.FAIL)
            return "full"
        if claimed == "taken":  # another driver got the same number, and tells Optuna of it
            return None
        self.known.seen.add(key)
        if claimed == "seen":
            self._prune(trial, REPEATS)
            return None
        if claimed == "rejected":
            self._rejected += 1
            self._prune(trial, REJECTED)
            return None
        self._rejected = 0
        return proposal, claimed

    def _prune(self, trial: optuna.Trial, why: str) -> None:
        with suppress(UpdateFinishedTrialError):  # another driver got the same waiting trial
            trial.set_user_attr(why, True)
        tell_once(self.study, trial.number, state=TrialState.PRUNED)

    def _unseen(self, points: Iterator[dict[str, Scalar]], *, anew: bool = False) -> dict[str, Scalar] | None:
        """Return the next point that was not tried; `anew` also passes over what the study has tried in vain.

        A sequence, which begins again in each run, would come to all of that first, and in a row.
        """
        # a sequence may be endless although all points of its space were tried
        for sampled in islice(points, _DRAWS):
            choices = self._complete(sampled)
            key = None if choices is None else self.designs.same.key(choices)
            if key is None or key in self.known.seen:
                continue
            before = self.known.tried.get(key) if anew else None
            if before is None or before in self.lifted:
                return sampled
        return None

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
        seed = self.seed + len(self.known.seen)
        listed = self.space.combinations is not None and self.space.combinations <= _DRAWS
        yield from (grid if listed else sobol)(self.space.without_priors(), self.fix, seed)

    def _waiting(self) -> list[FrozenTrial]:
        """Return the trials in Optuna's queue: its users', or designs that an older version put in."""
        return self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
