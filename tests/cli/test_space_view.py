from dataclasses import replace

from paretocaps import service
from paretocaps.cli.space_view import lines, size_text
from paretocaps.domain.space_size import SpaceSize


def test_the_size_is_in_words():
    view = service.space(name="papers")
    assert size_text(view) == "3,696 points"
    assert size_text(replace(view, size=SpaceSize(1))) == "1 point"
    assert size_text(replace(view, size=SpaceSize(8, ("a", "b")))) == (
        "8 combinations of listed values, each with any number of points: a, b are ranges"
    )


def test_what_is_fixed_idle_and_tried_first_is_said():
    view = replace(service.space(name="papers", settings=["decoder=none"]), without_effect=("growth",))
    assert lines(view)[1:3] == ["fixed: decoder=none", "without effect, and not sampled: growth"]
    assert lines(view)[3].startswith("tried first: 6 designs (baseline, ")
