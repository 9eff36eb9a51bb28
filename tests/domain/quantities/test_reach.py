import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.quantities.quantities import parse_quantity
from paretocaps.domain.quantities.reach import EpochsTo, TimeTo

SHARES = st.integers(0, 10_000).map(lambda right: right / 10_000)
ACCURACIES = st.integers(1, 10_000).map(lambda right: right / 10_000)


@given(ACCURACIES)
def test_names_lead_back_to_their_accuracy(acc):
    asked = TimeTo(acc)
    again = parse_quantity(asked.name)
    assert isinstance(again, TimeTo)
    assert again.acc == pytest.approx(acc, rel=1e-11)
    assert again.name == asked.name


def test_the_first_epoch_at_or_above_counts(learned):
    training = learned([0.2, 0.9, 0.5, 0.95])
    assert TimeTo(0.9).of(training) == 4.0
    assert EpochsTo(0.91).of(training) == 4
    assert TimeTo(0.96).of(training) is None
    assert TimeTo(0.1).of(training.model_copy(update={"epochs": ()})) is None


@given(st.lists(SHARES, min_size=1, max_size=9), ACCURACIES, ACCURACIES)
def test_more_accuracy_never_takes_less_and_the_best_epoch_is_in_time(learned, accuracies, one, other):
    low, high = sorted([one, other])
    made = learned(accuracies)
    lower, higher = (TimeTo(acc).of(made) for acc in (low, high))
    if higher is not None:
        assert lower is not None
        assert lower <= higher <= made.epochs[-1].time
    assert (lower is None) == (made.acc < low)
    if made.acc > 0.01:
        assert TimeTo(made.acc - 1e-9).of(made) == pytest.approx(made.time)


@pytest.mark.parametrize("acc", [0.0, -0.1, 1.1])
def test_an_accuracy_is_above_0_and_at_most_1(acc):
    with pytest.raises(ValueError, match="acc="):
        EpochsTo(acc)
