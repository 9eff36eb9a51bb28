from dataclasses import replace

from paretocaps.domain.estimate import Estimate
from paretocaps.report.line_styles import line_styles
from paretocaps.report.policies import PolicyCurve
from paretocaps.report.policies_figure import policies_figures

EXACT = Estimate(0.9, 1), Estimate(0.95, 1)
SPREAD = Estimate(0.8, 3, 0.04, 0.7, 0.9), Estimate(0.9, 3, 0.02, 0.85, 0.95)
FIXED = ((0.0, 1e-3), (2.0, 1e-3))


def curve(trial, name="baseline", family="capsnet", acc=EXACT, rates=FIXED, sizes=(128, 128)):
    return PolicyCurve(trial, name, family, 3, acc, rates, sizes)


def drawn(*curves):
    return policies_figures(curves, line_styles({one.trial: one.family for one in curves}))


def test_there_is_a_panel_per_family_with_every_design():
    figures = drawn(curve(0), curve(1, "lenet5_fixed", "lenet5"), curve(2, "ws"))
    assert list(figures) == ["policies-capsnet", "policies-lenet5"]
    named = [trace.name for trace in figures["policies-capsnet"].data if trace.showlegend]
    assert named == ["baseline", "ws"]
    assert list(drawn(curve(0, family=""))) == ["policies"]


def test_accuracy_has_a_band_where_there_is_an_interval():
    band, line, *_ = drawn(curve(0, acc=SPREAD))["policies-capsnet"].data
    assert (list(band.x), list(band.y)) == ([1, 2, 2, 1], [0.9, 0.95, 0.85, 0.7])
    assert (list(line.x), list(line.y)) == ([1, 2], [0.8, 0.9])
    assert line.text[0] == "epoch 1: acc 0.8000, mean of 3 seeds<br>95 %: 0.7000 to 0.9000"
    assert not drawn(curve(0))["policies-capsnet"].data[0].x
    told = drawn(replace(curve(0), choices=("a=1", "b=<x>", "c=3", "d=4")))["policies-capsnet"].data[1]
    assert told.text[1] == "epoch 2: acc 0.9500, mean of 3 seeds<br>a=1, b=&lt;x&gt;, c=3<br>d=4"


def test_lines_of_one_trial_have_one_style_and_lie_below_each_other():
    traces = drawn(curve(0), curve(1, "adabatch", sizes=(1, 16)))["policies-capsnet"].data
    own = [trace for trace in traces if trace.name == "adabatch"]
    assert [trace.yaxis for trace in own] == ["y", "y2", "y3"]
    assert len({(trace.line.color, trace.line.dash) for trace in own}) == 1
    assert (list(own[2].x), list(own[2].y), own[2].line.shape) == ([0, 1, 2], [1, 16, 16], "hv")


def test_batch_sizes_have_a_panel_only_where_they_differ():
    assert {trace.yaxis for trace in drawn(curve(0), curve(1))["policies-capsnet"].data} == {"y", "y2"}


def test_of_equal_lines_the_earlier_ones_are_wider():
    traces = drawn(curve(0), curve(1), curve(2))["policies-capsnet"].data
    assert [trace.line.width for trace in traces if trace.yaxis == "y2"] == [6, 4, 2]


def test_the_axis_is_fitted_to_the_later_epochs_where_early_ones_would_crowd_them():
    steep = tuple(Estimate(acc, 1) for acc in (0.1, 0.9, 0.97, 0.98))
    layout = drawn(curve(0, acc=steep, sizes=(128,) * 4))["policies-capsnet"].layout
    assert 0.96 < layout.yaxis.range[0] < 0.97
    assert [button.label for button in layout.updatemenus[0].buttons] == [
        "Show later epochs",
        "Show all epochs",
    ]
    assert not drawn(curve(0))["policies-capsnet"].layout.updatemenus
