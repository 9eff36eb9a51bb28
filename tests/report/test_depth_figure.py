from paretocaps.report.depth import DepthLine, DepthPoint
from paretocaps.report.depth_figure import depth_figures
from paretocaps.report.slopes import Slope


def line(quantity, family, *points, slope=None, **kind):
    return DepthLine(
        quantity, family, tuple(DepthPoint(*point) for point in points), {"family": family, **kind}, slope
    )


def test_a_figure_a_quantity_and_a_line_a_family():
    figures = depth_figures(
        [
            line("memory", "capsnet", (1, 2e9, 1), (8, 4.5e9, 2)),
            line("memory", "momentum_caps", (1, 2e9, 1)),
            line("epoch_time", "capsnet", (1, 3.0, 1), (20, 12.5, 1)),
            line("acc", "capsnet", (1, 0.5, 1), (8, 0.75, 1)),
        ]
    )
    assert list(figures) == ["depth-memory", "depth-epoch_time", "depth-acc"]
    memory, other = figures["depth-memory"].data
    (seconds,), (acc,) = figures["depth-epoch_time"].data, figures["depth-acc"].data
    assert (list(memory.x), list(memory.y)) == ([1, 8], [2e9, 4.5e9])
    assert list(memory.marker.symbol) == ["circle", "circle-dot"]
    assert memory.text[1] == "8 blocks: 4.50 GB<br>mean of 2 trials"
    assert seconds.text[1] == "20 blocks: 12.5 s<br>one trial"
    assert acc.text[1] == "8 blocks: 0.75<br>one trial"
    assert memory.line.color == seconds.line.color == acc.line.color != other.line.color
    assert figures["depth-epoch_time"].layout.xaxis.dtick == 2
    assert figures["depth-memory"].layout.title.text == "Memory by depth"


def test_a_point_with_a_loaded_trial_is_hollow():
    points = (1, 2.0, 1, True), (2, 3.0, 2, True), (3, 4.0, 2, False)
    (trace,) = depth_figures([line("epoch_time", "capsnet", *points)])["depth-epoch_time"].data
    assert list(trace.marker.symbol) == ["circle-open", "circle-open-dot", "circle-dot"]
    assert trace.text[0] == "1 blocks: 2 s<br>one trial, loaded"


def test_routings_and_optimisers_have_dashes_and_markers_and_a_family_one_colour():
    points = (1, 0.5, 1), (2, 0.6, 3)
    lines = [
        line("acc", family, *points, routing=routing)
        for family in ("residual_caps", "momentum_caps")
        for routing in ("rba", "sda")
    ]
    traces = depth_figures(lines)["depth-acc"].data
    assert [trace.name for trace in traces] == [line.name for line in lines]
    assert [trace.line.dash for trace in traces] == ["solid", "dash"] * 2
    assert list(traces[1].marker.symbol) == ["square", "square-dot"]
    assert traces[0].line.color == traces[1].line.color != traces[2].line.color


def test_a_slope_is_a_thin_line_from_the_first_to_the_last_depth():
    slope = Slope(2.0, 1.0, 1.5, 2.5, 0.9, 3)
    fit, points = depth_figures([line("memory", "capsnet", (1, 3.0, 1), (4, 9.0, 1), slope=slope)])[
        "depth-memory"
    ].data
    assert (list(fit.x), list(fit.y), fit.line.width) == ([1, 4], [3.0, 9.0], 1)
    assert fit.hovertemplate == "2 B ±0.5 B per block<extra>capsnet</extra>"
    assert points.line.color == fit.line.color
