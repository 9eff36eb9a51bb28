import pytest

from paretocaps.domain.choices import Choices
from paretocaps.schedules.pruning_start import warmup_epochs


@pytest.mark.parametrize(
    ("start", "epochs", "expected"),
    [
        (0.2, 5, 1),
        (0.2, 30, 6),
        (0.5, 5, 2),
        (0.9, 2, 1),
        (0.01, 10, 1),
        (0.0, 10, 0),
        (0.2, 1, 0),
        (0.99, 10, 9),
    ],
)
def test_pruning_comes_after_its_share_and_leaves_epochs_to_train(start, epochs, expected):
    assert warmup_epochs(Choices(pruning_ratio=0.5, pruning_start=start), epochs) == expected


def test_without_a_ratio_nothing_is_pruned():
    assert warmup_epochs(Choices(), 10) is None
