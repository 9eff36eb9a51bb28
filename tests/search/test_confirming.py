"""Further seeds where they decide: which are trained, within which budget, and what is resumed."""

import random
import shutil

import pytest

from paretocaps import service
from paretocaps.domain.choices_model import ChoicesModel
from paretocaps.domain.measurement import Device, EpochRecord, Measurement, Predictions
from paretocaps.domain.space import Space
from paretocaps.domain.trainer import TRAINERS, TrainerSpec
from paretocaps.search.driver import Driver
from paretocaps.service.running import Interrupted
from paretocaps.storage.store import Store

IMAGES = 200
STOP: list[str] = []


class Noisy(ChoicesModel):
    """How large a network is, and whether it hardly learns, in hardly any time."""

    size: int = 1
    asleep: bool = False


def train(job, on_epoch):
    """Measure a network: a larger one is slower and better, but seeds differ by more than sizes do."""
    size = job.choices["size"]
    noise = random.Random(f"{{'size': {size}}} {job.seed}")
    asleep = job.choices["asleep"]
    acc = round(((0.2 if asleep else 0.8) + 0.01 * size + noise.gauss(0, 0.02)) * IMAGES)
    time = (0.01 if asleep else 1.0) * size * (1 + noise.uniform(0, 0.02))
    on_epoch(EpochRecord(epoch=1, acc=acc / IMAGES, seconds=time, time=time, wall=time))
    if job.seed == 1 and STOP:
        raise KeyboardInterrupt(STOP.pop())
    return Measurement(
        acc=acc / IMAGES,
        best_epoch=1,
        time=time,
        wall=10.0,
        params=1000 * size,
        validation_images=IMAGES,
        device=Device(name="paper", kind="cpu"),
        predictions=Predictions(labels=(0,) * IMAGES, classes=(0,) * acc + (1,) * (IMAGES - acc)),
    )


NOISY = TrainerSpec(
    name="noisy",
    choices=Noisy,
    space=Space.parse({"size": list(range(1, 9))}),
    train=f"{__name__}:train",
    designs={},
    description="networks that differ by less than their seeds",
)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """Return the database of a study of eight trials of one seed each."""
    path = tmp_path_factory.mktemp("searched") / "test.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TRAINERS._entries, "noisy", NOISY)
        search(path, trials=8)
    return path


def search(storage, **options):
    own = {"trainer": "noisy", "sampler": "grid", "objectives": "acc,time", "require": []}
    return service.optimize({"study": "s", "storage": str(storage), "executor": "inline", **own, **options})


@pytest.fixture
def study(searched, tmp_path, monkeypatch):
    """Return the options of a copy of the study."""
    monkeypatch.setitem(TRAINERS._entries, "noisy", NOISY)
    copy = shutil.copy(searched, tmp_path / "test.db")
    return {"study": "s", "storage": str(copy), "executor": "inline"}


def seeds_of(flags):
    with Store.open(flags["storage"], create=False) as store:
        return {trial.number: sorted(trial.measured) for trial in store.trials("s")}


def test_members_get_the_same_further_seeds_and_their_probability(study):
    summary = service.confirm(study, budget=120)
    assert summary.trained == 12
    assert summary.seconds == 120
    assert "spent" in summary.why
    seeds = seeds_of(study)
    assert sum(map(len, seeds.values())) == 8 + 12
    assert all(own == list(range(len(own))) for own in seeds.values())
    assert all(0 < member.probability <= 1 for member in summary.front)


def test_the_budget_is_that_of_all_runs(study):
    service.confirm(study, budget=50)
    again = service.confirm(study, budget=50)
    assert again.trained == 0
    assert "budget of 50s is spent" in again.why
    assert service.confirm(study, budget=70).trained == 2


def test_a_trial_gets_no_more_seeds_than_allowed(study):
    summary = service.confirm(study, budget="1h", seeds=3)
    assert max(map(len, seeds_of(study).values())) == 3
    assert "3 seeds" in summary.why or "settled" in summary.why


