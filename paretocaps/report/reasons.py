"""What is said for and against a recommended member, in sentences that hold for it."""

from typing import TYPE_CHECKING

from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import Objective
from paretocaps.report.sentences import trial_name

if TYPE_CHECKING:
    from paretocaps.pareto.compromise import Compromise

_NAMED = 3


def why_knee(front: FrontRecord, knee: FrontMember) -> str:
    """Return why a front's knee is recommended: "the best compromise: near it, any gain ..."."""
    from paretocaps.pareto.compromise import compromise  # it loads numpy, which most tables do without

    if len(front) == 1:
        return "it is the only member of the front"
    values = [[member.values[o.name] for o in front.objectives] for member in front]
    found = compromise(values, front.objectives, front.members.index(knee))
    if not found.improvable:
        return "no other member is better in any objective"
    return f"the best compromise: {_best(found)}{_reason(found, front)}"


def _best(found: "Compromise") -> str:
    return f"it is the best in {' and '.join(found.best)}, and " if found.best else ""


def _reason(found: "Compromise", front: FrontRecord) -> str:
    if found.costly and not found.best:
        return "near it, any gain in one objective costs more in the others"
    if found.costly:
        others = found.best[0] if len(found.best) == len(found.improvable) == 1 else "the others"
        return f"any gain in {' or '.join(found.improvable)} costs more in {others}"
    if found.nearest:
        tied = f"; of those as near, it is the best in {front.objectives[0].name}" if found.tied else ""
        return f"no other member is nearer to the best values of all objectives{tied}"
    return "of the members whose gains cost most, it is the nearest to the best values of all objectives"


def level_and_better(member: FrontMember, front: FrontRecord) -> list[str]:
    """Return a sentence for each member that is level with this one or the same, and better in the rest.

    Such members are on the front because of differences that no test confirms.
    """
    sentences = []
    for other in front.members:
        states = [(_state(o, member, other), o.name) for o in front.objectives]
        level, better = (
            [name for state, name in states if state == wanted] for wanted in ("level", "better")
        )
        if level and better and not any(state == "worse" for state, _ in states):
            sentences.append(
                f"{trial_name(other)} is level with it in {' and '.join(level)}"
                f" and better in {' and '.join(better)}"
            )
    more = len(sentences) - _NAMED
    return sentences if more <= 0 else [*sentences[:_NAMED], f"so are {more} more"]


def _state(objective: Objective, member: FrontMember, other: FrontMember) -> str:
    """Return how another member is beside this one in an objective: "same", "level", "better" or "worse"."""
    own, theirs = (objective.sign * one.values[objective.name] for one in (member, other))
    if own == theirs:
        return "same"
    if other.trial in member.level.get(objective.name, ()):
        return "level"
    return "better" if theirs < own else "worse"
