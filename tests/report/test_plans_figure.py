from paretocaps.domain.estimate import Estimate
from paretocaps.report.line_styles import line_styles
from paretocaps.report.plans_figure import plans_figure
from paretocaps.report.policies import PolicyCurve


def curve(number, sizes, rate=1e-3):
    acc = (Estimate(0.9, 1),) * len(sizes)
    return PolicyCurve(number, f"trial {number}", "", 1, acc, ((0.0, rate), (1.0, rate / 9)), sizes)


def test_rates_are_logarithmic_and_batch_sizes_have_a_panel_where_they_differ():
    styles = line_styles({1: "", 2: ""})
    figure = plans_figure([curve(1, (128,)), curve(2, (16,))], styles)["plans"]
    assert figure.layout.yaxis.type == "log"
    assert list(figure.layout.yaxis.ticktext) == ["0.0001", "0.0002", "0.0005", "0.001"]
    assert [trace.name for trace in figure.data if trace.showlegend] == ["trial 1", "trial 2"]
    assert list(figure.layout.yaxis2.tickvals) == [16, 128]
    same = plans_figure([curve(1, (128,)), curve(2, (128,))], styles)["plans"]
    assert "yaxis2" not in same.layout.to_plotly_json()
    assert same.data[0].line.width > same.data[1].line.width


def test_a_rate_of_zero_has_a_linear_axis_and_no_member_no_figure():
    figure = plans_figure([curve(1, (128,), 0.0)], line_styles({1: ""}))["plans"]
    assert figure.layout.yaxis.type == "linear"
    assert plans_figure([], {}) == {}
