import numpy as np
import pytest
from filled_study import FinishedTrial, fill_study

from paretocaps.domain.measurement import Device, EpochRecord, Measurement
from paretocaps.domain.objective import parse_objectives
from paretocaps.domain.requirement import parse_requirements
from paretocaps.pareto.indicators import hypervolume, share_of
from paretocaps.search.corners import FIRST_TRIALS
from paretocaps.search.study_history import history_of
from paretocaps.search.views import front_of
from paretocaps.storage.store import Store

BOTH = parse_objectives("acc,time")


def measured(acc, time, *, collapsed=False):
    epoch = EpochRecord(epoch=1, acc=acc, seconds=time, time=time, wall=time)
    device = Device(name="cpu", kind="cpu")
    return Measurement(
        acc=acc, time=time, wall=time, params=1, macs=1, memory=1, best_epoch=1, epochs=(epoch,),
        device=device, collapsed=collapsed,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/s.db", create=True) as store:
        store.create_study("s", {"objectives": ["acc", "time"], "require": []})
        yield store


def fill(store, values):
    trials = [FinishedTrial(2 * n, {"n": n}, {0: measured(*value)}) for n, value in enumerate(values)]
    fill_study(store, "s", trials)


def test_there_is_a_step_per_trial_from_the_one_that_fixes_the_corners_on(store):
    rng = np.random.default_rng(3)
    values = list(zip(rng.uniform(0.5, 1, 30), rng.uniform(1, 9, 30), strict=True))
    fill(store, values)
    steps = history_of(store, "s", BOTH)
    assert [step.trials for step in steps] == list(range(FIRST_TRIALS, 31))
    assert [step.trial for step in steps] == list(range(14, 60, 2))
    front = front_of(store, "s", BOTH)
    for step in steps:
        volume = hypervolume(values[: step.trials], front.reference_point, BOTH)
        assert step.hypervolume == pytest.approx(share_of(volume, front.reference_point, front.ideal_point))
        assert step.training_seconds == pytest.approx(sum(time for _, time in values[: step.trials]))
    assert steps[-1].hypervolume == pytest.approx(front.hypervolume_share)
    assert sorted(step.hypervolume for step in steps) == [step.hypervolume for step in steps]


def test_there_is_none_before(store):
    fill(store, [(0.9, 2.0)] * (FIRST_TRIALS - 1))
    assert history_of(store, "s", BOTH) == ()


def test_the_history_is_that_of_the_front_within_the_bounds(store):
    fill(store, [(0.9 + n / 100, 2.0 + n) for n in range(FIRST_TRIALS)])
    for bounds in ("acc>=0.93", "params<1", ""):
        asked = parse_requirements(bounds)
        front = front_of(store, "s", BOTH, asked)
        (*_, last) = history_of(store, "s", BOTH, requirements=asked)
        assert last.hypervolume == pytest.approx(front.hypervolume_share)
    assert history_of(store, "s", BOTH) == history_of(store, "s", BOTH, requirements=())
    store.create_study("b", {"objectives": ["acc", "time"], "require": ["time<1"]})
    fill_study(store, "b", [FinishedTrial(n, {"n": n}, {0: measured(0.9, 2.0)}) for n in range(9)])
    assert [step.hypervolume for step in history_of(store, "b", BOTH)] == [0.0, 0.0]


def test_collapsed_trials_take_time_and_add_nothing(store):
    fill(store, [(0.9, 2.0)] * FIRST_TRIALS)
    collapsed = FinishedTrial(99, {"n": 99}, {0: measured(0.99, 1.0, collapsed=True)})
    fill_study(store, "s", [collapsed])
    before, after = history_of(store, "s", BOTH)
    assert (after.hypervolume, after.training_seconds) == (before.hypervolume, before.training_seconds + 1.0)


def test_published_figures_have_a_hypervolume_between_the_same_corners(store):
    rows = {"a": {"acc": 0.95, "time": 1.0}, "b": {"acc": 0.99}}
    spec = {"objectives": ["acc", "time"], "require": [], "published": {"source": "a paper", "rows": rows}}
    store.set_spec("s", spec)
    fill(store, [(0.9, 2.0)] * FIRST_TRIALS)
    front = front_of(store, "s", BOTH)
    assert front.published_share == pytest.approx((0.95 - 0.81) * (2.2 - 1.0) / (0.19 * 2.2))
    assert front.hypervolume_share == pytest.approx(0.09 * 0.2 / (0.19 * 2.2))
    assert front_of(store, "s", parse_objectives("acc,params")).published_share is None


def test_the_history_of_one_device_ends_with_its_front_and_has_its_seconds(store):
    """Between the corners of all devices' first trials, as the front is."""
    values = [(0.5 + n / 100, 9.0 - n / 3) for n in range(12)]
    trials = []
    for n, value in enumerate(values):
        device = Device(name="ab"[n % 3 == 0], kind="cpu")
        trials.append(FinishedTrial(n, {"n": n}, {0: measured(*value).model_copy(update={"device": device})}))
    fill_study(store, "s", trials)
    view = BOTH, "b"
    (*_, last) = history_of(store, "s", *view)
    front = front_of(store, "s", BOTH, device="b")
    assert last.hypervolume == pytest.approx(front.hypervolume_share)
    own = [time for n, (_, time) in enumerate(values) if n % 3 == 0]
    assert last.training_seconds == pytest.approx(sum(own))
