from paretocaps.report.lr_range_figure import lr_range_figure
from paretocaps.schedules.range_test import RangePoint, Suggestion

POINTS = [RangePoint(n, 10.0 ** (n - 6), 1.0 - n / 10, 1.0 - n / 20) for n in range(6)]


def test_losses_over_rates_with_the_bounds_shaded():
    figure = lr_range_figure(POINTS, Suggestion(1e-4, 1e-3, 1e-2, 1e-1))
    steps, smoothed, steepest, lowest = figure.data
    assert list(steps.x) == list(smoothed.x) == [point.learning_rate for point in POINTS]
    assert list(steps.y) == [point.loss for point in POINTS]
    assert list(smoothed.y) == [point.smoothed for point in POINTS]
    assert (steepest.x[0], steepest.y[0]) == (POINTS[4].learning_rate, POINTS[4].smoothed)
    assert lowest.name == "lowest, 0.1"
    (band,) = figure.layout.shapes
    assert (band.x0, band.x1) == (1e-4, 1e-3)
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.title.text == "Suggested: lr_min 0.0001, lr_max 0.001"


def test_without_a_suggestion_nothing_is_shaded():
    figure = lr_range_figure(POINTS, Suggestion(None, None, None, None))
    assert len(figure.data) == 2
    assert not figure.layout.shapes
    assert figure.layout.title.text == "The loss never fell"
