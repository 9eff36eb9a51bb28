from dataclasses import replace

from paretocaps.report.recommended import recommended
from paretocaps.report.sentences import no_member


def test_the_knee_is_recommended_beside_the_best_and_the_baseline(front, trials):
    found = recommended(replace(front, members=(trials[1], trials[2])), trials)
    assert (found.trial, found.name) == (2, "trial 2")
    acc, time, params = found.cards
    assert acc.value == "0.9750"
    assert acc.beside == (
        ("the baseline (trial 0)", "0.5 points less"),
        ("the best acc (trial 1)", "1.5 points less"),
    )
    assert time.beside[1] == ("the best acc (trial 1)", "10x faster")
    assert params.beside[0] == ("the baseline (trial 0)", "1.2x smaller")
    assert found.sentences == (
        "Beside trial 1 (adabatch), the next better in acc: 1.5 points less, 10x faster, 1.2x smaller",
    )


def test_what_is_level_flagged_or_tested_is_said(front, trials):
    best = replace(trials[1], values=trials[1].values | {"test_acc": 0.97})
    other = replace(trials[2], level={"acc": (1,)}, flags=("loaded",))
    other = replace(other, values=other.values | {"test_acc": 0.96})
    found = recommended(replace(front, members=(best, other)))
    assert found.cards[0].beside == (("the best acc (trial 1)", "level"),)
    assert found.cards[-1].value == "0.9600"
    assert found.doubts == ("loaded", "level in acc with trial 1")


def test_collapsed_members_are_no_choice_and_stretch_no_scale(front, trials):
    collapsed = replace(trials[2], flags=("collapsed",))
    found = recommended(replace(front, members=(trials[1], collapsed)))
    assert (found.trial, found.why) == (1, "It is the only member of the front")
    assert recommended(replace(front, members=(collapsed,))) is None
    assert "no member to recommend: all of its front collapsed" in no_member(
        replace(front, members=(collapsed,))
    )


def test_nothing_is_recommended_from_nothing_and_one_is_the_only_one(front, trials):
    assert recommended(replace(front, members=())) is None
    found = recommended(replace(front, members=trials[:1]), trials)
    assert (found.why, found.sentences) == ("It is the only member of the front", ())
    assert found.cards[0].beside == ()
