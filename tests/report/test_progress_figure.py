from paretocaps.domain.history_step import HistoryStep
from paretocaps.report.progress_figure import progress_figures


def test_the_hypervolume_goes_up_in_steps_over_trials_and_over_training_time():
    steps = [HistoryStep(8, 7, 40.0, 0.5), HistoryStep(9, 9, 60.0, 0.5), HistoryStep(10, 10, 61.5, 0.75)]
    by_trial, by_time = progress_figures(steps).values()
    (line,) = by_trial.data
    assert (list(line.x), list(line.y)) == ([8, 10], [0.5, 0.75])
    assert line.line.shape == "hv"
    assert list(by_time.data[0].x) == [40.0, 61.5]


def test_the_line_of_a_long_study_has_its_steps_and_its_ends():
    steps = [HistoryStep(n, n, float(n), 0.5 if n < 50 else 0.6) for n in range(8, 90)]
    by_trial, _ = progress_figures(steps).values()
    assert list(zip(by_trial.data[0].x, by_trial.data[0].y, strict=True)) == [(8, 0.5), (50, 0.6), (89, 0.6)]
