import json

import pytest

from paretocaps.domain.estimate import Estimate
from paretocaps.domain.front_record import FrontMember, FrontRecord
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.requirement import Requirement
from paretocaps.domain.tuning import DEFAULT, Tuning

MEMBERS = (
    FrontMember(
        4,
        {"lr_max": 1e-3},
        {"acc": 0.9, "time": 2.0},
        design="ws",
        seeds=3,
        flags=("shared",),
        estimates={"acc": Estimate(0.9, 3, 0.01, 0.87, 0.93), "time_to(acc=0.95)": Estimate(None, 2)},
        level={"acc": (1,), "time": ()},
    ),
    FrontMember(1, {}, {"acc": 0.8, "time": 1.0}),
)


def front(**changes):
    known = {
        "study": "demo",
        "objectives": parse_objectives("acc,time"),
        "reference_point": (0.7, 3.0),
        "hypervolume": 0.5,
        "members": MEMBERS,
        "ideal_point": (1.0, 0.0),
    }
    return FrontRecord(**(known | changes))


def test_it_is_a_sequence_of_its_members():
    assert list(front()) == list(MEMBERS)
    assert len(front()) == 2
    assert not front(members=())


def test_its_hypervolume_is_unknown_before_the_corners_are_fixed():
    early = front(reference_point=None, hypervolume=0.0)
    assert (early.hypervolume_share, early.as_dict()["hypervolume"]) == (None, None)
    assert front(ideal_point=None).hypervolume_share is None


def test_the_hypervolume_of_published_figures_is_the_same_share():
    assert front(published=0.25).published_share == pytest.approx(front().hypervolume_share / 2)


def test_it_is_printed_as_json():
    assert json.loads(json.dumps(front(device="cpu").as_dict())) == {
        "study": "demo",
        "objectives": [
            {"name": "acc", "direction": "maximize", "unit": ""},
            {"name": "time", "direction": "minimize", "unit": "s"},
        ],
        "reference_point": [0.7, 3.0],
        "hypervolume": 0.5,
        "ideal_point": [1.0, 0.0],
        "hypervolume_share": pytest.approx(0.5 / (0.3 * 3.0)),
        "published_hypervolume_share": None,
        "device": "cpu",
        "scaled_to": None,
        "validation_images": None,
        "tunings": {},
        "members": [
            {
                "trial": 4,
                "design": "ws",
                "seeds": 3,
                "flags": ["shared"],
                "n": 3,
                "level": {"acc": [1], "time": []},
                "choices": {"lr_max": 1e-3},
                "beside_baseline": {"lr_max": 1e-3},
                **Estimate(0.9, 3, 0.01, 0.87, 0.93).columns("acc"),
                **Estimate(2.0, 3).columns("time"),
                **Estimate(None, 2).columns("time_to(acc=0.95)"),
                "time_to(acc=0.95)_n": 2,
            },
            {
                "trial": 1,
                "design": None,
                "seeds": 1,
                "flags": [],
                "n": 1,
                "level": {},
                "choices": {},
                "beside_baseline": {},
                **Estimate(0.8, 1).columns("acc"),
                **Estimate(1.0, 1).columns("time"),
            },
        ],
        "corner": {"below": None, "members": []},
        "nearest": [],
    }


LOW = FrontMember(7, {}, {"acc": 0.3, "time": 0.5})
GONE = FrontMember(8, {}, {"acc": 0.1, "time": 0.1}, flags=("collapsed",))


def test_the_collapsed_corner_is_set_apart_from_the_answers():
    found = front(members=(*MEMBERS, LOW, GONE)).answers()
    assert (found.members, found.corner, found.below) == (MEMBERS, (LOW, GONE), 0.8)
    assert found.apart == "2 trials apart: acc below 0.8, 1 collapsed"
    assert found.left_out == ("2 trials apart: acc below 0.8, 1 collapsed",)
    assert [one["trial"] for one in found.as_dict()["corner"]["members"]] == [7, 8]
    assert [found.admits(trial) for trial in (*MEMBERS, LOW, GONE)] == [True, True, False, False]
    assert front().answers() == front()


def test_a_bound_on_the_accuracy_says_what_is_an_answer():
    bounded = front(members=(*MEMBERS, LOW), requirements=(Requirement("acc", ">=", 0.2),)).answers()
    assert (bounded.members, bounded.below) == ((*MEMBERS, LOW), None)
    other = front(members=(*MEMBERS, LOW), requirements=(Requirement("time", "<=", 9),)).answers()
    assert (other.members, other.below) == (MEMBERS, 0.8)


def test_without_a_share_of_images_only_what_collapsed_is_set_apart():
    sizes = [FrontMember(n, {}, {"params": n, "time": -n}) for n in (1, 100)]
    found = front(objectives=parse_objectives("params,time"), members=(*sizes, GONE)).answers()
    assert (found.members, found.corner, found.apart) == (tuple(sizes), (GONE,), "1 trial apart: collapsed")


def test_a_study_without_finished_trials_has_no_reference_point():
    assert front(reference_point=None, members=()).as_dict()["reference_point"] is None


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({}, ""),
        ({"device": "a", "devices": ("a",)}, ""),
        ({"devices": ("a", "b")}, ""),
        ({"device": "a", "devices": ("a", "b")}, "trials of a only, of 2 devices"),
        (
            {"scaled_to": "b", "devices": ("a", "b")},
            "times of 2 devices, scaled to seconds of b by their calibrations",
        ),
    ],
)
def test_a_note_on_devices_is_there_where_there_are_several(changes, note):
    assert front(**changes).measured_on == note


def test_notes_say_how_many_trials_stand_on_no_front():
    assert front(stopped=1, rejected=12).left_out == (
        "1 trial left out: stopped early",
        "12 trials left out: rejected before training",
    )
    assert front().left_out == ()


def test_notes_on_tunings_name_the_device_where_there_are_several():
    other = Tuning(products="onednn")
    one = front(
        tunings={"a": {"net, 128 images": DEFAULT, "net, 16 images": other, "net, 1 images": DEFAULT}}
    )
    assert one.computed_by == (f"steps computed by {DEFAULT} | {other}",)
    assert one.as_dict()["tunings"]["a"]["net, 16 images"] == {"products": "onednn"}
    two = front(tunings={"a": {"net": DEFAULT}, "b": {"net": other}})
    assert two.computed_by == (f"steps on a computed by {DEFAULT}", f"steps on b computed by {other}")
    assert front().computed_by == ()


def test_bounds_are_joined():
    bounds = tuple(map(Requirement.parse, ("acc>=0.9", "time<60")))
    assert front(requirements=bounds).within == "acc>=0.9 and time<60"
    assert front().within == ""


def test_trials_that_were_not_ranked_are_counted_by_objective():
    unreached = {"time_to(acc=0.99)": 1, "epochs_to(acc=0.9)": 2}
    assert front(unreached=unreached).left_out == (
        "1 trial left out: time_to(acc=0.99) was not reached by every seed",
        "2 trials left out: epochs_to(acc=0.9) was not reached by every seed",
    )
    assert front().left_out == ()


def test_fronts_are_equal_by_their_members_and_not_by_how_they_were_read():
    assert front(device="a", devices=("a", "b"), trainer="probe", unreached={"time": 1}) == front()
    assert front(members=MEMBERS[:1]) != front()
