"""Images that somebody sends are classified within limits."""

import os

import pytest

from paretocaps.errors import MissingError, StateError, TooLargeError, UsageError
from paretocaps.exporting import classifier
from paretocaps.exporting.document import DOCUMENT
from paretocaps.host import NAME
from paretocaps.service.predicting import GivenImages, PredictLimits, export_of
from paretocaps.storage.store import Store
from paretocaps.storage.submissions import NewSubmission
from tests.data.uploaded.packing import png


def sent(*contents, **limits):
    images = GivenImages(PredictLimits(**limits))
    for number, content in enumerate(contents):
        images.open(f"{number}.png" if number else "")
        images.write(content[:10])
        images.write(content[10:])
    return images


def test_images_are_classified_in_their_order_by_a_network_that_stays_open(tmp_path, monkeypatch):
    opened = []

    class Counting:
        def __init__(self, folder):
            opened.append(folder)

        def classify(self, images, top, pixels):
            return [(name, content, top, pixels) for name, content in images]

    monkeypatch.setattr(classifier, "Classifier", Counting)
    (tmp_path / DOCUMENT).touch()
    for _ in range(2):
        found = sent(png(), png(200), pixels=99).classified(tmp_path, top=2)
        assert found == [("image 1", png(), 2, 99), ("1.png", png(200), 2, 99)]
    assert opened == [tmp_path]
    os.utime(tmp_path / DOCUMENT, (1, 1))  # it was exported again
    sent(png()).classified(tmp_path)
    assert len(opened) == 2


def test_there_must_be_an_export_and_images(tmp_path):
    with pytest.raises(UsageError, match="there are no images to classify: send some"):
        sent().classified(tmp_path)
    with pytest.raises(MissingError, match="there is no export in"):
        sent(png()).classified(tmp_path)


def test_images_are_limited_as_they_come_in():
    with pytest.raises(TooLargeError, match="1 images at most are classified at once"):
        sent(png(), png(), images=1)
    with pytest.raises(TooLargeError, match="more than 0.000953674 MiB"):
        sent(bytes(1001), size=1000)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("there", "the export of trial 2 of study 's' is on host there, not on this one: ask the service"),
        ("here", "trial 2 of study 's' has no export to predict with: export it first"),
    ],
)
def test_an_export_on_another_machine_is_told_from_one_that_is_gone(tmp_path, monkeypatch, host, told):
    monkeypatch.setenv(NAME, "here")
    with Store.open(f"sqlite:///{tmp_path}/x.db", create=True) as store:
        store.create_study("s", {"study": "s"})
        key = store.add_submission(NewSubmission("export", "s", {"trial": 2})).id
        store.take_turn(key, "token", host)
        store.end_turn(key, "token", "ended", result={"folder": "exports/1/s-trial-2", "trial": 2})
        with pytest.raises(StateError, match=told):
            export_of("s", 2, store, tmp_path / "service")
        with pytest.raises(StateError, match="trial 1 of study 's' has no export"):
            export_of("s", 1, store, tmp_path / "service")
