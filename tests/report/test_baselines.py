import pytest

from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.published import Published
from paretocaps.report.baselines import baselines_table, reach_quantities, reached

PUBLISHED = Published.model_validate(
    {
        "source": "a paper",
        "rows": {
            "fixed_16": {"acc": 0.99, "epochs_to_baseline": 29},
            "fixed_128": {"acc": 0.98},
            "wab": {"epochs_to_baseline": 6, "baselines": ["fixed_16", "fixed_128"]},
            "slow": {"baselines": ["fixed_16"]},
            "lost": {"epochs_to_baseline": 4, "baselines": ["fixed_16"]},
        },
    }
)


def member(number, design, **to):
    values = {f"{kind}(acc={name})": value for name, both in to.items() for kind, value in both.items()}
    return FrontMember(number, {}, values, design=design, seeds=5)


TRIALS = [
    member(0, "fixed_16", fixed_16={"epochs_to": 10.0, "time_to": 100.0}),
    member(1, "wab", fixed_16={"epochs_to": 4.0, "time_to": 125.0}),
    member(2, "slow"),
]


def test_quantities_are_asked_for_baselines_that_were_trained():
    assert reach_quantities(PUBLISHED, TRIALS) == ("epochs_to(acc=fixed_16)", "time_to(acc=fixed_16)")


def test_every_row_is_compared_with_its_baselines_and_a_baseline_with_itself():
    table = baselines_table(reached(PUBLISHED, TRIALS))
    assert table.groups == (("published, not measured here", 4), ("measured here", 5))
    assert table.headings == (
        "row", "baseline", "epochs", "saved", "trial", "epochs", "saved", "time", "saved",
    )  # fmt: skip
    assert table.rows == (
        ("fixed_16", "fixed_16", "29", "0.0 %", "0", "10", "0.0 %", "100 s", "0.0 %"),
        ("fixed_128", "fixed_128", "-", "-", "not trained", "-", "-", "-", "-"),
        ("wab", "fixed_16", "6", "79.3 %", "1", "4", "60.0 %", "125 s", "-25.0 %"),
        ("wab", "fixed_128", "6", "-", "1", "baseline not trained", "-", "-", "-"),
        ("slow", "fixed_16", "-", "-", "2", "not reached", "-", "-", "-"),
        ("lost", "fixed_16", "4", "86.2 %", "not trained", "-", "-", "-", "-"),
    )


def test_without_the_accuracy_of_the_baseline_nothing_counts_as_missed():
    """A trial that equals the baseline but has no design's name is not asked for."""
    trials = [member(0, "fixed_16"), member(1, "wab")]
    assert baselines_table(reached(PUBLISHED, trials)).rows[2][5] == "baseline not trained"


def test_the_printed_epochs_of_a_row_are_not_those_to_itself_where_it_has_a_baseline():
    rows = {
        "fixed": {"epochs_to_baseline": 29},
        "wab": {"epochs_to_baseline": 3, "baselines": ["fixed"]},
        "wab_ws": {"epochs_to_baseline": 2, "baselines": ["wab"]},
    }
    lines = reached(Published.model_validate({"source": "a paper", "rows": rows}), [])
    printed = {(line.name, line.baseline): line.published for line in lines}
    assert printed["wab", "fixed"] == (3, 29)
    assert printed["wab", "wab"] == (None, None)
    assert printed["wab_ws", "wab"] == (2, None)


def test_seconds_of_several_devices_are_left_out():
    table = baselines_table(reached(PUBLISHED, TRIALS, timed=False))
    assert "time" not in table.headings
    assert table.rows[2][-2:] == ("4", "60.0 %")


def test_the_arithmetic_of_the_papers():
    """FasTrCaps and X-TrainCaps: warm restarts need 6 epochs of 29, "a reduction of 79.31 %"."""
    (line,) = (line for line in reached(PUBLISHED, []) if (line.name, line.baseline) == ("wab", "fixed_16"))
    own, baseline = line.published
    assert own is not None
    assert baseline is not None
    assert 1 - own / baseline == pytest.approx(0.7931, abs=5e-5)
