import json

import pytest

from paretocaps.domain.estimate import Estimate
from paretocaps.report.figures import front_2d, front_3d, placeholder
from paretocaps.report.line_styles import line_styles
from paretocaps.report.plotted import plotted, script_json
from paretocaps.report.policies import PolicyCurve
from paretocaps.report.policies_figure import policies_figures


def test_title_legend_and_buttons_leave_the_figure(front, trials):
    shown = plotted(front_2d(front, trials, x=1, y=0), "a name/of it")
    layout = json.loads(shown.payload)["layout"]
    assert (shown.title, shown.name) == ("acc over time", "a_name_of_it")
    assert not {"title", "legend", "updatemenus"} & set(layout)
    assert layout["showlegend"] is False
    assert not shown.turns
    assert layout["height"] == shown.height < 440
    assert [label for label, _ in shown.buttons] == ["Show front", "Show all trials"]
    assert json.loads(shown.buttons[0][1])["yaxis.range"] == layout["yaxis"]["range"]
    names = [entry.name for entry in shown.legend]
    assert names == ["front of these two", "other trials (1)", "front (3)", "knee"]
    line, faint, *_ = shown.legend
    assert (line.dash, line.symbol, faint.dash, faint.shape) == ("solid", "", "", "circle")


def test_a_figure_in_three_dimensions_is_told_from_others(front, trials):
    assert plotted(front_3d(front, trials), "x").turns


def test_one_name_shows_and_hides_all_lines_of_a_trial():
    curves = [
        PolicyCurve(n, f"t{n}", "", 2, (Estimate(0.9, 2, 0.1, 0.8, 1.0),), ((0.0, 1e-3),), (128,))
        for n in (0, 7)
    ]
    figure = policies_figures(curves, line_styles({0: "", 7: ""}))["policies"]
    legend = plotted(figure, "x").legend
    assert [(entry.name, entry.traces) for entry in legend] == [("t0", (0, 1, 2)), ("t7", (3, 4, 5))]


def test_a_figure_without_names_has_no_legend():
    assert plotted(placeholder("nothing"), "x").legend == ()


@pytest.mark.parametrize("text", ["</script>", "<!--", "&amp;", "]]>"])
def test_nothing_ends_the_script_that_holds_it(text):
    written = script_json({"a": text})
    assert "<" not in written
    assert json.loads(written) == {"a": text}


def test_a_figure_may_say_what_it_needs_above_and_from_side_to_side():
    figure = placeholder("wide").update_layout(meta={"narrowest": 700, "top": 60})
    shown = plotted(figure, "x")
    assert shown.narrowest == 700
    assert json.loads(shown.payload)["layout"]["margin"]["t"] == 60
