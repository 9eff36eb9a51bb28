import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.view import EnergyEstimate, ReachView, parse_view
from paretocaps.errors import UsageError

SHARES = st.integers(0, 10_000).map(lambda right: right / 10_000)
ACCURACIES = st.integers(1, 10_000).map(lambda right: right / 10_000)


def epochs(accuracies):
    return tuple(
        EpochRecord(epoch=n, acc=acc, seconds=2.0, time=2.0 * n, wall=3.0 * n)
        for n, acc in enumerate(accuracies, start=1)
    )


def measurement(accuracies):
    records = epochs(accuracies)
    best = max(records, key=lambda record: (record.acc, -record.epoch))
    return Measurement(
        acc=best.acc,
        best_epoch=best.epoch,
        time=best.time,
        wall=99,
        params=1,
        device=Device(name="cpu", kind="cpu"),
        epochs=records,
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("time_to(acc=0.955)", "time_to(acc=0.955)"),
        (" time_to( acc = .90 ) ", "time_to(acc=0.9)"),
        ("epochs_to(acc=1.)", "epochs_to(acc=1)"),
        ("epochs_to(acc=9e-1)", "epochs_to(acc=0.9)"),
    ],
)
def test_a_view_has_one_name(text, name):
    view = parse_view(text)
    assert view is not None
    assert view.name == name
    assert parse_view(name) == view


@given(ACCURACIES)
def test_names_lead_back_to_their_accuracy(acc):
    view = ReachView("time_to", acc)
    again = parse_view(view.name)
    assert again is not None
    assert again.acc == pytest.approx(acc, rel=1e-11)
    assert again.name == view.name


@pytest.mark.parametrize(
    "text", ["time_to", "time_to()", "time_to(0.9)", "time_to(acc=0)", "epochs_to(acc=1.1)"]
)
def test_a_parameter_that_cannot_be_shows_the_form(text):
    with pytest.raises(UsageError, match=r"not understood: write (time|epochs)_to\(acc=0\.99\)"):
        parse_view(text)


@pytest.mark.parametrize("text", ["time", "acc", "time_total", "epochs_together(acc=1)", ""])
def test_other_names_are_no_views(text):
    assert parse_view(text) is None


def test_the_first_epoch_at_or_above_counts():
    records = epochs([0.2, 0.9, 0.5, 0.95])
    assert ReachView("time_to", 0.9).of(records) == 4.0
    assert ReachView("epochs_to", 0.91).of(records) == 4
    assert ReachView("time_to", 0.96).of(records) is None
    assert ReachView("time_to", 0.1).of(()) is None


@given(st.lists(SHARES, min_size=1, max_size=9), ACCURACIES, ACCURACIES)
def test_more_accuracy_never_takes_less_and_the_best_epoch_is_in_time(accuracies, one, other):
    low, high = sorted([one, other])
    made = measurement(accuracies)
    lower, higher = (made.quantity(f"time_to(acc={acc:.12g})") for acc in (low, high))
    if higher is not None:
        assert lower is not None
        assert lower <= higher <= made.epochs[-1].time
    assert (lower is None) == (made.acc < float(f"{low:.12g}"))
    if made.acc > 0.01:
        best = made.acc - 1e-9
        assert made.quantity(f"time_to(acc={best:.12g})") == pytest.approx(made.time)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_the_mean_time_of_an_epoch(accuracies):
    assert measurement(accuracies).quantity("epoch_time") == pytest.approx(2.0)


@pytest.mark.parametrize("text", ["energy_estimate(watts=65)", " energy_estimate ( watts = 65.0 ) "])
def test_an_estimate_of_energy_is_the_time_by_the_watts_that_were_named(text):
    view = parse_view(text)
    assert view == EnergyEstimate(65)
    assert view.name == "energy_estimate(watts=65)"


@pytest.mark.parametrize("text", ["energy_estimate", "energy_estimate(watts=0)", "energy_estimate(65)"])
def test_an_estimate_without_watts_says_how_to_write_it(text):
    with pytest.raises(UsageError, match=r"write energy_estimate\(watts=65\)"):
        parse_view(text)
