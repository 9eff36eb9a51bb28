from dataclasses import replace

import pytest

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.report.figures import (
    front_2d,
    front_3d,
    front_figures,
    placeholder,
)
from paretocaps.report.front_layers import Apart


def traces(figure):
    return {trace.name: trace for trace in figure.data if trace.name}


def test_one_figure_a_pair_and_one_over_the_first_three(front, trials):
    names = list(front_figures(front, trials))
    assert names == ["front-acc-time-params", "front-acc-time", "front-acc-params", "front-time-params"]
    five = replace(front, objectives=parse_objectives("acc,time,params,wall,macs"))
    five = replace(five, members=tuple(replace(m, values={**m.values, "macs": 1e6}) for m in five.members))
    assert len(front_figures(five)) == 1 + 10
    assert next(iter(front_figures(five))) == "front-acc-time-params"


def test_two_objectives_have_one_figure(front, trials):
    two = replace(front, objectives=parse_objectives("acc,time"))
    assert list(front_figures(two, trials)) == ["front-acc-time"]


def test_without_a_trial_to_draw_there_is_no_figure(front):
    nothing = FrontRecord("demo", front.objectives, None, 0.0, ())
    assert front_figures(nothing) == {}
    assert front_figures(nothing, [FrontMember(0, {}, {"acc": float("nan")})]) == {}


def test_other_trials_are_faint_and_drawn_once(front, trials):
    figure = front_2d(front, trials, x=1, y=0)
    drawn = traces(figure)
    assert list(drawn) == ["front of these two", "other trials (1)", "front (3)", "knee"]
    other, strong = drawn["other trials (1)"], drawn["front (3)"]
    assert (list(other.x), list(other.y)) == ([15.0], [0.1])
    assert list(strong.y) == [0.99, 0.98, 0.975]
    assert other.marker.opacity < 1
    assert other.marker.size < strong.marker.size
    assert list(strong.customdata[1][:2]) == ["0", " (baseline), mean of 3 seeds"]


def test_bars_show_the_intervals_of_members_that_have_some(front, trials):
    assert traces(front_2d(front, trials, x=1, y=0))["front (3)"].error_y.array is None
    acc = {
        "acc": Estimate(0.98, 3, 0.01, 0.97, 1.0),
        "params": Estimate(8_215_728.0, 3, 0.0, 8_215_728.0, 8_215_728.0),
    }
    members = (front.members[0], replace(front.members[1], estimates=acc), front.members[2])
    figure = front_2d(replace(front, members=members), trials, x=2, y=0)
    drawn = traces(figure)["front (3)"]
    assert list(drawn.error_y.array) == pytest.approx([0, 0.02, 0])
    assert list(drawn.error_y.arrayminus) == pytest.approx([0, 0.01, 0])
    assert drawn.error_x.array is None
    assert all(trace.error_y.array is None for trace in figure.data if trace.name != "front (3)")


@pytest.mark.parametrize("draw", [front_3d, lambda front, trials: front_2d(front, trials, x=1, y=0)])
def test_loaded_trials_are_hollow(front, trials, draw):
    loaded = [replace(one, flags=("loaded",)) for one in front.members]
    beaten = [
        replace(one, flags=("shared", "loaded"))
        for one in trials
        if one.trial not in {m.trial for m in loaded}
    ]
    disturbed = replace(front, members=(*front.members[:1], *loaded[1:]))
    drawn = traces(draw(disturbed, [*trials, *beaten]))
    assert drawn["front (1)"].marker.symbol == ("circle",)
    hollow = drawn["front, loaded or shared (2)"]
    assert hollow.marker.symbol == ("circle-open", "circle-open")
    assert list(hollow.customdata[0][:2]) == ["0", " (baseline), mean of 3 seeds, loaded"]
    everyone = traces(draw(replace(front, members=tuple(loaded)), beaten))
    assert "front (0)" not in everyone
    assert everyone["other trials, loaded or shared (1)"].marker.symbol == "circle-open"
    shared = replace(front, members=(replace(front.members[0], flags=("shared",)), *front.members[1:]))
    assert "front, loaded or shared (1)" in traces(draw(shared, trials))


def test_loaded_members_keep_their_bars(front, trials):
    acc = {"acc": Estimate(0.98, 3, 0.01, 0.97, 1.0)}
    member = replace(front.members[1], estimates=acc, flags=("loaded",))
    disturbed = replace(front, members=(front.members[0], member, front.members[2]))
    bars = traces(front_2d(disturbed, trials, x=1, y=0))
    assert list(bars["front, loaded or shared (1)"].error_y.arrayminus) == [pytest.approx(0.01)]
    assert bars["knee"].error_y.array is None


def test_the_step_line_is_the_front_of_the_two_alone(front, trials):
    line = traces(front_2d(front, trials, x=1, y=0))["front of these two"]
    # trial 2 is on the front for its parameters only
    assert list(zip(line.x, line.y, strict=True)) == [(10.0, 0.98), (120.0, 0.98), (120.0, 0.99)]


