from dataclasses import replace

from paretocaps.report.front_layers import KNEE, layers_of, of_scene


def test_layers_are_drawn_from_the_faintest_to_the_knee(front, trials):
    found = layers_of(front, trials)
    assert [layer.name for layer in found.drawn] == ["other trials (1)", "front (3)", KNEE]
    assert found.members.trials == (1, 0, 2)


def test_many_members_have_no_numbers_beside_them(front, trials):
    many = tuple(replace(trials[0], trial=number) for number in range(41))
    assert layers_of(replace(front, members=many), ()).drawn[0].texts is None
    assert layers_of(replace(front, members=many[:40]), ()).drawn[0].texts[-1] == "39"


def test_three_dimensions_have_fewer_symbols():
    marker = of_scene({"size": 10, "symbol": ["triangle-up-open", "circle", "x"]})
    assert marker["symbol"] == ["diamond-open", "circle", "square"]
    assert marker["size"] == 6.5