def test_no_trial_gets_a_seed_beyond_the_last_one(study, monkeypatch):
    monkeypatch.setattr("paretocaps.search.confirming.SEEDS", 3)
    service.confirm(study, budget="1h")
    assert max(max(own) for own in seeds_of(study).values()) == 2


def test_a_training_that_would_not_fit_into_the_budget_is_not_begun(study):
    summary = service.confirm(study, budget=55)
    assert (summary.trained, summary.seconds) == (5, 50.0)
    assert "spent but for 5 s" in summary.why


def test_it_ends_where_all_is_settled(study):
    summary = service.confirm({**study, "require": ["acc>=0.5", "time<=1.5"]})
    assert summary.trained == 0
    assert "settled" in summary.why


def test_networks_that_hardly_learned_get_no_seeds(tmp_path, monkeypatch):
    monkeypatch.setitem(TRAINERS._entries, "noisy", NOISY)
    space = {"size": [1, 2, 3, 4], "asleep": [False, True]}
    search(tmp_path / "test.db", trials=8, space=space)
    flags = {"study": "s", "storage": str(tmp_path / "test.db"), "executor": "inline"}
    summary = service.confirm(flags, budget=200)
    assert not any(member.choices["asleep"] for member in summary.front)
    with Store.open(flags["storage"], create=False) as store:
        asleep = [len(trial.measured) for trial in store.trials("s") if trial.choices["asleep"]]
    assert asleep == [1, 1, 1, 1]
    assert summary.trained > 0


def test_an_interrupted_seed_is_trained_by_the_next_run(study):
    STOP.append("now")
    with pytest.raises(Interrupted, match=r"paretocaps confirm --study s .*--budget 20s --seeds 4`"):
        service.confirm(study, budget=20, seeds=4)
    with Store.open(study["storage"], create=False) as store:
        begun = [(one.trial, one.seed, one.state) for one in store.further_seeds("s", 0, 0)]
        assert [state for *_, state in begun] == ["interrupted"]
    assert service.confirm(study, budget=20).trained == 2
    assert begun[0][1] in seeds_of(study)[begun[0][0]]


def test_a_search_that_goes_on_finishes_an_interrupted_seed(study):
    STOP.append("now")
    with pytest.raises(Interrupted):
        service.confirm(study, budget=20)
    service.optimize(study)
    assert sorted(map(len, seeds_of(study).values())) == [1] * 7 + [2]


def test_a_seed_that_a_killed_driver_left_is_trained_first(study):
    with Store.open(study["storage"], create=False) as store:
        with Driver(store, "s") as other:
            assert other.store.claim("s", 6)
            other.store.start_attempt("s", 6, 1)
        assert service.confirm(study, budget=20).trained == 2
    assert seeds_of(study)[6] == [0, 1]


def test_drivers_share_the_budget_and_no_trial_is_trained_by_two(study):
    with Store.open(study["storage"], create=False) as store, Driver(store, "s") as other:
        alone = service.confirm(study, budget=10)
        first = next(number for number, own in seeds_of(study).items() if len(own) == 2)
        assert alone.trained == 1
        assert other.store.claim("s", first)
        other.store.start_attempt("s", first, 2)
        found = service.confirm(study, budget=40)
    assert found.trained == 2  # of the four that fit, one was trained and one is the other driver's
    assert seeds_of(study)[first] == [0, 1]


def test_the_stored_settings_stay(study):
    with Store.open(study["storage"], create=False) as store:
        before = store.study("s").spec
    service.confirm({**study, "timeout": "1h"}, budget=20)
    with Store.open(study["storage"], create=False) as store:
        assert store.study("s").spec == before


def test_seeds_that_were_asked_for_and_never_trained_count_in_the_budget(study):
    STOP.append("now")
    with pytest.raises(Interrupted):
        service.optimize({**study, "more_repeats": 3})

    def trained():
        with Store.open(study["storage"], create=False) as store:
            return sum(len(trial.measured) for trial in store.trials("s"))

    before, summary = trained(), service.confirm(study, budget=45)
    assert summary.trained == trained() - before == 4
    assert summary.seconds == 40.0
