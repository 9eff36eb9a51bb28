"""What a trainer tells of a training before it: quantities, and the work of its epochs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Work = Mapping[str, float]
"""The amounts of work of one training step by kind, in any unit; every kind takes seconds in proportion."""


@dataclass(frozen=True)
class EpochForecast:
    """One epoch of a training that has not begun.

    Attributes:
        steps: how many steps it takes.
        work: the work of one of them.
        final: whether the network has the structure of its last epoch, so that this may be the best epoch.
    """

    steps: int
    work: Work
    final: bool = True


@dataclass(frozen=True)
class Forecast:
    """What is known of a training before it.

    Attributes:
        exact: quantities that its measurement will have, by name, such as params.
        estimated: quantities that are known to a tenth, such as memory, which a device may need a share of.
        epochs: its epochs in order, from which its `time` is predicted; empty if the trainer does not tell.
    """

    exact: Mapping[str, float] = field(default_factory=dict)
    estimated: Mapping[str, float] = field(default_factory=dict)
    epochs: tuple[EpochForecast, ...] = ()
