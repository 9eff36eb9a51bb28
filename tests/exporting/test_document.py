import json

import pytest
from pydantic import ValidationError

from paretocaps.errors import DataError
from paretocaps.exporting.document import DOCUMENT, WEIGHTS, ExportInfo, check_file, read_document, sha256


def rewritten(folder, **changes):
    path = folder / DOCUMENT
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def refused(folder):
    with pytest.raises(DataError) as caught:
        read_document(folder)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.slow
def test_a_document_says_where_the_network_comes_from(written, info):
    document = read_document(written)
    assert document.about == info
    assert (document.height, document.width, document.channels) == (9, 8, 1)
    assert document.weights_sha256 == sha256(written / WEIGHTS)
    assert document.graph.images == 256
    assert document.graph.largest_difference <= 1e-4


def test_a_folder_without_an_export(tmp_path):
    assert "no export in" in refused(tmp_path)
    assert "no export in" in refused(tmp_path / "nowhere")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "{", "not json", '{"format": "par'])
def test_a_document_that_is_no_json(folder, text):
    (folder / DOCUMENT).write_text(text)
    assert "is no JSON" in refused(folder)


@pytest.mark.slow
def test_a_document_of_bytes(folder):
    (folder / DOCUMENT).write_bytes(b"\xff\xfe\x00")
    assert "is no JSON" in refused(folder)


@pytest.mark.parametrize("text", ["[]", "3", "{}", '{"format": "other"}'])
def test_a_foreign_document(folder, text):
    (folder / DOCUMENT).write_text(text)
    assert "was not written by `paretocaps export`" in refused(folder)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version(folder, version):
    rewritten(folder, version=version)
    assert f"has version {version!r}, but this paretocaps reads 1" in refused(folder)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"height": 0}, "height"),
        ({"about": {}}, "about.classes"),
        ({"weights_sha256": None}, "weights_sha256"),
    ],
)
def test_a_damaged_document_names_the_place(folder, changes, named):
    rewritten(folder, **changes)
    assert f"is damaged: {named}: " in refused(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"height": 10}, "height is 10, but 9 in the architecture"),
        ({"channels": 3}, "channels is 3, but 1 in the architecture"),
        ({"about": {"classes": ["ant", "bee"]}}, "classes is 2, but 3 in the architecture"),
    ],
)
def test_a_document_of_two_networks(folder, changes, said):
    rewritten(folder, **changes)
    assert f"is damaged: the file: {said}: export the network again" in refused(folder)


def test_a_document_that_is_a_folder(tmp_path):
    (tmp_path / DOCUMENT).mkdir()
    assert "cannot be read" in refused(tmp_path)


def test_class_names_are_each_given_once():
    with pytest.raises(ValidationError, match="have a name twice"):
        ExportInfo(classes=("a", "a"))


def test_a_file_is_checked(folder):
    path = folder / WEIGHTS
    check_file(path, sha256(path))
    with pytest.raises(DataError, match="sha256 differs"):
        check_file(path, "0" * 64)
    path.unlink()
    with pytest.raises(DataError, match=f"has no {WEIGHTS}"):
        check_file(path, "0" * 64)
    with pytest.raises(DataError, match="cannot be read"):
        sha256(path)
