from paretocaps.report.depth import DepthLine, DepthPoint
from paretocaps.report.depth_figure import depth_figure


def line(quantity, family, *points):
    return DepthLine(quantity, family, tuple(DepthPoint(*point) for point in points))


def test_a_panel_a_quantity_and_a_line_a_family():
    figure = depth_figure(
        [
            line("memory", "capsnet", (1, 2e9, 1), (8, 4.5e9, 2)),
            line("memory", "momentum_caps", (1, 2e9, 1)),
            line("epoch_time", "capsnet", (1, 3.0, 1), (8, 12.5, 1)),
            line("acc", "capsnet", (1, 0.5, 1), (8, 0.75, 1)),
        ]
    )
    memory, other, seconds, acc = figure.data
    assert (list(memory.x), list(memory.y)) == ([1, 8], [2e9, 4.5e9])
    assert list(memory.marker.symbol) == ["circle", "circle-open"]
    assert memory.text[1] == "8 blocks: 4.50 GB<br>mean of 2 trials"
    assert seconds.text[1] == "8 blocks: 12.5 s<br>one trial"
    assert acc.text[1] == "8 blocks: 0.75<br>one trial"
    assert [trace.xaxis for trace in figure.data] == ["x", "x", "x2", "x3"]
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]
    assert memory.line.color == seconds.line.color == acc.line.color != other.line.color
    assert [a.text for a in figure.layout.annotations] == [
        "peak memory of training [B]",
        "training seconds per epoch [s]",
        "validation accuracy",
    ]


def test_latencies_have_a_row_of_their_own():
    points = (0, 0.5, 1), (20, 0.6, 1)
    names = ("memory", "epoch_time", "acc", "latency", "latency_batch")
    figure = depth_figure([line(name, "momentum_caps", *points) for name in names])
    assert [trace.xaxis for trace in figure.data] == ["x", "x2", "x3", "x4", "x5"]
    assert figure.layout.height > depth_figure([line("acc", "capsnet", *points)]).layout.height
    assert figure.layout.xaxis5.dtick == 2
