from pathlib import Path
from time import monotonic

import pytest

from paretocaps.domain.measurement import Device, Measurement
from paretocaps.domain.paper_table import Pretraining
from paretocaps.domain.study_spec import StudySpec
from paretocaps.errors import UsageError
from paretocaps.run_folder import RunFolder
from paretocaps.search.identity import stored_form
from paretocaps.search.observer import Observer
from paretocaps.service import pretraining
from paretocaps.service.pretraining import (
    LeftOffError,
    placed,
    pretraining_text,
    trunks_folder,
    with_trunk,
)
from paretocaps.service.running import Interrupted
from paretocaps.storage.store import Store

BEFORE = Pretraining(dataset="tiny-imagenet", epochs=3, limit_train=5000, settings={"lr_max": 1e-3})
OPTIONS = {
    "study": "pruned",
    "storage": "sqlite:///studies/a.db",
    "fix": {"family": "backbone_caps", "backbone": "resnet50", "image_size": 64, "patience": 10},
    "file_fix": {"backbone": "resnet50"},
}


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Collect what would be trained; its backbone is an empty file."""
    found = []

    def train(options, watcher):
        found.append(options)
        trunk = Path(options.save_trunk)
        trunk.parent.mkdir(parents=True, exist_ok=True)
        trunk.touch()

    monkeypatch.setattr(pretraining, "train", train)
    monkeypatch.chdir(tmp_path)
    return found


def test_a_backbone_is_trained_once_and_given_to_every_training(trained):
    first, again = (with_trunk(OPTIONS, BEFORE, None, Observer()) for _ in range(2))
    (options,) = trained
    assert options.settings == {
        "family": "backbone_linear",
        "backbone": "resnet50",
        "image_size": 64,
        "lr_max": 1e-3,
    }
    assert (options.dataset, options.epochs, options.limit_train) == ("tiny-imagenet", 3, 5000)
    assert first["fix"]["checkpoint"] == again["fix"]["checkpoint"] == options.save_trunk
    assert first["file_fix"]["checkpoint"] == options.save_trunk
    assert first["study"] == again["study"] == f"pruned-{Path(options.save_trunk).stem.rpartition('-')[2]}"
    assert Path(options.save_trunk).is_relative_to(Path("studies/a-trunks").absolute())
    other = with_trunk(OPTIONS, BEFORE.model_copy(update={"epochs": 4}), None, Observer())
    assert other["study"] != first["study"]
    assert len({one.save_trunk for one in trained}) == 2


def test_it_is_trained_on_the_set_in_the_named_folder(trained, tmp_path):
    (tmp_path / "sets" / "tiny-imagenet").mkdir(parents=True)
    with_trunk(OPTIONS, BEFORE, "sets", Observer())
    assert (trained[0].dataset, trained[0].data) == (None, "sets/tiny-imagenet")
    assert trained[0].channels == 3  # some of its images are gray
    with pytest.raises(UsageError, match="has tiny-imagenet, and no sub-folder mnist"):
        placed("sets", "mnist")
    (tmp_path / "digits").mkdir()
    assert placed("digits", "mnist") == {"data": "digits"}
    with pytest.raises(UsageError, match="data folder 'nowhere' does not exist"):
        placed("nowhere", "mnist")


def test_of_two_sets_each_has_a_folder_of_its_name(trained, tmp_path):
    (tmp_path / "sets" / "cifar10").mkdir(parents=True)
    for folder in ("sets", "sets/cifar10"):
        with pytest.raises(UsageError, match="name a folder with cifar10 and tiny-imagenet"):
            with_trunk(OPTIONS, BEFORE, folder, Observer(), beside="cifar10")
    (tmp_path / "sets" / "tiny-imagenet-200").mkdir()
    with_trunk(OPTIONS, BEFORE, "sets", Observer(), beside="cifar10")
    assert trained[0].data == "sets/tiny-imagenet-200"


def test_a_study_goes_on_with_the_file_that_it_began_with(trained, tmp_path):
    given = with_trunk(OPTIONS, BEFORE, None, Observer())
    spec = StudySpec(study=given["study"], storage=given["storage"], dataset="cifar10", fix=given["fix"])
    with Store.open(given["storage"], create=True) as store:
        store.create_study(spec.study, stored_form(spec))
    trunk = Path(given["fix"]["checkpoint"])
    assert with_trunk(OPTIONS, BEFORE, None, Observer()) == given
    trunk.rename(tmp_path / "elsewhere.safetensors")
    with pytest.raises(UsageError, match="start from the backbone .* which is not there: put it there again"):
        with_trunk(OPTIONS, BEFORE, None, Observer())


def test_the_cost_is_told_before_the_training_and_only_then(trained):
    said = []
    observer = Observer()
    observer.notice = said.append
    for _ in range(2):
        with_trunk(OPTIONS, BEFORE, None, observer, "about 11 min")
    assert said[0] == "about 11 min"
    assert said.count("about 11 min") == len(trained) == 1


def test_it_is_said_how_it_was_trained():
    whole = "with a linear layer, for 3 epochs on 5,000 training images of Tiny ImageNet"
    assert pretraining_text(BEFORE) == whole
    assert trunks_folder("studies/paretocaps.db") == Path("studies/paretocaps-trunks")


def test_it_is_said_how_far_it_came(tmp_path):
    trunk, folder = tmp_path / "mobilenet-1.safetensors", tmp_path / "mobilenet-1"
    whole = "with a linear layer, for 3 epochs on 5,000 training images of Tiny ImageNet"
    assert pretraining_text(BEFORE, trunk) == whole
    folder.mkdir()
    own = {"acc": 0.0113, "best_epoch": 3, "time": 1.0, "wall": 2.0, "params": 7, "macs": 9}
    RunFolder(folder).write_result(Measurement(**own, device=Device(name="a processor", kind="cpu")))
    assert pretraining_text(BEFORE, trunk) == f"{whole}, to a validation accuracy of 1.1% (of 200 classes)"


def test_the_training_of_a_backbone_ends_in_time(monkeypatch, tmp_path):
    """By what its checkpoints are kept at: the interrupt of its watcher."""

    def train(options, watcher):
        watcher.progress(None, "epoch 1", 1, 10)
        raise AssertionError("time was not up")

    def interrupted(options, watcher):
        try:
            train(options, watcher)
        except KeyboardInterrupt:
            raise Interrupted("interrupted in epoch 1") from None

    monkeypatch.setattr(pretraining, "train", interrupted)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LeftOffError, match="time is up in the training of the backbone"):
        with_trunk(OPTIONS, BEFORE, None, Observer(), deadline=monotonic() - 1)
    with pytest.raises(AssertionError):
        with_trunk(OPTIONS, BEFORE, None, Observer(), deadline=monotonic() + 99)
