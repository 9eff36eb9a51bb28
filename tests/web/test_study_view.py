import json

from paretocaps.web.study_view import read_view, unit_name


def test_a_study_is_read_with_its_front_curves_and_figures(url):
    view = read_view(url, "demo")
    assert view.members == {member.trial for member in view.front}
    assert view.knee.trial in view.members
    assert set(view.trials) == set(view.records) == set(view.curves) == set(range(5))
    assert set(view.weights) <= view.members
    assert list(view.figures) == [
        *("front-acc-time-params", "front-acc-time", "front-acc-params", "front-time-params", "epochs")
    ]
    assert all(json.loads(figure)["layout"]["height"] == 450 for figure in view.figures.values())
    assert not view.runs
    assert view.storage == url


def test_a_study_that_cannot_be_ranked_says_why(url, monkeypatch):
    from paretocaps import service
    from paretocaps.errors import UsageError

    def refuse(*given, **more):
        raise UsageError("measured on 2 devices: name one with --measured-on")

    monkeypatch.setattr(service, "load_front", refuse)
    view = read_view(url, "demo")
    assert view.refused == "measured on 2 devices: name one with --measured-on"
    assert (view.knee, view.figures, len(view.trials)) == (None, {}, 5)


def test_names_have_their_units():
    assert [unit_name(name) for name in ("acc", "time", "memory", "none such")] == [
        *("acc", "time (s)", "memory (B)", "none such")
    ]
