"""Trainings that end where always answering the largest class would."""

from collections import Counter
from collections.abc import Sequence

COLLAPSED, PARTLY = "collapsed", "partly collapsed"
"""The flags of a trial of which every seed, or only some, collapsed."""
REMARK = (
    "collapsed: no better than always answering the largest class: lower lr_max (`paretocaps lr-range` shows"
    " which rates train), or train longer"
)


def is_collapsed(acc: float, labels: Sequence[int]) -> bool:
    """Return whether an accuracy on images is no better than that of always answering their largest class.

    It then says nothing about the images: a network that answers a single class is one case of it.

    Args:
        acc: the accuracy, 0 to 1.
        labels: the classes of the images, one or more.
    """
    return round(acc * len(labels)) <= max(Counter(labels).values())
