from dataclasses import replace

import pytest

from paretocaps.report.level_notes import best_and_level, level_notes, level_text


@pytest.fixture
def levelled(front):
    """The front with trials 1 and 0 level in accuracy, and 1 and 2 in time, where neither is best."""
    levels = {1: {"acc": (0,), "time": (2,)}, 0: {"acc": (1,), "time": ()}, 2: {"acc": (), "time": (1,)}}
    return replace(
        front,
        members=tuple(replace(member, level=levels[member.trial]) for member in front),
        validation_images=144,
    )


def test_the_best_and_those_level_with_it_share_a_mark(levelled):
    acc, time, params = levelled.objectives
    assert best_and_level(levelled.members, acc) == (1, 0)
    assert best_and_level(levelled.members, time) == ()
    assert best_and_level(levelled.members, params) == ()
    assert best_and_level([], acc) == ()


def test_the_notes_name_the_best_and_what_one_image_is_worth(levelled):
    assert level_notes(levelled) == [
        "≈: level with the best of its column, trial 1 in acc; no paired test at 5 % tells them apart",
        "144 validation images: one is 0.7 points of acc",
    ]

    both = {1: {"acc": (0,), "params": (0,)}, 0: {"acc": (1,), "params": (1,)}, 2: {}}
    equal = [replace(m, level=both[m.trial], values={**m.values, "params": 1e6}) for m in levelled]
    found = level_notes(replace(levelled, members=tuple(equal)))[0]
    assert found.startswith("≈: level with the best of its column, trial 1 in acc and params; ")


@pytest.mark.parametrize(
    ("images", "points"), [(1, "100.0"), (30, "3.3"), (6000, "0.02"), (10_000, "0.01"), (100, "1.0")]
)
def test_one_image_is_told_in_points(levelled, images, points):
    *_, last = level_notes(replace(levelled, validation_images=images))
    assert last.startswith(f"{images:,} validation image")
    assert last.endswith(f": one is {points} points of acc")


def test_accuracies_that_were_not_compared_are_named(front):
    (line,) = level_notes(front)
    assert line == (
        "whether trials 0, 1, 2 are level with others in acc is not known: a test needs"
        " two seeds in common, or one seed of which predictions are kept"
    )
    assert level_notes(replace(front, members=front.members[:1])) == []
    assert level_notes(replace(front, objectives=front.objectives[1:], validation_images=9)) == []


def test_a_member_says_whom_it_is_level_with(levelled):
    first, _, last = levelled.members
    assert level_text(first, levelled.objectives) == "level in acc with trial 0, in time with trial 2"
    both = replace(first, level={"acc": (0,), "time": (2,), "params": (0,)})
    assert (
        level_text(both, levelled.objectives) == "level in acc and params with trial 0, in time with trial 2"
    )
    assert level_text(last, levelled.objectives[:1]) == ""
    many = replace(first, level={"acc": tuple(range(2, 9))})
    assert level_text(many, levelled.objectives) == "level in acc with trials 2, 3, 4, 5, 6 and 2 more"
