from dataclasses import replace

from paretocaps.report.comparison_figures import comparison_figures


def test_every_study_has_one_colour_in_every_figure(front):
    other = replace(front, study="<b>other</b>", members=front.members[:1])
    figures = comparison_figures([front, other], front.objectives)
    assert len(figures) == 4
    for figure in figures:
        drawn = [trace for trace in figure.data if trace.mode == "markers"]
        assert [trace.name for trace in drawn] == ["demo", "&lt;b&gt;other&lt;/b&gt;"]
        assert [len(trace.x) for trace in drawn] == [3, 1]
        assert len({trace.marker.color for trace in drawn}) == 2


def test_two_objectives_have_one_figure_and_an_empty_front_is_no_fault(front):
    (figure,) = comparison_figures([front, replace(front, members=())], front.objectives[:2])
    assert [len(trace.x) for trace in figure.data if trace.mode == "markers"] == [3, 0]
