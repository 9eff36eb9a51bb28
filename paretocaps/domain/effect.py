"""What choices come to in a training, so that two spellings of the same training are told to be one."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Facts = Mapping[str, int]
"""Numbers about a study on which its trainer's effects depend, by names in the plural.

They are those that the trainer's `check` found about the data, and the study's "ranks"; not all of them are
known of an older study. They end the sentence "batch_size has no effect with 10 training images".
"""


@dataclass(frozen=True)
class Effect:
    """One thing that some choices decide together, such as the batch sizes and learning rates of a training.

    Attributes:
        choices: the names of these choices. They act through the effects that name them and in no other way;
            a choice that no effect names acts by itself.
        of: returns what they come to, as a hashable value that is equal exactly where the training is. It is
            given the values of those that have a meaning, by name; a stored trial may lack a newer choice.
    """

    choices: tuple[str, ...]
    of: Callable[[Mapping[str, Any]], Hashable]


class Effects(Protocol):
    """A function that returns the effects of a trainer's choices on a training, without importing torch."""

    def __call__(self, epochs: int, facts: Facts) -> Sequence[Effect]:
        """Return the effects in a training of `epochs` epochs.

        Args:
            epochs: the epochs of each training of the study.
            facts: what is known about the study.
        """
        ...
