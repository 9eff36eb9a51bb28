"""Recommends one member of a stored study's front, with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from paretocaps.domain.aims import parse_aims
from paretocaps.domain.beside_baseline import BASELINE
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import Objective
from paretocaps.domain.study_spec import DEFAULT_STORAGE
from paretocaps.errors import UnknownNameError, UsageError
from paretocaps.service.fronts import bounds, front_of, only_study
from paretocaps.service.opened import Storage, opened

if TYPE_CHECKING:
    from paretocaps.pareto.along import Change
    from paretocaps.report.front import Front


@dataclass(frozen=True)
class Beside:
    """The recommended member beside another trial: `sentence` is "1.4 points less, 7x faster, 7x smaller".

    `better_in` has the objectives in which a neighbour is the next better member; empty for the baseline.
    """

    trial: FrontMember
    sentence: str
    better_in: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as in the JSON of the command line."""
        return {
            "trial": self.trial.trial,
            "design": self.trial.design,
            "better_in": list(self.better_in),
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class Recommendation:
    """One member of a front, and why.

    Attributes:
        front: the front that it is chosen from.
        member: the recommended member.
        why: the reason, in a sentence.
        neighbours: it beside the members that are the next better ones in an objective.
        baseline: it beside the trial of the baseline's design; None where that was not trained, or is it.
        level: sentences on members that no test tells apart from it, and that are better in the rest.
        changes: how the choices change along the front.
        along: the same in sentences.
        importance: by objective, the share of each choice in who is among the best trials, most first.
    """

    front: "Front"
    member: FrontMember
    why: str
    neighbours: tuple[Beside, ...] = ()
    baseline: Beside | None = None
    level: tuple[str, ...] = ()
    changes: "tuple[Change, ...]" = ()
    along: tuple[str, ...] = ()
    importance: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as in the JSON of the command line."""
        return {
            "study": self.front.study,
            "member": self.member.as_dict(),
            "why": self.why,
            "neighbours": [one.as_dict() for one in self.neighbours],
            "baseline": self.baseline.as_dict() if self.baseline else None,
            "level": list(self.level),
            "along": list(self.along),
            "importance": {name: dict(shares) for name, shares in self.importance.items()},
        }


def recommend(
    study: str | None = None,
    storage: Storage = DEFAULT_STORAGE,
    objectives: str | Sequence[str] | None = None,
    require: str | Sequence[str] | None = None,
    measured_on: str | None = None,
    scale_to: str | None = None,
    *,
    all: bool = False,
    preferences: Mapping[str, float] | None = None,
    aim: str | Sequence[str] | None = None,
    baseline: str = BASELINE,
) -> Recommendation:
    """Return one member of a stored study's front with the reasons for it.

    It is the front's knee, or the member that is nearest to `preferences` or to `aim`. Trials that collapsed
    are no answer.

    Args:
        study, storage, objectives, require, measured_on, scale_to, all: those of `load_front`.
        preferences: how much each objective matters, by name.
        aim: levels to reach, such as "acc>=0.98,time<=60".
        baseline: the design whose trial the member is compared with.

    Raises:
        StorageError, UsageError: as for `load_front`; or no trial is on the front, or `preferences` and `aim`
            are both given or not understood.
        UnknownNameError: no trial has the design `baseline`, which is not the default.
    """
    from paretocaps.pareto.along import changes_along
    from paretocaps.report.reasons import level_and_better
    from paretocaps.report.sentences import along_text
    from paretocaps.search.importance import importance
    from paretocaps.search.levels import with_design_levels
    from paretocaps.search.views import trials_of

    if preferences and aim is not None:
        raise UsageError("preferences and aim each choose one member: give one of them")
    with opened(storage) as store:
        name = only_study(store, study)
        front = _answers(front_of(store, name, objectives, bounds(require, all), measured_on, scale_to))
        device = measured_on or front.device
        everyone = trials_of(store, name, front.objectives, None if scale_to else device, scale_to).members
        trials = with_design_levels(store, front, everyone, baseline)
    member, why = _chosen(front, preferences, aim)
    changes = changes_along([dict(one.choices) for one in front])
    return Recommendation(
        front=front,
        member=member,
        why=why,
        neighbours=_neighbours(front, member),
        baseline=_beside_design(trials, member, front.objectives, baseline),
        level=tuple(level_and_better(member, front)),
        changes=tuple(changes),
        along=tuple(along_text(changes, front.members, front.objectives[0])),
        importance=importance(trials, front.objectives),
    )


def _answers(front: "Front") -> "Front":
    """Return the front without trials that collapsed.

    Raises:
        UsageError: nothing else is on it.
    """
    from paretocaps.report.sentences import no_member, no_member_text

    if not front.members:
        raise UsageError(no_member_text(front))
    found = front.learned()
    if not found.members:
        raise UsageError(no_member(front))
    return found


def _chosen(
    front: "Front", preferences: Mapping[str, float] | None, aim: str | Sequence[str] | None
) -> tuple[FrontMember, str]:
    from paretocaps.report.reasons import why_knee
    from paretocaps.report.sentences import aim_text

    if preferences:
        wanted = ", ".join(f"{name}={share:g}" for name, share in preferences.items())
        return front.pick(preferences), f"its strengths are nearest to {wanted}"
    if aim is not None:
        member = front.aim(aim)
        return member, aim_text(member, parse_aims(aim, front.objectives), front.objectives)
    knee = front.knee()
    return knee, why_knee(front, knee)


def _neighbours(front: "Front", member: FrontMember) -> tuple[Beside, ...]:
    from paretocaps.report.sentences import beside, neighbours

    found = neighbours(front.members, member, front.objectives)
    return tuple(Beside(other, beside(member, other, front.objectives), names) for other, names in found)


def _beside_design(
    trials: Sequence[FrontMember], member: FrontMember, objectives: Sequence[Objective], design: str
) -> Beside | None:
    """Return the member beside the first trial of a design; None if it is that trial.

    None, too, if no trial has the design, unless it was asked for by another name than the default.

    Raises:
        UnknownNameError: no trial has that other design.
    """
    from paretocaps.report.sentences import beside

    named = [trial for trial in trials if design in trial.designs]
    if not named and design != BASELINE:
        raise UnknownNameError("design of a trial", design, {name for one in trials for name in one.designs})
    if not named or named[0].trial == member.trial:
        return None
    return Beside(named[0], beside(member, named[0], objectives))