def test_axes_are_logarithmic_over_a_decade_and_titled(front, trials):
    figure = front_2d(front, trials, x=1, y=0)
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "linear")
    assert figure.layout.xaxis.title.text == "← time [s], less is better"
    solid = front_3d(front, trials)
    assert solid.layout.scene.xaxis.type == "log"
    assert solid.layout.scene.zaxis.title.text == "acc, more is better"


def test_a_collapsed_trial_leaves_the_front_its_room_and_a_button_shows_it(front, trials):
    figure = front_2d(front, trials, x=1, y=0)
    low, high = figure.layout.yaxis.range
    assert 0.9 < low < 0.975 < 0.99 < high
    show_front, show_all = figure.layout.updatemenus[0].buttons
    assert list(show_front.args[0]["yaxis.range"]) == [low, high]
    assert show_all.args[0]["yaxis.range"][0] < 0.1
    assert not front_2d(front, (), x=1, y=0).layout.updatemenus


def test_the_solid_figure_has_the_first_objective_upwards_and_stems(front, trials):
    figure = front_3d(front, trials)
    strong = traces(figure)["front (3)"]
    assert (list(strong.z), list(strong.x)) == ([0.99, 0.98, 0.975], [120.0, 10.0, 12.0])
    stems = next(trace for trace in figure.data if trace.mode == "lines")
    assert len(stems.z) == 9
    assert stems.z[0] == pytest.approx(figure.layout.scene.zaxis.range[0])


def test_stems_stand_on_the_floor_of_a_logarithmic_axis(front, trials):
    turned = replace(front, objectives=parse_objectives("time,acc,params"))
    figure = front_3d(turned, trials)
    stems = next(trace for trace in figure.data if trace.mode == "lines")
    assert figure.layout.scene.zaxis.type == "log"
    assert stems.z[0] == pytest.approx(10 ** figure.layout.scene.zaxis.range[0])


def test_the_knee_is_the_fronts_knee(front, trials):
    from paretocaps.report.front import Front

    knee = Front.from_record(front).knee()
    drawn = traces(front_2d(front, trials, x=1, y=0))["knee"]
    assert (list(drawn.x), list(drawn.y)) == ([knee.values["time"]], [knee.values["acc"]])


def test_an_empty_front_still_shows_its_trials(front, trials):
    figures = front_figures(replace(front, members=()), trials)
    assert list(traces(figures["front-acc-time-params"])) == ["other trials (4)"]


def test_figures_are_the_same_for_the_same_front(front, trials):
    first, second = (front_figures(front, trials) for _ in range(2))
    assert {n: f.to_json() for n, f in first.items()} == {n: f.to_json() for n, f in second.items()}


def test_a_cloud_of_trials_is_fainter_and_says_less(front, trials):
    many = [replace(trials[3], trial=number) for number in range(100, 400)]
    cloud = traces(front_2d(front, many, x=1, y=0))["other trials (300)"]
    assert cloud.marker.opacity < traces(front_2d(front, trials, x=1, y=0))["other trials (1)"].marker.opacity
    assert list(cloud.customdata[0]) == ["100", "", "0.1000", "15.0 s", "8.22 M"]
    assert cloud.hovertemplate.count("customdata") == 5


def test_other_trials_are_thinned_where_a_page_would_be_too_large(front, trials, monkeypatch):
    monkeypatch.setattr("paretocaps.report.front_layers._DRAWN", 400)
    many = [replace(trials[3], trial=number) for number in range(100, 400)]
    solid, *pairs = front_figures(front, many).values()
    for figure in pairs:
        cloud = traces(figure)["other trials (133 of 300)"]
        numbers = [texts[0] for texts in cloud.customdata]
        assert (len(cloud.x), numbers[0], numbers[-1]) == (133, "100", "399")
    assert "other trials (133 of 300)" in traces(solid)


def test_a_large_front_says_less_too(front, trials):
    many = tuple(replace(trials[3], trial=number) for number in range(100, 400))
    for figure in front_figures(replace(front, members=many), ()).values():
        assert list(traces(figure)["front (300)"].customdata[0]) == ["100", "", "0.1000", "15.0 s", "8.22 M"]


def test_a_placeholder_shows_its_text_only():
    figure = placeholder("gone")
    assert (figure.layout.title.text, figure.layout.xaxis.visible, len(figure.data)) == ("gone", False, 0)


def test_a_member_has_its_own_colour_and_number_in_every_figure(front, trials):
    looks = {tuple(traces(one)["front (3)"].marker.color) for one in front_figures(front, trials).values()}
    assert len(looks) == 1
    assert len(set(looks.pop())) == 3
    assert list(traces(front_2d(front, trials, x=1, y=0))["front (3)"].text) == ["1", "0", "2"]


def test_what_is_no_finished_trial_is_drawn_apart(front, trials):
    published = FrontMember(-1, {}, {"acc": 0.995, "time": 60.0, "params": 6.8e6}, "a row")
    apart = Apart(stopped=[replace(trials[3], trial=9)], published=[published])
    for figure in front_figures(front, trials, apart=apart).values():
        drawn = traces(figure)
        assert drawn["stopped early, at its last epoch (1)"].customdata[0][0] == "9"
        assert " (a row)" in drawn["published, not measured here (1)"].customdata[0]
