from contextlib import contextmanager

import pytest

from paretocaps.domain.choices import Choices
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.study_spec import StudySpec
from paretocaps.host import NAME
from paretocaps.models.architecture import architecture
from paretocaps.models.build import build_network
from paretocaps.service.ensembling import measure_ensembles
from paretocaps.storage.store import Store
from paretocaps.training.weights import save_weights

SPEC = StudySpec(
    study="e",
    device="cpu",
    ensembles={"two": {"choices": {"n": 0}, "size": 2}, "three": {"choices": {"n": 0}, "size": 3}},
)


@pytest.fixture
def store(tmp_path):
    """A study with one trial of two seeds, whose networks nobody has trained."""
    with Store.open(f"sqlite:///{tmp_path}/e.db", create=True) as opened:
        opened.create_study("e", SPEC.model_dump(mode="json"))
        opened.start_trial("e", 0, {"n": 0})
        for seed in (0, 1):
            key = opened.start_attempt("e", 0, seed)
            folder = opened.attempt_folder(key)
            folder.mkdir(parents=True, exist_ok=True)
            network = build_network(architecture(Choices(family="lenet5"), 8, 8, 1, 10), seed)
            save_weights(folder / "weights.pt", network)
            values = {"acc": 0.1, "best_epoch": 1, "time": 2.0 + seed, "wall": 4.0, "params": 61_706}
            device = Device(name="a cpu", kind="cpu")
            opened.finish_attempt(key, Measurement(**values, weights="weights.pt", device=device))
        opened.finish_trial("e", 0)
        yield opened


def test_an_ensemble_is_measured_once_its_networks_are_trained_and_not_again(store):
    notices = []
    measure_ensembles(store, SPEC, notices.append)
    (found,) = store.ensembles("e")
    assert (found.name, found.members) == ("two", ((0, 0, 1), (0, 1, 1)))
    assert (found.validation_images, found.test_images) == (144, 359)
    assert (found.time, found.params) == (5.0, 2 * 61_706)
    assert 0.0 <= found.acc <= 1.0
    told, missing = notices
    assert told.startswith(f"ensemble 'two' of 2 networks: acc {found.acc:.4f} (")
    assert missing == (
        "ensemble 'three' was not measured: 2 of its 3 networks are trained: give --more-repeats N or more"
        " trials"
    )
    notices.clear()
    measure_ensembles(store, SPEC, notices.append)
    assert notices == [missing]


def test_the_device_is_held_meanwhile(store, monkeypatch):
    held = []

    @contextmanager
    def leased(spec, device, *_):
        yield
        held.append((device, len(store.ensembles("e"))))

    monkeypatch.setattr("paretocaps.service.ensembling.device_leased", leased)
    measure_ensembles(store, SPEC.model_copy(update={"device": "cpu"}), print)
    assert held == [("cpu", 0)]


def test_an_ensemble_whose_weights_are_on_another_machine_is_told(store, monkeypatch):
    monkeypatch.setenv(NAME, "here")
    notices = []
    measure_ensembles(store, SPEC, notices.append)
    assert notices[0].startswith("ensemble 'two' was not measured: the weights of trial 0 are on host ")


def test_an_ensemble_whose_weights_are_gone_is_told(store):
    for gone in store.weights_unused("e", []):
        gone.path.unlink()
    notices = []
    measure_ensembles(store, SPEC, notices.append)
    assert notices[0].startswith("ensemble 'two' was not measured: the weights of trial 0 were not kept")
    assert store.ensembles("e") == []
