"""Which trial's further seed says most about a front: where domination is uncertain and seeds are few."""

import numpy as np
from numpy.typing import NDArray

from paretocaps.pareto.membership import Membership

SETTLED = 0.02
"""A trial that is non-dominated with a probability below this, or above 1 less this, is settled."""
NEAR = 0.3
"""What is learnt of a trial near the front counts for this share of what is learnt of a member."""


def worth(found: Membership, counts: NDArray[np.int64], members: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how much one more seed of each trial may tell about a front, [n]; 0 where it is settled.

    Whether one trial dominates another is an event with variance q (1 - q). Those of the pairs whose
    dominated trial is not settled are summed over a trial's pairs, as either of the two, and multiplied by
    the part of a mean's variance that one more seed takes from it, 1 / n - 1 / (n + 1). Members come first:
    among many trials, those with lucky seeds are members.

    Args:
        found: the probabilities of n trials.
        counts: the number of seeds of each, [n].
        members: which of them are on the front, [n].
    """
    open_ = (found.probability > SETTLED) & (found.probability < 1.0 - SETTLED)
    variance = found.dominates * (1.0 - found.dominates) * open_[None, :]
    number = np.maximum(counts, 1)
    found_out: NDArray[np.float64] = (variance.sum(axis=0) + variance.sum(axis=1)) / (number * (number + 1))
    return found_out * np.where(members, 1.0, NEAR)
