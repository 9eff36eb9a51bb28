import pytest

from paretocaps.domain.measurement import Device, Measurement
from paretocaps.host import NAME
from paretocaps.service.supervising.needs import missing
from paretocaps.service.uploading.sets import uploads_folder
from paretocaps.storage.submissions import NewSubmission


@pytest.mark.parametrize(
    ("kind", "options", "lacks", "place"),
    [
        ("study", {"data": "upload:pets"}, "the data 'upload:pets'", "service/data/pets"),
        ("study", {"data": "scans/new"}, "the data 'scans/new'", "root/scans/new"),
        ("export", {"trial": 0, "training": 7}, "the training 7", "service/trainings/7"),
    ],
)
def test_what_lies_in_a_folder_is_needed_there(store, tmp_path, kind, options, lacks, place):
    one = store.add_submission(NewSubmission(kind, "s", options))
    folder, root = tmp_path / "service", tmp_path / "root"
    assert missing(one, store, folder, root) == lacks
    found = uploads_folder(folder) / "pets" if "pets" in place else tmp_path / place
    found.mkdir(parents=True)
    assert missing(one, store, folder, root) == ""
    if "root" in place:
        assert missing(one, store, folder, None) == lacks


@pytest.mark.parametrize(
    ("kind", "options"),
    [("study", {}), ("study", {"dataset": "digits"}), ("training", {"trial": 0}), ("export", {"trial": 0})],
)
def test_others_need_nothing(store, tmp_path, kind, options):
    assert missing(store.add_submission(NewSubmission(kind, "s", options)), store, tmp_path, None) == ""


def test_a_folder_that_cannot_be_looked_at_is_not_here(store, tmp_path):
    name = "x" * 300  # too long for a file system, which says so by an error
    one = store.add_submission(NewSubmission("study", "s", {"data": name}))
    assert missing(one, store, tmp_path, tmp_path).startswith("the data 'xxx")


@pytest.fixture
def stored(store, tmp_path):
    """A stored study on a folder of images that is not here; return the folder."""
    data = tmp_path / "pictures"
    store.create_study("s", {"study": "s", "data": str(data)})
    return data


@pytest.mark.parametrize(
    ("kind", "options"), [("training", {"trial": 0}), ("training", {"knee": True}), ("study", {"trials": 9})]
)
def test_what_names_no_data_needs_those_of_its_study(store, stored, tmp_path, kind, options):
    one = store.add_submission(NewSubmission(kind, "s", options))
    assert missing(one, store, tmp_path, None) == "the data 'pictures' of study 's'"
    stored.mkdir()
    assert missing(one, store, tmp_path, None) == ""


@pytest.mark.parametrize(("kind", "options"), [("export", {"trial": 0}), ("study", {"dataset": "digits"})])
def test_others_of_its_submissions_do_not_need_them(store, stored, tmp_path, kind, options):
    assert missing(store.add_submission(NewSubmission(kind, "s", options)), store, tmp_path, None) == ""


@pytest.fixture
def trained(store, tmp_path, monkeypatch):
    """A stored study with a trial of two seeds: return how to train it with one, on a host."""
    store.create_study("s", {"study": "s"})
    store.start_trial("s", 0, {})

    def train(seed, host, weights="weights.pt"):
        with monkeypatch.context() as there:
            there.setenv(NAME, host)
            key = store.start_attempt("s", 0, seed)
            (store.attempt_folder(key) / "weights.pt").touch()
            device = Device(name="paper", kind="cpu")
            values = {"acc": 0.9, "best_epoch": 1, "time": 1.0, "wall": 1.0, "params": 1, "macs": 1}
            store.finish_attempt(key, Measurement(**values, device=device, weights=weights))

    return train


@pytest.mark.parametrize(
    ("hosts", "options", "elsewhere"),
    [
        (["there", "there"], {}, "there"),
        (["there", "here"], {}, None),
        (["there", "here"], {"seed": 0}, "there"),
        (["there", "here"], {"seed": 1}, None),
        (["there", "here"], {"seed": 2}, None),
    ],
)
def test_an_export_needs_weights_that_are_on_another_host(
    store, trained, tmp_path, monkeypatch, hosts, options, elsewhere
):
    for seed, host in enumerate(hosts):
        trained(seed, host)
    monkeypatch.setenv(NAME, "here")
    one = store.add_submission(NewSubmission("export", "s", {"trial": 0} | options))
    lacks = elsewhere and f"the weights of trial 0, which are on host {elsewhere}"
    assert missing(one, store, tmp_path, None) == (lacks or "")


@pytest.mark.parametrize(("study", "trial"), [("s", 0), ("s", 1), ("s", 10**30), ("none", 0)])
def test_weights_that_nobody_kept_are_not_waited_for(store, trained, tmp_path, study, trial):
    trained(0, "there", weights=None)
    one = store.add_submission(NewSubmission("export", study, {"trial": trial}))
    assert missing(one, store, tmp_path, None) == "", "it fails at once, which says why"


def test_an_export_waits_for_the_end_of_its_training(store, tmp_path):
    training = store.add_submission(NewSubmission("training", "s", {"trial": 0}))
    one = store.add_submission(NewSubmission("export", "s", {"trial": 0, "training": training.id}))
    (tmp_path / "trainings" / str(training.id)).mkdir(parents=True)
    assert missing(one, store, tmp_path, None) == f"the training {training.id}"
    store.take_turn(training.id, "a", "here")
    store.end_turn(training.id, "a", "ended")
    assert missing(one, store, tmp_path, None) == ""
