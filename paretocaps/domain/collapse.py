"""Trainings that are no better than one class alone, and the corner of a front that is no answer."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

COLLAPSED, PARTLY = "collapsed", "partly collapsed"
"""The flags of a trial of which every seed, or only some, collapsed."""
REMARK = (
    "collapsed: no better than always answering the largest class: lower lr_max (`paretocaps lr-range` shows"
    " which rates train), or train longer"
)

_ALWAYS, _NEVER = 0.5, 0.9
"""Below the first share of the best accuracy a trial is always in the corner, from the second on never."""
_MOST_DIGITS = 17


def is_collapsed(acc: float, labels: Sequence[int]) -> bool:
    """Return whether an accuracy on images is no better than that of always answering their largest class.

    It then says nothing about the images: a network that answers a single class is one case of it.

    Args:
        acc: the accuracy, 0 to 1.
        labels: the classes of the images, one or more.
    """
    return round(acc * len(labels)) <= max(Counter(labels).values())


def corner_below(accuracies: Sequence[float]) -> float | None:
    """Return the accuracy below which trials of a front are in its collapsed corner; None if none is.

    Nobody beats a network that hardly learned in hardly any time, and nobody wants it. The corner is
    everything below half of the best accuracy, and nothing from nine tenths of it on; in between, it ends at
    the widest gap. Of equally wide gaps it is the lowest. The result is the roundest number in the gap.

    Args:
        accuracies: those of the front's members, 0 to 1, in any order.
    """
    best = max(accuracies, default=0.0)
    levels = sorted(set(accuracies), reverse=True)
    lowest_kept = min((acc for acc in levels if acc >= _NEVER * best), default=best)
    highest_gone = max((acc for acc in levels if acc < _ALWAYS * best), default=None)
    between = [acc for acc in levels if _ALWAYS * best <= acc < _NEVER * best]
    end = _ALWAYS * best if highest_gone is None else highest_gone
    kept, gone = max(reversed([*pairwise([lowest_kept, *between, end])]), key=lambda gap: gap[0] - gap[1])
    return None if gone == end and highest_gone is None else _roundest(gone, kept)


def _roundest(low: float, high: float) -> float:
    """Return the number above `low`, up to `high`, with the fewest decimals."""
    cuts = (int(high * 10**digits) / 10**digits for digits in range(1, _MOST_DIGITS))
    return next((cut for cut in cuts if low < cut <= high), high)
