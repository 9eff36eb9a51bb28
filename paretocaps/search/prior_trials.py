"""A warm start: finished trials of another study, which lead a new study's sampler and count for nothing."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial, TrialState, create_trial

from paretocaps.domain.objective import Objective
from paretocaps.domain.requirement import Requirement
from paretocaps.domain.space import Scalar, Space
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import StudyMismatchError, UsageError
from paretocaps.pareto.dominance import rank
from paretocaps.pareto.improvement import expected_improvement
from paretocaps.pareto.matrix import Matrix, Rows
from paretocaps.search.designs import StudyDesigns
from paretocaps.search.device_times import comparable
from paretocaps.search.finished_trials import REFERENCE, Scaling
from paretocaps.search.ranking import latest_device
from paretocaps.search.start import START
from paretocaps.search.suggestions import distribution
from paretocaps.storage.prior_trials import PriorTrial
from paretocaps.storage.store import Store

MOST = 100
"""The most prior trials that are kept: the front of the other study, and its latest others."""
FIRST = START // 2
"""The most points of their front that are trained first, so that the start has others, too."""
FORGOTTEN = 50
"""The finished trials of a study after which prior trials are forgotten."""
FEWEST_PAIRS = 3
"""The points that both studies must have trained before prior trials are told to a sampler."""


def source_trials(
    store: Store, spec: StudySpec, designs: StudyDesigns, objectives: Sequence[Objective]
) -> list[PriorTrial]:
    """Return the trials of the study `spec.from_study` from which a new study starts.

    Args:
        store: has the other study.
        spec: the new study.
        designs: its space.
        objectives: its objectives; where one does not compare across devices, trials are those of the latest.

    Raises:
        UsageError: there is no such study, it has another trainer, did not measure an objective, has no
            finished trial but collapsed ones, or none whose training is a point of the new study's space.
    """
    source = str(spec.from_study)
    wrong = f"study {spec.study!r} cannot start from {source!r}"
    if source == spec.study:
        raise UsageError(f"{wrong}: name another study, from whose trials it is to start")
    stored = store.study(source).spec
    if stored["trainer"] != spec.trainer:
        raise UsageError(f"{wrong}, whose trainer is {stored['trainer']!r} and not {spec.trainer!r}")
    table = store.table(source, [objective.quantity for objective in objectives])
    table = table.only(~table.all_collapsed)
    if any(objective.device_bound for objective in objectives):
        table = comparable(table, objectives, latest_device(table))
    if not len(table):
        raise UsageError(f"{wrong}, which has no finished trial that has learnt anything")
    for objective, column in zip(objectives, table.values.T, strict=True):
        if not np.isfinite(column).any():
            raise UsageError(f"{wrong}, which did not measure {objective.name}: optimise what it measured")
    found, refusal = [], ""
    for row in _front_and_latest(table.values, objectives):
        choices = table.choices_of(int(row))
        try:
            designs.point(choices)
        except UsageError as error:
            refusal = refusal or f"trial {table.trials[row]}: {error}"
            continue
        values = dict(zip((one.name for one in objectives), map(float, table.values[row]), strict=True))
        found.append(PriorTrial(source, int(table.trials[row]), choices, values))
    if not found:
        raise UsageError(f"{wrong}, none of whose trials its space allows ({refusal})")
    return found


def _front_and_latest(values: Matrix, objectives: Sequence[Objective]) -> Sequence[int]:
    """Return the rows of the front, and of the latest others that have all values, `MOST` at most.

    Of a longer front, which is in the order of the first objective, these are evenly spaced.
    """
    front = rank(values, objectives)
    front = front[np.linspace(0, len(front) - 1, min(MOST, len(front))).astype(int)]
    others = np.setdiff1d(np.flatnonzero(np.isfinite(values).all(axis=1)), front)
    latest = others[max(0, len(others) - (MOST - len(front))) :]
    rows: Sequence[int] = np.sort(np.concatenate([front, latest])).tolist()
    return rows


def settled_prior_trials(
    store: Store, spec: StudySpec, designs: StudyDesigns, objectives: Sequence[Objective], *, begun: bool
) -> "PriorTrials | None":
    """Return the prior trials of a study; those of a new one are kept first. None if it starts from none.

    Raises:
        UsageError: the trials of the other study do not fit (`source_trials`).
    """
    if spec.from_study is None:
        return None
    if not begun and not store.prior_trials(spec.study):
        store.keep_prior_trials(spec.study, source_trials(store, spec, designs, objectives))
    kept = store.prior_trials(spec.study)
    return PriorTrials.of(kept, designs, objectives, spec.stated) if kept else None


def refuse_other_source(spec: StudySpec, stored: Mapping[str, Any]) -> None:
    """Refuse to start a study that is there already from another study than it started from.

    Raises:
        StudyMismatchError: it started from another one, or from none.
    """
    then = stored.get("from_study")
    if spec.from_study not in (None, then):
        was = f"from {then!r}" if then else "without the trials of another one"
        raise StudyMismatchError(f"study {spec.study!r} started {was}", f"leave --from {spec.from_study} out")


def prior_remarks(prior: "PriorTrials | None") -> Iterator[str]:
    """Yield a sentence on the prior trials of a study, if it has some."""
    if prior is not None:
        first, source = len(prior.first(FIRST)), prior.trials[0].source
        yield (
            f"{len(prior.trials)} trials of study {source!r} lead the sampler, and count as no"
            f" trials of this one: {first} of its front are trained first"
        )


@dataclass(frozen=True)
class PriorTrials:
    """The prior trials of a study, at points of its space.

    Their ranks are transferred, not their values: seconds and accuracies of other data, of another fidelity
    or of another device do not compare, but what is better there is often better here (`transferred`).

    Attributes:
        trials: n prior trials.
        points: their points.
        values: float[n, m], in the objectives' own units, as they were measured there.
        objectives: the m objectives.
        space: the sampled choices.
        bounds: the study's stated bounds.
    """

    trials: Sequence[PriorTrial]
    points: Sequence[Mapping[str, Scalar]]
    values: Matrix
    objectives: Sequence[Objective]
    space: Space
    bounds: Sequence[Requirement] = ()
    _rows: dict[Hashable, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows = {_key(point): row for row, point in enumerate(self.points)}
        object.__setattr__(self, "_rows", rows)

    @classmethod
    def of(
        cls,
        trials: Sequence[PriorTrial],
        designs: StudyDesigns,
        objectives: Sequence[Objective],
        bounds: Sequence[Requirement],
    ) -> "PriorTrials":
        """Place prior trials in the space of a study."""
        points = [designs.point(trial.choices) for trial in trials]
        values = np.array([[trial.values[one.name] for one in objectives] for trial in trials])
        return cls(trials, points, values, objectives, designs.space, bounds)

    def first(self, count: int) -> list[dict[str, Scalar]]:
        """Return up to `count` points of their front, each of which adds most hypervolume to those before.

        Those of the front of trials that keep the bounds on objectives there come first.
        """
        keeping = np.flatnonzero([self._keeps(row) for row in range(len(self.values))])
        rows = [*self._spread(keeping, count), *self._spread(np.arange(len(self.values)), count)]
        return [dict(self.points[row]) for row in list(dict.fromkeys(rows))[:count]]

    def _spread(self, among: Rows, count: int) -> list[int]:
        """Return up to `count` rows of a front, each of which adds most hypervolume to those before."""
        front = among[rank(self.values[among], self.objectives)]
        scaled = Scaling.of(self.values, self.objectives, front).scaled(self.values[front])
        reference, chosen = np.full(scaled.shape[1], REFERENCE), list[int]()
        while len(chosen) < min(count, len(front)):
            gains = expected_improvement(scaled, np.zeros_like(scaled), scaled[chosen], reference)
            gains[chosen] = -1.0
            chosen.append(int(np.argmax(gains)))
        return [int(front[row]) for row in chosen]

    def _keeps(self, row: int) -> bool:
        values = dict(zip((one.name for one in self.objectives), self.values[row], strict=True))
        return all(bound.kept_by(values[bound.name]) for bound in self.bounds if bound.name in values)

    def told(self, own: Sequence[FrozenTrial], share: float = 1.0) -> list[FrozenTrial]:
        """Return what a sampler is told of them beside the study's own trials, as finished trials.

        It is told nothing until the study has trained a few of their points, and nothing of points that it
        has tried.

        Args:
            own: the study's trials.
            share: how many of the others are told, evenly.
        """
        finished = [trial for trial in own if trial.state == TrialState.COMPLETE]
        both = {row: trial.values for trial in finished if (row := self._row(trial)) is not None}
        if len(both) < FEWEST_PAIRS:
            return []
        tried = {_key(trial.params) for trial in own if trial.state.is_finished()}
        others = [row for row, point in enumerate(self.points) if _key(point) not in tried]
        left = int(share * len(others))
        if not left:
            return []
        others = [others[k * len(others) // left] for k in range(left)]
        there, here, known = self.values[list(both)], np.array(list(both.values())), self.values[others]
        signs = [objective.sign for objective in self.objectives]
        columns = zip(there.T, here.T, known.T, signs, strict=True)
        values = np.stack([transferred(*column) for column in columns], axis=1)
        return [self._trial(row, told) for row, told in zip(others, values.tolist(), strict=True)]

    def still_told(self, own: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        """Return what is told to a sampler that learns anew each time.

        That is the less, the more of the study's `own` trials finished, and nothing from `FORGOTTEN` on.
        """
        finished = sum(trial.state == TrialState.COMPLETE for trial in own)
        return self.told(own, 1.0 - finished / FORGOTTEN) if finished < FORGOTTEN else []

    def _row(self, trial: FrozenTrial) -> int | None:
        return self._rows.get(_key(trial.params))

    def _trial(self, row: int, values: Sequence[float]) -> FrozenTrial:
        of_objectives = dict(zip((one.name for one in self.objectives), values, strict=True))
        # samplers need all constraints of each trial: what is not known of it breaks none
        excess = {
            str(b): b.excess(of_objectives[b.name]) if b.name in of_objectives else 0.0 for b in self.bounds
        }
        point, prior = self.points[row], self.trials[row]
        return create_trial(
            state=TrialState.COMPLETE,
            values=list(values),
            params=dict(point),
            distributions={one.name: distribution(one) for one in self.space if one.name in point},
            user_attrs={"prior": f"trial {prior.trial} of study {prior.source}"},
            system_attrs={f"constraints:{bound}": share for bound, share in excess.items()},
        )


def transferred(there: Matrix, here: Matrix, values: Matrix, sign: int) -> Matrix:
    """Return what values of one study are expected to be in another, by their ranks among common points.

    The sorted values of the common points in both studies give a rising function, which is interpolated, and
    extended to worse values by its mean slope, at most as far again as it reaches; where all common points
    are equal there, by as much as values differ there. No value becomes better than the best measured here.

    Args:
        there, here: float[k], the values of k common points in either study.
        values: float[n], other values there.
        sign: +1 where less is better, else -1.
    """
    logarithmic = sign > 0 and min(map(np.min, (there, here, values))) > 0.0
    there, here, values = (np.log(one) if logarithmic else sign * one for one in (there, here, values))
    places, first = np.unique(np.sort(there), return_index=True)
    steps = np.sort(here)[first]  # the best of those that are equal there
    found = np.interp(values, places, steps)
    spread = places[-1] - places[0]
    slope = (steps[-1] - steps[0]) / spread if spread > 0.0 else 1.0
    beyond = slope * np.maximum(values - places[-1], 0.0)
    found = found + (np.minimum(beyond, steps[-1] - steps[0]) if spread > 0.0 else beyond)
    result: Matrix = np.exp(found) if logarithmic else sign * found
    return result


def _key(point: Mapping[str, Any]) -> Hashable:
    # Optuna's 0.6000000000000001 is the 0.6 of a range with a step
    return frozenset((n, round(v, 12) if isinstance(v, float) else v) for n, v in point.items())
