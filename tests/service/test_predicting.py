"""Images that somebody sends are classified within limits."""

import pytest

from paretocaps import service
from paretocaps.errors import DataError, MissingError, TooLargeError, UsageError
from paretocaps.service.predicting import GivenImages, PredictLimits
from tests.data.uploaded.packing import png


def sent(*contents, **limits):
    images = GivenImages(PredictLimits(**limits))
    for number, content in enumerate(contents):
        images.open(f"{number}.png" if number else "")
        images.write(content[:10])
        images.write(content[10:])
    return images


def test_images_are_classified_in_their_order(weights, tmp_path):
    exported = service.export_run(weights(0), service.ExportOptions(output=str(tmp_path / "export")))
    found = sent(png(), png(200)).classified(exported.folder, top=2)
    assert [str(one.file) for one in found] == ["image 1", "1.png"]
    assert all(len(one.scores) == 2 for one in found)
    with pytest.raises(DataError, match="image '1.png' cannot be read"):
        sent(png(), b"no image").classified(exported.folder)


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
