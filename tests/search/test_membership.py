"""Members of a stored front know how probably they are non-dominated, and are chosen by it."""

import pytest
from filled_study import FinishedTrial, fill_study

from paretocaps.domain.measurement import Device, Measurement, Predictions
from paretocaps.domain.objective import parse_objectives
from paretocaps.search.views import front_of
from paretocaps.storage.store import Store

IMAGES = 100


def trained(wrong, params=100, device="cpu", time=1.0, calibration=1.0, start=0):
    """A measurement that errs on `wrong` images from `start` on."""
    classes = [1 if start <= image < start + wrong else 0 for image in range(IMAGES)]
    return Measurement(
        acc=1 - wrong / IMAGES,
        best_epoch=1,
        time=time,
        wall=time,
        params=params,
        device=Device(name=device, kind="cpu", calibration=calibration),
        predictions=Predictions(labels=[0] * IMAGES, classes=classes),
        validation_images=IMAGES,
    )


@pytest.fixture
def front(storage):
    """Return the front of trials, given as measurements by seed."""
    with Store.open(storage, create=True) as store:
        store.create_study("s", {"objectives": ["acc", "params"]})

        def front(*trials, objectives="acc,params", **view):
            fill_study(store, "s", [FinishedTrial(n, {"n": n}, own) for n, own in enumerate(trials)])
            return front_of(store, "s", parse_objectives(objectives), (), **view)

        yield front


def test_of_one_seed_each_nothing_is_known(front):
    found = front({0: trained(5)}, {0: trained(20, params=50)})
    assert [member.probability for member in found] == [None, None]
    assert "probability" not in found.members[0].as_dict()
    assert "by_chance" not in found.as_dict()


def test_a_member_that_another_more_probably_beats_is_left_out_and_named(front):
    sizes = 100, 110, 120
    steady = [{0: trained(10 - n, size, start=20 * n)} for n, size in enumerate(sizes)]
    steady[0] |= {1: trained(14), 2: trained(6)}
    found = front(*steady, {0: trained(7, params=200, start=80)})
    assert 3 not in [member.trial for member in found]
    assert found.members[-1].probability == 1.0
    assert found.by_chance[3] < 0.5
    assert "trial" in found.left_out[0]
    assert found.as_dict()["by_chance"]["3"] == found.by_chance[3]


def test_times_that_are_scaled_to_another_device_are_resampled_scaled(front):
    slow = {seed: trained(10, device="slow", time=10.0 + seed, calibration=10.0) for seed in (0, 1)}
    quick = {seed: trained(5, device="quick", time=1.2 + seed / 10, calibration=1.0) for seed in (0, 1)}
    found = front(slow, quick, objectives="acc,time", scale_to="quick")
    assert {member.trial: member.probability for member in found}[1] > 0.9
