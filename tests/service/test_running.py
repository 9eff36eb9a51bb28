import inspect

import pytest

import paretocaps
import paretocaps.testing.probe as probe
from paretocaps import service
from paretocaps.domain.study_spec import StudySpec
from paretocaps.domain.trainer import TRAINERS
from paretocaps.errors import UsageError
from paretocaps.host import NAME
from paretocaps.search.identity import stored_form
from paretocaps.search.observer import Observer
from paretocaps.service.running import data_option, how_to_go_on, resumable
from paretocaps.storage.store import Store


@pytest.mark.slow
def test_from_python_a_spec_and_a_file_do_the_same(storage, folder):
    spec = paretocaps.StudySpec(
        study="p",
        storage=storage,
        trainer="probe",
        executor="inline",
        objectives=("acc", "time"),
        trials=2,
        epochs=1,
    )
    first = paretocaps.optimize(spec)
    assert (first.study, first.finished, first.storage) == ("p", 2, storage)
    (folder / "s.toml").write_text(f'study = "p"\nstorage = "{storage}"\nexecutor = "inline"\ntrials = 3\n')
    assert paretocaps.optimize({}, spec_file="s.toml").finished == 3
    assert paretocaps.optimize({}, spec_file="s.toml", more=2).finished == 5


def test_options_may_be_keywords_and_are_completed(own):
    done = paretocaps.optimize(**own)
    assert repr(done) == "<RunSummary of 's': 1 trial finished; front: 1>"
    assert {"study", "data", "timeout", "observer"} <= set(inspect.signature(paretocaps.optimize).parameters)
    with pytest.raises(UsageError, match="study is given twice: in the dictionary and as a keyword"):
        paretocaps.optimize({"study": "s"}, study="s")
    with pytest.raises(UsageError, match="unknown option 'trails': did you mean 'trials'"):
        paretocaps.optimize(**own, trails=3)


def test_the_slots_that_a_study_has_are_no_setting_where_there_are_none(monkeypatch):
    """A GPU, or an executor that has no slots, would refuse them."""
    monkeypatch.setattr("paretocaps.execution.devices.cuda_count", lambda: 0)
    stored = {"threads": 1, "executor": "processes", "workers": 2}
    without = {"executor": "processes", "workers": 2}
    assert resumable(stored, {}) == resumable(stored, {"executor": "ray"}) == stored
    assert resumable(stored, {"executor": "inline"}) == without
    assert resumable(stored, {"executor": None}, {"executor": "inline"}) == without
    monkeypatch.setattr("paretocaps.execution.devices.cuda_count", lambda: 1)
    assert resumable(stored, {}) == without
    assert resumable(stored, {"device": "cpu"}) == stored
    assert resumable(None, {}) is None


def test_how_to_go_on_names_images_that_lie_elsewhere(own, tmp_path):
    spec = StudySpec(study="s", storage=own["storage"], data=str(tmp_path), trainer="probe")
    with Store.open(own["storage"], create=True) as store:
        assert data_option(store, spec) == ""
        store.create_study("s", stored_form(spec))
        assert data_option(store, spec) == ""
        other = tmp_path / "a b"
        other.mkdir()
        assert data_option(store, spec.model_copy(update={"data": str(other)})) == f" --data '{other}'"


@pytest.mark.postgres
def test_how_to_go_on_has_no_password():
    spec = StudySpec(study="s", storage="postgresql://me:secret@h/db", trainer="m:f@1")
    assert "me:***@h/db" in how_to_go_on(spec, "interrupted")


def test_more_and_trials_contradict_each_other(storage):
    with pytest.raises(UsageError, match="trials=3 and more=2: give one of them"):
        paretocaps.optimize({"study": "s", "storage": storage, "trials": 3}, more=2)


@pytest.fixture
def own(folder):
    """The options of a study of one trial in a database of its own."""
    if "probe" not in TRAINERS:
        TRAINERS.register("probe", probe.PROBE)
    options = {
        "study": "s",
        "storage": f"sqlite:///{folder}/own.db",
        "trainer": "probe",
        "executor": "inline",
    }
    return options | {"objectives": "acc,time", "epochs": 1, "trials": 1}


def test_trainings_are_in_the_named_folder_and_found_by_commands_that_do_not_name_it(
    storage, folder, own, monkeypatch
):
    def with_weights(job, on_epoch):
        measured = train(job, on_epoch)
        (job.folder / "weights.pt").touch()
        return measured.model_copy(update={"weights": "weights.pt"})

    train = probe.train
    monkeypatch.setattr(probe, "train", with_weights)
    paretocaps.optimize({**own, "artifacts": folder / "shared"})
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv(NAME, "second")
        weights = service.pick_trial(own["storage"], "s", trial=0).kept_weights()
    assert weights.is_relative_to(folder / "shared" / "s" / "trial-00000")
    notices = []
    monkeypatch.setattr(Observer, "notice", lambda _, message: notices.append(message))
    paretocaps.optimize({"study": "s", "storage": own["storage"]}, more=1, observer=Observer())
    assert f"the last one is in {folder}/shared: give --artifacts {folder}/shared to" in "".join(notices)


def test_the_folder_of_another_machine_is_not_recommended(storage, folder, own, monkeypatch):
    paretocaps.optimize({**own, "artifacts": folder / "shared"})
    (folder / "shared").rename(folder / "theirs")
    notices = []
    monkeypatch.setattr(Observer, "notice", lambda _, message: notices.append(message))
    paretocaps.optimize({"study": "s", "storage": own["storage"]}, more=1)
    assert "--artifacts" not in "".join(notices)


def test_a_folder_for_trainings_that_cannot_be_written_is_refused_at_once(storage, folder, own):
    (folder / "file").touch()
    with pytest.raises(UsageError, match="artifacts='file/x' cannot be written: .*: name another folder"):
        paretocaps.optimize({**own, "artifacts": "file/x"})
    assert not (folder / "own.db").exists()


def test_after_the_range_test_the_study_is_opened(storage, folder, monkeypatch):
    class Preparing(Observer):
        def __init__(self):
            self.told = []

        def preparing(self, what, done, total):
            self.told.append(what)

    watcher = Preparing()
    monkeypatch.setattr("paretocaps.service.tested_rates.with_tested_rates", lambda spec, *_: spec)
    with pytest.raises(UsageError):
        service.optimize(
            {"study": "q", "storage": storage, "trainer": "none"}, lr_range=True, observer=watcher
        )
    assert watcher.told[0].startswith("looking for the learning rates")
    assert watcher.told[1] == "opening the study"
