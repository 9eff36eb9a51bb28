from dataclasses import replace

from paretocaps.report.front_layers import KNEE, layers_of, of_scene


def test_layers_are_drawn_from_the_faintest_to_the_knee(front, trials):
    found = layers_of(front, trials)
    assert [layer.name for layer in found.drawn] == ["other trials (1)", "front (3)", KNEE]
    assert found.members.trials == (1, 0, 2)


def test_three_dimensions_have_fewer_of_many_other_trials_and_say_of_how_many(front, trials, monkeypatch):
    monkeypatch.setattr("paretocaps.report.front_layers._IN_SPACE", 100)
    quiet = [replace(trials[3], trial=number) for number in range(100, 400)]
    loaded = [replace(trials[3], trial=number, flags=("loaded",)) for number in range(400, 450)]
    found = layers_of(front, [*quiet, *loaded])
    others = ["other trials (300)", "other trials, loaded or shared (50)"]
    assert [layer.name for layer in found.drawn][:2] == others
    assert [layer.name for layer in found.in_space][:2] == ["other trials (100 of 300)", others[1]]
    assert found.in_space[0].shown.trials[::99] == (100, 399)
    assert found.in_space[2:] == found.drawn[2:]


def test_the_trials_that_miss_the_bounds_by_least_are_marked_where_none_keeps_them(front, trials):
    none = replace(front, members=(), nearest=(trials[0], trials[2]))
    others, nearest = layers_of(none, trials).drawn
    assert (others.name, nearest.name) == ("other trials (2)", "nearest to the bounds (2)")
    assert nearest.texts == ("0", "2")


def test_many_members_have_no_numbers_beside_them(front, trials):
    many = tuple(replace(trials[0], trial=number) for number in range(41))
    assert layers_of(replace(front, members=many), ()).drawn[0].texts is None
    assert layers_of(replace(front, members=many[:40]), ()).drawn[0].texts[-1] == "39"


def test_three_dimensions_have_fewer_symbols():
    marker = of_scene({"size": 10, "symbol": ["triangle-up-open", "circle", "x"]})
    assert marker["symbol"] == ["diamond-open", "circle", "square"]
    assert marker["size"] == 6.5
