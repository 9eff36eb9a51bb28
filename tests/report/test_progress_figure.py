from paretocaps.report.progress_figure import progress_figure


def test_the_hypervolume_goes_up_in_steps_and_on_to_the_last_trial():
    (line,) = progress_figure([(8, 1.0), (11, 1.5)], trials=20).data
    assert (list(line.x), list(line.y)) == ([8, 11, 20], [1.0, 1.5, 1.5])
    assert line.line.shape == "hv"
