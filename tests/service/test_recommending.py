"""One member of a front, with its reasons."""

from dataclasses import replace

import pytest

from paretocaps import service
from paretocaps.errors import UsageError
from paretocaps.service import recommending


def test_the_knee_is_recommended_with_its_reasons(storage):
    found = service.recommend("s", storage, require=())
    assert found.member in found.front.members
    assert found.member == found.front.knee()
    assert found.as_dict()["member"]["trial"] == found.member.trial
    assert {one.trial.trial for one in found.neighbours} <= {one.trial for one in found.front}
    assert found.baseline is None  # the probe has no such design
    slow = service.recommend("s", storage, require=(), baseline="slow").baseline
    assert slow is None or slow.trial.design == "slow"


def test_preferences_and_aims_choose_the_member(storage):
    best = service.recommend("s", storage, require=(), preferences={"acc": 1})
    assert best.member == best.front.members[0]
    assert best.why == "its strengths are nearest to acc=1"
    aimed = service.recommend("s", storage, require=(), aim="acc>=0.99999")
    assert aimed.member == best.member
    assert aimed.why.startswith("m")
    with pytest.raises(UsageError, match="give one of them"):
        service.recommend("s", storage, preferences={"acc": 1}, aim="acc>=0.9")
    with pytest.raises(UsageError, match="there is no aim"):
        service.recommend("s", storage, aim="")


def test_a_design_that_no_trial_has_is_no_baseline(storage):
    with pytest.raises(UsageError, match="unknown design of a trial 'slwo'"):
        service.recommend("s", storage, require=(), baseline="slwo")


def test_an_empty_front_has_no_member(storage):
    with pytest.raises(UsageError, match="keeps acc>1; the nearest, trial [0-9]+, misses acc>1 by"):
        service.recommend("s", storage, require="acc>1")


def test_a_front_of_which_all_collapsed_has_nothing_to_recommend(storage, monkeypatch):
    read = recommending.front_of

    def collapsed(*given):
        front = read(*given)
        return replace(front, members=tuple(replace(one, flags=("collapsed",)) for one in front))

    monkeypatch.setattr(recommending, "front_of", collapsed)
    with pytest.raises(UsageError, match="study 's' has no member to recommend: all of its front collapsed"):
        service.recommend("s", storage, require=())
