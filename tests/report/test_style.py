from plotly.graph_objects import Figure, Scatter

from paretocaps.domain.objective import OBJECTIVES
from paretocaps.report.series import Extent
from paretocaps.report.style import CYCLE, FONT, axis, dressed

LINEAR = Extent(False, (0.0, 1.0), None)


def test_titles_say_unit_and_which_way_is_better():
    assert axis(OBJECTIVES.get("time"), LINEAR)["title"]["text"] == "← time [s], less is better"
    assert axis(OBJECTIVES.get("acc"), LINEAR)["title"]["text"] == "acc, more is better →"
    assert axis(OBJECTIVES.get("acc"), LINEAR, turns=True)["title"]["text"] == "acc, more is better"


def test_the_axis_is_fitted_to_the_front_where_it_has_its_own_frame():
    assert axis(OBJECTIVES.get("acc"), LINEAR)["range"] == [0.0, 1.0]
    assert axis(OBJECTIVES.get("acc"), Extent(False, (0.0, 1.0), (0.9, 1.0)))["range"] == [0.9, 1.0]


def test_ticks_of_a_logarithmic_axis_are_named():
    options = axis(OBJECTIVES.get("params"), Extent(True, (5.9, 7.1), None))
    assert options["type"] == "log"
    assert options["ticktext"] == ["1.00M", "2.00M", "5.00M", "10.0M"]


def test_large_counts_have_prefixes_and_accuracies_none():
    assert axis(OBJECTIVES.get("memory"), LINEAR)["tickformat"] == "~s"
    assert "tickformat" not in axis(OBJECTIVES.get("acc"), LINEAR)
    assert "tickformat" not in axis(OBJECTIVES.get("time"), LINEAR)


def test_every_figure_has_one_look_and_not_plotlys():
    figure = dressed(Figure(Scatter(x=[1], y=[2])), "title", height=321)
    layout = figure.layout
    assert (layout.title.text, layout.height) == ("title", 321)
    assert layout.template.layout.font.family == FONT
    assert layout.template.layout.colorway == CYCLE
    assert layout.template.layout.plot_bgcolor == "white"
