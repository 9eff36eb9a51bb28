"""Which members of a front are level, from what the store keeps of their trainings."""

import pytest
from filled_study import FinishedTrial, fill_study

from paretocaps.domain.measurement import Device, EpochRecord, Measurement, Predictions
from paretocaps.domain.objective import parse_objectives
from paretocaps.search.levels import with_design_levels
from paretocaps.search.ranking import asked_quantities, ranked_front
from paretocaps.search.views import front_of, trials_of
from paretocaps.storage.store import Store

IMAGES = 100
OBJECTIVES = parse_objectives("acc,time,params")


def trained(wrong=(), time=1.0, params=100, device="cpu", calibration=1.0, kept=True, acc=None):
    """A measurement with mistakes at the images `wrong`."""
    classes = [1 if image in wrong else 0 for image in range(IMAGES)]
    return Measurement(
        acc=1 - len(wrong) / IMAGES if acc is None else acc,
        best_epoch=1,
        time=time,
        wall=time,
        params=params,
        device=Device(name=device, kind="cpu", calibration=calibration),
        predictions=Predictions(labels=[0] * IMAGES, classes=classes) if kept else None,
        validation_images=IMAGES,
    )


@pytest.fixture
def store(storage):
    with Store.open(storage, create=True) as store:
        store.create_study("s", {"objectives": ["acc", "time", "params"]})
        yield store


def levels(store, *trials, **view):
    """Add trials of measurements by seed, and return the members' levels on the front of all."""
    fill_study(store, "s", [FinishedTrial(n, {"n": n}, own) for n, own in enumerate(trials)])
    front = front_of(store, "s", OBJECTIVES, (), **view)
    assert sorted(member.trial for member in front) == list(range(len(trials)))
    return {member.trial: member.level for member in front}


def test_the_same_few_images_in_both_seeds_do_not_tell_trials_apart(store):
    seeds = [
        {seed: trained(range(wrong), time=wrong, params=900 - wrong) for seed in (0, 1)}
        for wrong in (5, 8, 12)
    ]
    found = levels(store, *seeds)
    assert [found[trial]["acc"] for trial in range(3)] == [(1,), (0,), ()]


def test_accuracies_of_one_seed_are_compared_image_by_image(store):
    """Ten mistakes more tell trials apart if nothing else differs, not if both have some of their own."""
    found = levels(
        store,
        {0: trained(range(5), time=3, params=300)},
        {0: trained(range(15), time=1, params=100)},
        {0: trained(range(40, 48), time=2, params=200)},
    )
    assert found == {
        0: {"acc": (2,), "params": ()},
        1: {"acc": (2,), "params": ()},
        2: {"acc": (0, 1), "params": ()},
    }


def test_counts_of_one_seed_are_level_if_equal_and_times_are_not_compared(store):
    found = levels(store, {0: trained([], time=2)}, {0: trained(range(9), time=1)})
    assert found == {0: {"acc": (), "params": (1,)}, 1: {"acc": (), "params": (0,)}}


def test_several_seeds_are_compared_seed_by_seed(store):
    found = levels(
        store,
        {s: trained(range(9 + s), time=2.0 + s, params=200, kept=False) for s in range(3)},
        {s: trained(range(20 + s), time=(1.0, 3.5, 2.0)[s], params=100, kept=False) for s in range(3)},
    )
    assert found[0] == {"acc": (), "time": (1,), "params": ()}


def test_other_images_and_missing_predictions_are_not_compared(store):
    other = trained(range(3), time=2).predictions.model_copy(update={"images": "others"})
    found = levels(
        store,
        {0: trained([], time=9)},
        {0: trained(range(2), time=5, kept=False)},
        {0: trained(range(3), time=2).model_copy(update={"predictions": other})},
        {1: trained(range(4), time=1, params=90)},
    )
    assert found == {0: {"params": (1, 2)}, 1: {"params": (0, 2)}, 2: {"params": (0, 1)}, 3: {}}


def test_trials_of_several_numbers_of_seeds_are_compared_by_what_they_share(store):
    found = levels(
        store,
        {0: trained(range(5), time=3), 1: trained(range(5), time=3)},
        {0: trained(range(50, 58), time=1)},
    )
    assert found[0] == {"acc": (1,), "params": (1,)}


def test_scaled_times_are_compared_as_they_are_scaled(store):
    several = [
        {s: trained(range(3), time=2.0 + s / 10, device="a", params=200) for s in range(3)},
        {s: trained(range(9), time=4.0 + s / 10, device="b", calibration=2.0, params=100) for s in range(3)},
    ]
    found = levels(store, *several, scale_to="a")
    assert found[0]["time"] == (1,)


def test_a_ranked_front_has_the_number_of_images_and_a_single_member_no_level(store):
    fill_study(store, "s", [FinishedTrial(0, {}, {0: trained()})])
    front = front_of(store, "s", OBJECTIVES, ())
    assert front.validation_images == IMAGES
    assert front.members[0].level == {}
    table = store.table("s", asked_quantities(OBJECTIVES))
    assert ranked_front(store.study("s"), table.only(table.trials < 0), OBJECTIVES).validation_images is None


def test_a_design_that_is_on_no_front_knows_whom_it_is_level_with(store):
    """One mistake more, with other images, and larger: the test does not tell it from the member."""
    better, worse = trained(range(5), params=90), trained(range(20, 26), time=2, params=100)
    trials = [FinishedTrial(0, {}, {0: worse}, "baseline"), FinishedTrial(1, {}, {0: better})]
    fill_study(store, "s", trials)
    front = front_of(store, "s", OBJECTIVES, ())
    assert [member.trial for member in front] == [1]
    everyone = trials_of(store, "s", OBJECTIVES).members
    (baseline, other) = with_design_levels(store, front, everyone, "baseline")
    assert baseline.level["acc"] == (1,)
    assert baseline.level["params"] == ()
    assert other == everyone[1]
    assert with_design_levels(store, front, everyone, "wab") == list(everyone)


def test_epochs_that_agree_by_chance_tell_no_trials_apart(store):
    """Five and five epochs against six and six: a whole epoch is the least that they can differ."""
    objectives = parse_objectives("params,epochs_to(acc=0.5)")

    def reached(epochs, params):
        curve = [
            EpochRecord(epoch=n, acc=0.6 if n >= epochs else 0.1, seconds=1, time=n, wall=n)
            for n in range(1, 8)
        ]
        return trained(params=params).model_copy(update={"epochs": tuple(curve)})

    trials = [
        FinishedTrial(n, {"n": n}, {seed: reached(epochs, params) for seed in (0, 1)})
        for n, (epochs, params) in enumerate([(5, 200), (6, 100)])
    ]
    fill_study(store, "s", trials)
    front = front_of(store, "s", objectives, ())
    assert [member.level["epochs_to(acc=0.5)"] for member in front] == [(0,), (1,)]
