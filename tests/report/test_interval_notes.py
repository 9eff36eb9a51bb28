from dataclasses import replace

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember
from paretocaps.domain.objective import parse_objectives
from paretocaps.report.interval_notes import interval_notes

OBJECTIVES = parse_objectives("acc,params")


def one(number, *, images=True):
    estimates = {"acc": Estimate(0.9, 1, None, 0.85, 0.93)} if images else {}
    return FrontMember(number, {}, {"acc": 0.9, "params": 9}, estimates=estimates)


def several(number):
    estimates = {"acc": Estimate(0.9, 3, 0.01, 0.88, 0.92), "params": Estimate(9.0, 3, 0.0, 9.0, 9.0)}
    return FrontMember(number, {}, {"acc": 0.9, "params": 9}, seeds=3, estimates=estimates)


def test_they_say_what_the_intervals_are_of():
    (line,) = interval_notes([several(0), several(1)], OBJECTIVES)
    assert line == "±: the larger half of the 95 % interval, over the seeds (t)"
    (line,) = interval_notes([one(0), several(1)], OBJECTIVES)
    assert line.endswith("over the seeds (t) or one seed's images (Wilson)")
    agreeing = replace(several(1), estimates={"acc": Estimate(0.9, 2, 0.0, 0.85, 0.93)}, seeds=2)
    (line,) = interval_notes([several(0), agreeing], OBJECTIVES)
    assert line.endswith("over the seeds (t) or the images (Wilson) where all seeds agree")
    (line,) = interval_notes([one(0)], OBJECTIVES)
    assert line.endswith(", over one seed's images (Wilson)")


def test_trials_without_a_number_of_images_are_named():
    assert interval_notes([one(3, images=False)], OBJECTIVES) == [
        "acc of trial 3 has no interval: the number of validation images was not recorded"
    ]
    lines = interval_notes([one(0), *(one(n, images=False) for n in range(1, 8))], OBJECTIVES)
    assert lines[1].startswith("acc of trials 1, 2, 3, 4, 5 and 2 more has no interval: ")


def test_without_shares_and_intervals_there_is_nothing_to_say():
    assert interval_notes([one(0, images=False)], parse_objectives("time,params")) == []
    assert interval_notes([], OBJECTIVES) == []
