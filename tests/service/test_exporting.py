import numpy as np
import pytest
from PIL import Image

from paretocaps import service
from paretocaps.domain.job import DataSpec, TrainingJob
from paretocaps.domain.measurement import Device, Measurement
from paretocaps.errors import DataError, UsageError
from paretocaps.exporting.package import load_export
from paretocaps.models.architecture import Architecture
from paretocaps.models.build import build_network
from paretocaps.run_folder import RunFolder
from paretocaps.training.weights import save_weights

SMALL = {"height": 8, "width": 8, "channels": 1, "classes": 10, "conv_channels": 4, "capsule_types": 2}
NAMES = tuple("abcdefghij")


@pytest.fixture
def run(folder):
    """A training's folder with the weights of a small network of digits."""
    place = folder / "runs" / "one"
    place.mkdir(parents=True)
    save_weights(place / "weights.pt", build_network(Architecture(**SMALL), seed=0))
    return place


def picked(weights, **values):
    given = {"storage": "sqlite:///x.db", "study": "My study", "trial": 4, "choices": {"lr_max": 0.1}}
    given |= {"design": None, "trainer": "capsnet", "data": DataSpec(), "epochs": 2, "values": {}}
    return service.PickedTrial(
        **given | {"seed": 1, "acc": 0.5, "test_acc": 0.4, "weights": weights} | values
    )


def test_a_run_is_exported_from_its_folder_or_its_file(run):
    options = service.ExportOptions(onnx=False, classes=NAMES)
    done = service.export_run(str(run), options)
    assert str(done.folder) == "exports/one"
    network, info = load_export(done.folder)
    assert network.architecture == Architecture(**SMALL)
    assert (info.classes, info.study, info.acc) == (NAMES, None, None)
    with pytest.raises(UsageError, match="give --force"):
        service.export_run(str(run / "weights.pt"), options)


@pytest.mark.slow
def test_a_trial_is_exported_with_what_is_known_of_it_and_compared_on_test_images(run):
    done = service.export_trial(picked(run / "weights.pt"), service.ExportOptions())
    assert done.folder.parent.name == "exports"
    assert done.folder.name.startswith("my_study-")
    assert done.folder.name.endswith("-trial-4")
    _, info = load_export(done.folder)
    assert (info.study, info.trial, info.seed, info.acc, info.test_acc) == ("My study", 4, 1, 0.5, 0.4)
    assert info.data == DataSpec()
    assert info.classes == tuple("0123456789")
    assert (done.checked_on, done.document.graph.images) == ("test", 256)


@pytest.mark.slow
def test_without_its_data_a_trial_is_compared_on_random_images(run, folder):
    gone = DataSpec(name=None, path=str(folder / "gone"))
    done = service.export_trial(picked(run / "weights.pt", data=gone), service.ExportOptions("x"))
    assert (done.checked_on, done.document.graph.images) == ("random", 256)


def test_weights_that_are_missing_or_damaged(run):
    with pytest.raises(DataError, match=r"no weights at .* name a folder of `paretocaps train`"):
        service.export_run(str(run.parent), service.ExportOptions())
    (run / "weights.pt").write_bytes(b"PK")
    with pytest.raises(DataError, match="cannot be read"):
        service.export_run(str(run), service.ExportOptions())
    with pytest.raises(DataError, match="has no weights"):
        service.export_trial(picked(None), service.ExportOptions())


@pytest.mark.parametrize(
    ("names", "text"), [("ab", "2 class names"), ("aabcdefghi", "have a name twice"), ("a", "1 class names")]
)
def test_class_names_that_do_not_fit(run, names, text):
    with pytest.raises(UsageError, match=text):
        service.export_run(str(run), service.ExportOptions(onnx=False, classes=names))
    assert not (run.parent.parent / "exports" / "one").exists()


def test_images_are_predicted_by_an_export(run, folder):
    done = service.export_run(str(run), service.ExportOptions("x", onnx=False, classes=NAMES))
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(folder / "a.png")
    (found,) = service.predict(str(done.folder), ["a.png"], service.predict_options(top=10))
    assert sorted(found.scores) == list(NAMES)
    with pytest.raises(UsageError, match="no images named"):
        service.predict("x", [])


@pytest.mark.slow
def test_a_run_says_what_was_trained(run, folder):
    job = TrainingJob(
        study="x",
        trial=0,
        trainer="capsnet",
        choices={"lr_max": 0.1},
        seed=7,
        data=DataSpec(),
        epochs=1,
        folder=run,
    )
    RunFolder(job.folder).write_job(job)
    device = Device(name="paper", kind="cpu")
    RunFolder(run).write_result(
        Measurement(acc=0.7, best_epoch=1, time=1, wall=1, params=1, device=device, test_acc=0.6)
    )
    done = service.export_run(str(run), service.ExportOptions())
    about = done.document.about
    assert (about.seed, about.choices, about.data) == (7, {"lr_max": 0.1}, DataSpec())
    assert (about.acc, about.test_acc, about.study, about.trial) == (0.7, 0.6, None, None)
    assert done.checked_on == "test"
