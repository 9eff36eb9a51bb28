import math
from dataclasses import replace

import pytest

from paretocaps.report.line_styles import line_styles
from paretocaps.report.parallel_figure import parallel_figure
from paretocaps.report.style import FAINT

STYLES = line_styles(dict.fromkeys((0, 1, 2), ""))


def drawn(front, trials, leading=()):
    return parallel_figure(front, trials, STYLES, leading)["parallel"].data[0]


def test_a_line_is_a_trial_and_members_have_their_colours(front, trials):
    lines = drawn(front, trials)
    assert len(lines.dimensions[0].values) == 4
    scale = [color for _, color in lines.line.colorscale]
    assert [scale[int(one)] for one in lines.line.color] == [FAINT, *(STYLES[n].color for n in (1, 0, 2))]


def test_numbers_over_more_than_a_decade_have_a_logarithmic_axis(front, trials):
    axes = {one.label: one for one in drawn(front, trials).dimensions}
    assert list(axes["time"].values) == pytest.approx([math.log10(t) for t in (15.0, 120.0, 10.0, 12.0)])
    assert "20" in axes["time"].ticktext
    assert list(axes["acc"].values) == [0.1, 0.99, 0.98, 0.975]


def test_choices_have_their_values_in_order_and_those_that_matter_come_first(front, trials):
    axes = drawn(front, trials, ["weight_sharing"]).dimensions
    assert axes[0].label == "weight_sharing"
    schedule = next(one for one in axes if one.label == "batch_schedule")
    assert list(schedule.ticktext) == ["adabatch", "constant"]
    assert list(schedule.values) == [1, 0, 1, 1]


def test_nothing_is_drawn_of_one_trial(front, trials):
    assert parallel_figure(replace(front, members=()), trials[:1], STYLES) == {}


def test_trials_without_a_choice_of_numbers_are_below_them(front, trials):
    floors = (1e-5, 1e-4, 1e-3, 1e-2, None)
    shown = [
        replace(trials[0], trial=10 + n, choices={"lr_min": floor} if floor else {})
        for n, floor in enumerate((*floors, 2e-3))
    ]
    (axis, *_) = drawn(replace(front, members=()), shown).dimensions
    assert axis.label == "lr_min"
    assert list(axis.values)[:4] == pytest.approx([-5, -4, -3, -2])
    assert axis.values[4] == min(axis.values) == axis.tickvals[0]
    assert axis.ticktext[0] == "-"


def test_choices_that_are_lists_have_their_places(front, trials):
    shown = [replace(one, choices={"widths": [32 << n % 2]}) for n, one in enumerate(trials)]
    axis = next(one for one in drawn(front, shown).dimensions if one.label == "widths")
    assert len(axis.ticktext) == 2
