"""Sentences on the intervals of a front's values: what they are of, and which are missing."""

from collections.abc import Sequence

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import Objective, images_of
from paretocaps.domain.wording import trials_text

SURE = "sure: how probably no other trial beats a member, over resampled seeds and validation images"
_NAMED = 5


def interval_notes(members: Sequence[FrontMember], objectives: Sequence[Objective]) -> list[str]:
    """Return what the intervals that `members` have are of, which are missing, and what "sure" means."""
    sure = [SURE] if any(member.probability is not None for member in members) else []
    return [*_kinds(members, objectives), *_missing(members, objectives), *sure]


def _kinds(members: Sequence[FrontMember], objectives: Sequence[Objective]) -> list[str]:
    shown = [m for m in members if any(m.estimate(o.name).half_width is not None for o in objectives)]
    shares = [o.name for o in objectives if images_of(o.quantity)]
    agree = [m for m in shown if m.seeds > 1 and any(m.estimate(name).sd == 0 for name in shares)]
    kinds = {
        "the seeds (t)": any(member.seeds > 1 for member in shown),
        "one seed's images (Wilson)": any(member.seeds == 1 for member in shown),
        "the images (Wilson) where all seeds agree": bool(agree),
    }
    of = " or ".join(kind for kind, given in kinds.items() if given)
    return [f"±: the larger half of the 95 % interval, over {of}"] if of else []


def _missing(members: Sequence[FrontMember], objectives: Sequence[Objective]) -> list[str]:
    lines = []
    for objective in (o for o in objectives if images_of(o.quantity)):
        numbers = (m.trial for m in members if m.seeds == 1 and m.estimate(objective.name).low is None)
        if without := sorted(numbers):
            lines.append(
                f"{objective.name} of {trials_text(without, _NAMED)} has no interval: the number of"
                f" {images_of(objective.quantity)} images was not recorded"
            )
    return lines
