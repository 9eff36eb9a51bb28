from paretocaps.domain.measurement import EpochRecord
from paretocaps.report.training_figures import epochs_figure, plan_figure


def curve(epochs, best):
    return [
        EpochRecord(epoch=e, acc=best * e / epochs, seconds=2.0, time=2.0 * e, wall=3.0 * e)
        for e in range(1, epochs + 1)
    ]


def test_one_line_a_trial():
    figure = epochs_figure({3: curve(5, 0.9), 8: curve(5, 0.8)}, {8: "trial 8 (wab)"})
    assert [trace.name for trace in figure.data] == ["trial 3", "trial 8 (wab)"]
    assert list(figure.data[0].x) == [1, 2, 3, 4, 5]
    assert figure.data[0].y[-1] == 0.9
    assert figure.data[1].text[1] == "epoch 2: acc 0.3200<br>4 s of training"


def test_of_many_trials_some_are_drawn_and_that_is_said():
    figure = epochs_figure({number: curve(2, 0.5) for number in range(40)})
    assert len(figure.data) == 12
    assert (figure.data[0].name, figure.data[-1].name) == ("trial 0", "trial 39")
    assert "12 of 40" in figure.layout.title.text
    styles = {(trace.line.color, trace.line.dash) for trace in figure.data}
    assert len(styles) == 12


def test_epochs_are_whole_numbers_and_not_too_many():
    assert epochs_figure({0: curve(5, 0.5)}).layout.xaxis.dtick == 1
    assert epochs_figure({0: curve(100, 0.5)}).layout.xaxis.dtick == 7


def test_no_curves_are_an_empty_figure():
    assert len(epochs_figure({}).data) == 0


def test_epochs_can_be_placed_by_their_seconds():
    figure = epochs_figure({3: curve(3, 0.9)}, along="time")
    assert list(figure.data[0].x) == [2.0, 4.0, 6.0]
    assert "by training time" in figure.layout.title.text
    records = [record.model_copy(update={"cpu_seconds": 0.5}) for record in curve(3, 0.9)]
    figure = epochs_figure({3: records}, along="cpu_time")
    assert list(figure.data[0].x) == [0.5, 1.0, 1.5]
    assert "by CPU time" in figure.layout.title.text


def test_the_plan_shows_rates_above_batch_sizes():
    figure = plan_figure([0, 1, 2, 3], [1e-3, 5e-4, 1e-3, 5e-4], [1, 1, 16, 16], "WAB")
    rates, sizes = figure.data
    assert (list(rates.x), list(rates.y)) == ([0, 1, 2, 3], [1e-3, 5e-4, 1e-3, 5e-4])
    assert (list(sizes.y), sizes.line.shape) == ([1, 1, 16, 16], "hv")
    assert (figure.layout.yaxis2.type, list(figure.layout.yaxis2.tickvals)) == ("log", [1, 16])
    assert figure.layout.title.text == "WAB"


def test_one_batch_size_is_a_linear_axis_with_one_tick():
    figure = plan_figure([0, 1], [1e-3, 1e-3], [128, 128])
    assert (figure.layout.yaxis2.type, list(figure.layout.yaxis2.tickvals)) == ("linear", [128])


def test_a_long_plan_is_thinned_but_keeps_its_corners():
    steps = range(100_000)
    rates = [1e-3 if step == 54_321 else 1e-4 for step in steps]
    sizes = [1 if step < 70_001 else 16 for step in steps]
    drawn, batch = plan_figure(steps, rates, sizes).data
    assert len(drawn.x) < 5_000
    assert (drawn.x[0], drawn.x[-1], max(drawn.y)) == (0, 99_999, 1e-3)
    assert batch.x[list(batch.y).index(16)] == 70_001
