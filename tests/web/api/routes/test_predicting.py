"""Images that are sent are classified by the latest export of a trial."""

from types import SimpleNamespace

import pytest

from paretocaps.errors import DataError
from paretocaps.exporting import classifier
from paretocaps.exporting.document import DOCUMENT, Document, ExportInfo
from paretocaps.exporting.predict import Prediction
from paretocaps.service import queueing
from tests.data.uploaded.packing import png

PREDICT = "/api/v1/studies/demo/trials/2/predict"


class Small:
    """A network that knows images by their number of bytes."""

    def __init__(self, folder):
        self.folder = folder

    def classify(self, images, top, pixels):
        if any(not content.startswith(b"\x89PNG") for _, content in images):
            raise DataError("image 'a.png' cannot be read (not an image)")
        return [Prediction(name, "ant", 0.5, {"ant": 0.5, "bee": 0.25}) for name, _ in images]


@pytest.fixture(params=["trial", "training"])
def exported(settings, monkeypatch, request):
    """Trial 2 of the study `demo`, or a training of it, was exported; an export of trial 1 was removed."""
    of_trial = {"study": "demo", "trial": 2} if request.param == "trial" else {}
    place = settings.folder / "exports" / "7" / "demo-trial-2"
    place.mkdir(parents=True)
    about = ExportInfo(classes=("ant", "bee"), **of_trial)
    sizes = {"height": 8, "width": 8, "channels": 1, "architecture": {}}
    document = Document(**sizes, about=about, weights_sha256="", paretocaps="", torch="")
    (place / DOCUMENT).write_text(document.model_dump_json())
    rows = [
        SimpleNamespace(kind="export", state="ended", host=None, result={"folder": f"exports/{at}", **known})
        for at, known in (
            ("9/demo-trial-1", {"trial": 1}),
            ("7/demo-trial-2", {} if of_trial else {"trial": 2}),
        )
    ]
    monkeypatch.setattr(queueing, "submissions", lambda *_, **__: rows)
    monkeypatch.setattr(classifier, "Classifier", Small)


def test_a_form_of_images_is_classified(client, exported):
    files = [("images", (name, png())) for name in ("a.png", "b.png")]
    answer = client.post(PREDICT, files=files)
    assert answer.json() == [
        {"file": name, "class": "ant", "score": 0.5, "scores": {"ant": 0.5, "bee": 0.25}}
        for name in ("a.png", "b.png")
    ]


def test_one_image_is_sent_as_it_is(client, exported):
    assert [one["file"] for one in client.post(PREDICT, content=png()).json()] == ["image 1"]


@pytest.mark.parametrize(
    ("path", "content", "status", "detail"),
    [
        (PREDICT, b"no image", 422, "image 'a.png' cannot be read"),
        (PREDICT, b"", 422, "there are no images to classify: send some"),
        (PREDICT, bytes(2**25 + 1), 413, "the images have more than 32 MiB: send fewer or smaller ones"),
        (PREDICT.replace("2", "1"), png(), 409, "trial 1 of study 'demo' has no export to predict with"),
        (PREDICT.replace("demo", "unknown"), png(), 404, "study 'unknown'"),
    ],
)
def test_what_is_not_possible_is_told(client, exported, path, content, status, detail):
    answer = client.post(path, content=content)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]
