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


def test_a_design_is_named_in_place_of_an_accuracy():
    asked = parse_quantity(" time_to( acc = baseline_16 ) ")
    assert asked == TimeTo("baseline_16")
    assert (asked.name, asked.against) == ("time_to(acc=baseline_16)", "baseline_16")
    assert "best validation accuracy of baseline_16" in asked.description
    assert EpochsTo(0.9).against is None


def test_a_design_s_best_is_reached_where_the_mean_over_seeds_reaches_it(learned):
    """The means are 0.5, 0.7, 0.6 and 0.45, 0.7, 0.8: each seed alone would say 2 and 3, or 2 and never."""
    baseline = [learned([0.6, 0.8, 0.6]), learned([0.4, 0.6, 0.6])]
    trial = [learned([0.5, 0.8, 0.9]), learned([0.4, 0.6, 0.7])]
    assert EpochsTo("baseline").of_trial(trial, baseline) == [2.0, 2.0]
    assert TimeTo("baseline").of_trial(trial, baseline) == [4.0, 4.0]
    assert EpochsTo("baseline").of_trial(baseline, baseline) == [2.0, 2.0]
    assert EpochsTo("baseline").of_trial(baseline, trial) == [None, None]
    assert EpochsTo("baseline").of_trial(trial, [learned([0.9])]) == [None, None]


def test_seconds_are_each_seed_s_own_at_the_common_epoch(learned):
    fast = learned([0.2, 0.9])
    later = tuple(record.model_copy(update={"time": 3 * record.time}) for record in fast.epochs)
    slow = fast.model_copy(update={"epochs": later})
    assert TimeTo("a").of_trial([fast, slow], [learned([0.9])]) == [4.0, 12.0]


def test_rounding_of_a_mean_does_not_decide(learned):
    """0.1 + 0.7 + 0.7 and 0.5 + 0.5 + 0.5 are the same number of images, but not the same sum of floats."""
    equal, spread = [learned([0.5])] * 3, [learned([acc]) for acc in (0.1, 0.7, 0.7)]
    for one, other in ((equal, spread), (spread, equal)):
        assert EpochsTo("a").of_trial(one, other) == [1.0] * 3


@pytest.mark.parametrize("name", ["", "a b", "a,b", "0.9x", "a)"])
def test_a_name_of_a_design_can_be_written_in_a_list(name):
    with pytest.raises(ValueError, match="acc="):
        EpochsTo(name)
